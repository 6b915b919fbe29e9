"""Man pages, one for each command, and completions for bash, zsh and fish: docs/man, docs/completions.

All from the commands themselves.  They are part of the wheel and of the Debian package.  `--check` exits
with 1 where a file is stale.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path

from told import Told, tell_all

from mailpath import __version__
from mailpath.cli import cli
from mailpath.commands.completing import SHELLS, script

DOCS = Path(__file__).resolve().parent.parent / "docs"
LOCK = Path(__file__).with_name("dist") / "requirements.txt"
#: What each shell wants its file to be called.
_COMPLETIONS = {"bash": "mailpath.bash", "zsh": "_mailpath", "fish": "mailpath.fish"}
_ENVIRONMENT = (
    ("MAILPATH_LOG", "Log each exchange and each error to this file, without redaction."),
    ("NO_COLOR", "Use no colors."),
    ("XDG_CONFIG_HOME, XDG_STATE_HOME, XDG_DATA_HOME", "Where configuration, state and surveys are kept."),
)


def write(text: str) -> str:
    """Text in roff: nothing in it is a request or an escape."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga")
    return "\n".join(f"\\&{line}" if line.startswith(".") else line for line in escaped.split("\n"))


def page(told: Told) -> str:
    """The man page of one command."""
    name = told.words.replace(" ", "-")
    return "\n".join(_lines(told, name)) + "\n"


def _lines(told: Told, name: str) -> Iterator[str]:
    yield f'.TH "{write(name.upper())}" "1" "" "mailpath {__version__}" "User Commands"'
    yield '.SH "NAME"'
    yield f"{write(name)} \\- {write(told.summary.removesuffix('.'))}"
    yield '.SH "SYNOPSIS"'
    for number, form in enumerate(told.usage):
        if number:
            yield ".br"
        yield f"\\fB{write(told.words)}\\fR {write(form)}"
    yield '.SH "DESCRIPTION"'
    for number, paragraph in enumerate(told.paragraphs):
        if number:
            yield ".PP"
        if paragraph.startswith("\n"):
            yield from (".nf", write(paragraph[1:]), ".fi")
        else:
            yield write(paragraph)
    yield from _listed("OPTIONS", told.options)
    yield from _listed("COMMANDS", [(f"{told.words} {word}", text) for word, text in told.commands])
    if told.words == "mailpath":
        yield from _listed("ENVIRONMENT", _ENVIRONMENT)
        yield '.SH "FILES"'
        yield "\\fBmailpath paths\\fR lists them."
    yield '.SH "SEE ALSO"'
    also = sorted({"mailpath", *(f"{told.words}-{word}" for word, _ in told.commands)} - {told.words})
    shown = [f"\\fB{write(each.replace(' ', '-'))}\\fR(1)" for each in also]
    yield ",\n".join([*shown, "\\fBpostconf\\fR(5)", "\\fBposttls\\-finger\\fR(1)"])


def _listed(title: str, entries: Iterable[tuple[str, str]]) -> Iterator[str]:
    for number, (term, text) in enumerate(entries):
        if not number:
            yield f'.SH "{title}"'
        yield from (".TP", f"\\fB{write(term)}\\fR", write(text))


def generated() -> dict[Path, str]:
    """Path to content."""
    pages = {DOCS / "man" / f"{told.words.replace(' ', '-')}.1": page(told) for told in tell_all()}
    shells = {DOCS / "completions" / _COMPLETIONS[shell]: script(cli, shell) + "\n" for shell in SHELLS}
    return pages | shells


def main() -> int:
    files = generated()
    there = {file for folder in ("man", "completions") for file in (DOCS / folder).glob("*")}
    if "--check" in sys.argv:
        stale = [file for file, text in files.items() if not file.exists() or file.read_text("utf-8") != text]
        if f"click=={version('click')} " not in LOCK.read_text(
            "utf-8"
        ):  # another release's script is as good
            stale = [file for file in stale if file.parent.name != "completions" or not file.exists()]
        for file in sorted({*stale, *(there - files.keys())}):
            print(f"{file.relative_to(DOCS.parent)} is stale: run scripts/manpages.py", file=sys.stderr)
        return 1 if stale or there - files.keys() else 0
    for file in there - files.keys():
        file.unlink()
    for file, text in files.items():
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
