"""Pages that list what there is: commands, postures, the lab's scenarios, codes, keys, words."""

from __future__ import annotations

import re
import textwrap
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .markdown import code, prose, table

if TYPE_CHECKING:
    from mailpath.judge.posture import Posture

HERE = Path(__file__).parent


# --- commands --------------------------------------------------------------------------------------


def commands() -> Iterator[str]:
    """Every command: its forms, what it does, its options."""
    from told import tell_all

    yield "# Commands"
    yield ""
    yield (
        "What `--help` says of each command; `man mailpath` and `man mailpath-check` say the same. "
        "`mailpath completion bash` (or `zsh`, `fish`) prints completions for the shell."
    )
    for told in tell_all():
        yield ""
        yield f"## {told.words}"
        yield ""
        yield "```text"
        yield from (f"{told.words} {form}".rstrip() for form in told.usage)
        yield "```"
        for paragraph in told.paragraphs:
            yield ""
            if paragraph.startswith("\n"):
                yield f"```text{paragraph}\n```"
            else:
                yield prose(paragraph)
        if told.commands:
            yield ""
            rows = (
                (f"[`{word}`](#{slug(f'{told.words} {word}')})", prose(text)) for word, text in told.commands
            )
            yield from table([("Command", "What it does"), *rows])
        options = [(code(name), prose(text)) for name, text in told.options]
        if options:
            yield ""
            yield from table([("Option", "Meaning"), *options])


def slug(heading: str) -> str:
    """The anchor of a heading that has letters, digits, hyphens and blanks only."""
    return heading.lower().replace(" ", "-")


# --- postures --------------------------------------------------------------------------------------


def postures() -> Iterator[str]:
    """Every preset, and every field that a posture of one's own can set."""
    from mailpath.judge.fields import fields_of
    from mailpath.judge.presets import PRESETS

    yield "# Postures"
    yield ""
    yield (
        "A posture is what a sending mail server enforces. `mailpath postures NAME` lists what one has, in "
        "the form that the [config file](config-files.md) takes; "
        "[what real servers do otherwise than the standards](../deviations.md) says where they differ."
    )
    yield ""
    yield "## Presets"
    yield ""
    yield "By server program, with the source of what is known about each."
    for agent, sources in _presets().items():
        yield ""
        yield f"### {agent}"
        for (source, measured), known in sources.items():
            yield ""
            yield f"Source: {prose(source)}." + (f" Measured: {prose(measured)}." if measured else "")
            yield ""
            yield from table(
                [("Posture", "Sender"), *((f"`{each.name}`", prose(each.title)) for each in known)]
            )
    fields = fields_of(PRESETS["rfc"])
    for habit, title, about in (
        (False, "Policy", "What the administrator of the sender decides."),
        (True, "Habits", "How the server program behaves, whatever its configuration."),
    ):
        yield ""
        yield f"## {title}"
        yield ""
        yield f"{about} The default is that of `rfc`."
        yield ""
        yield from table(
            [
                ("Field", "Meaning", "Values", "Default"),
                *(_field(each) for each in fields if each.habit is habit),
            ]
        )


def _presets() -> dict[str, dict[tuple[str, str], list[Posture]]]:
    """Program -> (source, how it was measured) -> its presets."""
    from mailpath.judge.presets import PRESETS

    found: dict[str, dict[tuple[str, str], list[Posture]]] = {}
    for each in PRESETS.values():
        known = (each.source or each.agent.source or "", each.measured or "")
        found.setdefault(each.agent.name, {}).setdefault(known, []).append(each)
    return found


def _field(field: Any) -> tuple[str, ...]:
    from mailpath.judge.fields import toml

    plain = isinstance(field.value, str | int | float | list | tuple)
    words = ", ".join(f"`{word}`" for word in field.choices)
    return f"`{field.name}`", prose(field.about), words, f"`{toml(field.value)}`" if plain else ""


# --- the lab ---------------------------------------------------------------------------------------


def lab_scenarios() -> Iterator[str]:
    """Every scenario of the lab, as the app's picker shows it."""
    from mailpath.lab import scenarios

    yield "# Scenarios of the lab"
    yield ""
    yield (
        "`mailpath lab ID` opens one, `mailpath check --lab ID` prints a report of it. "
        "[What each attack does](../attacks.md) has the outcome of every posture in each of them; "
        "[Scenario files](../scenarios.md) says how one is written."
    )
    for each in scenarios():
        yield ""
        yield f"## {each.id}: {each.title}"
        yield ""
        yield prose(each.teaches)
        if each.hint:
            yield ""
            yield f"*Try:* {prose(each.hint)}"


# --- codes -----------------------------------------------------------------------------------------


def exit_codes() -> Iterator[str]:
    """What the process says as it ends, for all commands and for each."""
    from told import tell_all

    from mailpath.ending import ExitCode

    texts = tomllib.loads((HERE / "exit-codes.toml").read_text(encoding="utf-8"))
    assert set(texts["codes"]) == {each.name for each in ExitCode}, "exit-codes.toml lacks a code"
    yield "# Exit codes"
    yield ""
    yield texts["about"].strip()
    yield ""
    yield from table(
        [("Code", "Meaning"), *((_number(each), texts["codes"][each.name]) for each in ExitCode)]
    )
    yield ""
    yield "## By command"
    yield ""
    rows = [
        (f"[`{told.words.removeprefix('mailpath ')}`](commands.md#{slug(told.words)})", _status(status[1]))
        for told in tell_all()
        for status in [re.search(r"Exit status: (.*)", " ".join(told.paragraphs))]
        if status
    ]
    yield from table([("Command", "Exit status"), *rows, ("every other", "0: done")])


def _number(code: Any) -> str:
    return "128+N" if code.name == "SIGNAL" else str(int(code))


def _status(text: str) -> str:
    """ "0 done, 1 not" with the numbers to be found at a glance."""
    return re.sub(r"(?<![\w.-])(\d+) ", r"**\1** ", prose(text.removesuffix(".")))


def status_codes() -> Iterator[str]:
    """The enhanced status codes that `explain` and `bounce` know."""
    from mailpath.tickets.explain.codes import CLASSES, SUBJECTS, details

    yield "# SMTP status codes"
    yield ""
    yield (
        "An enhanced status code (RFC 3463) is three numbers: its class says whether to try again, its "
        "subject and detail say why. `mailpath explain 4.7.5` says the same as this page, `mailpath bounce` "
        "finds the codes in a bounce."
    )
    yield ""
    yield from table([("Class", "Meaning"), *((f"`{each}.x.x`", text) for each, text in CLASSES.items())])
    known = details()
    for subject, text in SUBJECTS.items():
        rows = [
            (f"`x.{each}`", prose(detail.text), prose(detail.source))
            for each, detail in sorted(known.items(), key=lambda item: int(item[0].partition(".")[2]))
            if each.startswith(f"{subject}.")
        ]
        yield ""
        yield f"## x.{subject}.x"
        yield ""
        yield text
        if rows:
            yield ""
            yield from table([("Code", "Meaning", "Source"), *rows])


# --- keys and words --------------------------------------------------------------------------------


def keys() -> Iterator[str]:
    """The app's bindings, with its help screen."""
    yield "# Keys"
    yield ""
    yield (
        "What the keys of the app do; `?` shows those that work where you are. An id is the name of a "
        "binding in the `[keymap]` table of the [config file](config-files.md)."
    )
    yield ""
    yield _bindings()


def _bindings() -> str:
    """Markdown: one row per action, in the order of the help screen; then the ids that have none."""
    from mailpath.tui.screens.help import groups, ids, told

    rows = ["| keys | what | id |", "|---|---|---|"]
    listed: set[str] = set()
    known: set[tuple[str, str]] = set()
    for title, bindings in groups():
        for keys, what, id in told(bindings):
            if (keys, what) in known:
                continue
            listed.add(id)
            known.add((keys, what))
            shown = "` to `".join(keys.split(" to ")).replace("|", "\\|")
            rows.append(
                f"| `{shown}` | {what}{f' ({title.lower()})' if title.startswith('In ') else ''} | `{id}` |"
            )
    panels = [id for id in ids() if id.startswith("path.jump-") and id not in listed]
    others = [id for id in ids() if id not in listed and id not in panels]
    rows += ["", *_wrapped("The panels", panels), "", *_wrapped("Elsewhere", others)]
    return "\n".join(rows)


def _wrapped(what: str, ids: list[str]) -> list[str]:
    return textwrap.wrap(f"{what}: {', '.join(f'`{id}`' for id in ids)}.", 118, break_on_hyphens=False)


def glossary() -> Iterator[str]:
    """The words of the RFCs that the other pages use."""
    words = tomllib.loads((HERE / "glossary.toml").read_text(encoding="utf-8"))["word"]
    assert list(words) == sorted(words, key=str.casefold), "glossary.toml is not in the order of the alphabet"
    yield "# Glossary"
    yield ""
    yield "Words as the RFCs use them, and as mailpath uses them."
    for word, entry in words.items():
        yield ""
        yield f"## {word}"
        yield ""
        yield f"{entry['text']} *{entry['source']}*"
