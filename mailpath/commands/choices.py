"""A word out of a few on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mailpath.wording.phrases import did_you_mean

if TYPE_CHECKING:
    Choice = click.Choice[str]  # which is no generic class before click 8.2
else:
    Choice = click.Choice


class OneOf(Choice):
    """A choice that tells what is near a mistyped word."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as error:
            near = did_you_mean(str(value), self.choices)
            raise click.BadParameter(f"{error.message}{near}", ctx, param) from None
