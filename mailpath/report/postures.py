"""What a posture is made of: each field with its value and its source, as the config file would have it.

First comes the policy, which is what an operator sets; then the habits that differ from the agent's, or all
of them where that is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mailpath.judge import Posture
from mailpath.judge.custom import RENAMED
from mailpath.judge.fields import fields_of, toml, written
from mailpath.judge.presets import AGENTS
from mailpath.visible import visible
from mailpath.wording.layout import WIDTH, wrapped


def render_text(posture: Posture, *, every_field: bool = False) -> str:
    """The posture in 80 columns, as a table of the config file would have it; ends with a newline."""
    return "\n".join(_lines(posture, every_field)) + "\n"


def _lines(posture: Posture, every_field: bool) -> Iterator[str]:
    yield from _comment(f"{posture.name}: {visible(posture.title)}")
    yield from _comment(f"Source: {posture.source}")
    if posture.measured is not None:
        yield from _comment(f"Measured: {posture.measured or 'by nobody; this is what the source documents'}")
    if posture.notes:
        yield from _comment(f"Note: {posture.notes}")
    usual = fields_of(posture.changed(agent=AGENTS[posture.agent.name]))
    habits = sum(field.habit for field in usual)
    more = "below" if every_field else f"`mailpath postures {posture.name} --all` shows them"
    yield ""
    yield from _comment(f"The server program; it has {habits} habits: {more}.")
    yield f"agent = {toml(posture.agent.name)}"
    for field in fields_of(posture):
        if field.habit and field in usual and not every_field:
            continue
        yield ""
        yield from _comment(field.about)
        if field.choices:
            yield from _comment(f"Allowed: {', '.join(field.choices)}.")
        if field.candidates:
            values = " or ".join(toml(value) for value in field.candidates)
            yield from _comment(f"{field.name} is unknown: {values}")
            continue
        for line in written(field.name, field.value):
            yield visible(line)
    if posture.recipients:
        yield ""
        yield from _comment("Recipients for whom another posture decides.")
        for domain, other in posture.recipients.items():
            yield f"for.{toml(domain)} = {toml(other.name)}"


def _comment(text: str) -> Iterator[str]:
    return (f"# {line}" for line in wrapped(text, WIDTH - 2))


def to_dict(posture: Posture) -> dict[str, Any]:
    """The posture as JSON has it: a field that is unknown is null, with the values it may have.

    Fields have their names of mailpath 0.1, too.
    """
    fields = fields_of(posture)
    values = {field.name: None if field.candidates else field.value for field in fields}
    return {
        "name": posture.name,
        "title": visible(posture.title),
        "source": posture.source,
        "measured": posture.measured,
        "notes": posture.notes,
        "agent": posture.agent.name,
        "habits": [field.name for field in fields if field.habit],
        "fields": {**values, **{old: values[new] for old, new in RENAMED.items()}},
        "unknown": {field.name: list(field.candidates) for field in fields if field.candidates},
        "recipients": {domain: other.name for domain, other in posture.recipients.items()},
    }


def explained(posture: Posture) -> dict[str, Any]:
    """The same with what each field means, and the words there are for it."""
    fields = fields_of(posture)
    about = {field.name: field.about for field in fields}
    return {
        **to_dict(posture),
        "about": {**about, **{old: f"Now {new}." for old, new in RENAMED.items()}},
        "choices": {field.name: list(field.choices) for field in fields if field.choices},
    }
