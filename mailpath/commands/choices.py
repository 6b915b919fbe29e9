"""A word out of a few on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mailpath.wording.phrases import did_you_mean

if TYPE_CHECKING:
    # Which are no generic classes in older releases of click.
    Choice = click.Choice[str]
    ParamType = click.ParamType[Any]
else:
    Choice = click.Choice
    ParamType = click.ParamType


class OneOf(Choice):
    """A choice that tells what is near a mistyped word."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as error:
            near = did_you_mean(str(value), self.choices)
            raise click.BadParameter(f"{error.message}{near}", ctx, param) from None


class Number(ParamType):
    """A number from `least` to `most`, whole or not; the help does not repeat the bounds."""

    name = "number"

    def __init__(self, least: float, most: float | None = None, *, whole: bool = True) -> None:
        self.least, self.most, self.whole = least, most, whole

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        kind = "a whole number" if self.whole else "a number"
        try:
            number: float = int(value) if self.whole else float(value)
        except ValueError:
            self.fail(f"{value!r} is not {kind}.", param, ctx)
        if not self.least <= number <= (number if self.most is None else self.most):
            bounds = f"of {self.least} or more" if self.most is None else f"from {self.least} to {self.most}"
            self.fail(f"{value} is not {kind} {bounds}.", param, ctx)
        return number


class Engine(ParamType):
    """Where a survey's walks are made: "local", "processes" or "ray", and how many processes."""

    name = "engine"
    #: Processes that one machine has use for.
    most = 64

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, int]:
        if isinstance(value, tuple):
            return value
        kind, _, number = str(value).partition(":")
        if value in ("local", "ray"):
            return kind, 0
        if kind == "processes" and number.isascii() and number.isdigit() and 1 <= int(number) <= self.most:
            return kind, int(number)
        choices = f"local, processes:N (N from 1 to {self.most}) or ray"
        return self.fail(f"{value!r} is none of {choices}.", param, ctx)
