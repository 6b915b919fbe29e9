"""Which word on the command line names the command, and what is meant where none does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mailpath.commands.options import LOG_FILE
from mailpath.commands.stdio import read_to_the_end
from mailpath.errors import MailpathError
from mailpath.wording.phrases import did_you_mean

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class Command(click.Command):
    """A command that refuses what it cannot use in one sentence; what breaks in our own code is logged."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            shown = [
                name
                for each in self.get_params(ctx)
                if not getattr(each, "hidden", False)
                for name in each.opts
            ]
            near = did_you_mean(error.option_name, [name for name in shown if name.startswith("--")])
            raise click.UsageError(f"There is no option {error.option_name!r}.{near}", ctx) from None

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except MailpathError as error:
            raise click.UsageError(str(error), ctx) from None
        except (click.ClickException, click.exceptions.Exit, click.Abort, OSError):
            raise
        except Exception:
            if LOG_FILE in ctx.meta:
                from mailpath.logs import logger

                logger.exception("the command failed")
            raise


class DefaultGroup(click.Group):
    """A group in which words that name no command go to the one called `default`.

    Its name is none that could be typed by mistake, and it is not listed.
    """

    default = "(app)"
    command_class = Command

    def make_context(self, *given: Any, **extra: Any) -> click.Context:
        with read_to_the_end():  # --help and --version
            return super().make_context(*given, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        with read_to_the_end():
            return super().invoke(ctx)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if ctx.resilient_parsing and not args:
            return super().parse_args(ctx, args)  # a shell completes the first word: a command's, or another
        first = args[0] if args else None
        if first not in self.commands and first not in ("--help", "-h", "--version", "--verbose"):
            self._refuse_mistyped(ctx, args)
            args = [self.default, *args]
            stray = next((word for word in args[1:] if word in self.commands), None)
            if stray is not None and "--" not in args and not ctx.resilient_parsing:
                command = f"{ctx.command_path} {stray}"
                raise click.UsageError(
                    f"Is {stray!r} the command? Then put it first: `{command} ...`. If it is a domain, type"
                    f" '{stray}.'.",
                    ctx,
                )
        return super().parse_args(ctx, args)

    def _refuse_mistyped(self, ctx: click.Context, args: list[str]) -> None:
        """A word that is nearly a command, has no dot, and is followed by another is no domain."""
        if (
            ctx.resilient_parsing
            or len(args) < 2
            or "." in args[0]
            or all(word.startswith("-") for word in args[1:])
        ):
            return
        near = did_you_mean(args[0], self.list_commands(ctx))
        if near:
            raise click.UsageError(
                f"There is no command {args[0]!r}.{near} If it is a domain, type '{args[0]}.'.", ctx
            )

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[Any]]:
        """The commands, and what the default one takes."""
        default = self.commands[self.default]
        found = super().shell_complete(ctx, incomplete)
        with default.make_context(self.default, [], parent=ctx, resilient_parsing=True) as inner:
            words = [param for param in default.get_params(inner) if isinstance(param, click.Argument)]
            found += default.shell_complete(inner, incomplete)
            found += [each for word in words for each in word.shell_complete(inner, incomplete)]
        # Bash forgets what it was given before a file.
        found.sort(key=lambda each: bool(each.type != "file"))
        return list({each.value: each for each in found}.values())

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name in self.commands if name != self.default]

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        words = self.commands[self.default].collect_usage_pieces(ctx)
        formatter.write_usage(ctx.command_path, " ".join(words))
        formatter.write_usage(ctx.command_path, "COMMAND [OPTIONS] [ARGS]...", prefix="       ")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        app = self.commands[self.default]
        options = [param for param in app.params if isinstance(param, click.Option)]
        records = [param.get_help_record(ctx) for param in (*options, *self.get_params(ctx))]
        with formatter.section("Options"):
            formatter.write_dl([record for record in records if record is not None])
        self.format_commands(ctx, formatter)
