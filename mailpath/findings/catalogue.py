"""Every code a walk can show: what it means, and how to mend it.  The texts are in `catalogue.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from importlib import resources

from mailpath.facts import WALKED
from mailpath.facts.findings import Entry, Finding, ServedFile, Severity


def _entries(codes: dict[str, dict[str, str]]) -> tuple[Entry, ...]:
    """Of one step, as the file has them."""
    return tuple(
        Entry(
            code=code,
            title=entry["title"],
            severity=Severity(entry["severity"]),
            meaning=" ".join(entry["meaning"].split()),
            fix=" ".join(entry["fix"].split()),
            rfc=entry["rfc"],
            plan=entry.get("plan", ""),
        )
        for code, entry in codes.items()
    )


_TABLES = tomllib.loads(resources.files(__package__).joinpath("catalogue.toml").read_text("utf-8"))


def _variants(table: str) -> dict[str, dict[str, str]]:
    return {
        kind: {key: " ".join(text.split()) for key, text in texts.items()}
        for kind, texts in _TABLES[table].items()
    }


#: Of a TLSA record that matches nothing: kind of mistake (`match/mistakes.py`) -> `meaning` and `fix`.
MISTAKES = _variants("mistakes")
#: Of a refused STARTTLS: reply code, or its first digit (or `rewritten`: a firewall breaks TLS) -> the same.
REFUSALS = _variants("refusals")


def _of_step(id: str) -> tuple[Entry, ...]:
    """A small step has its entries in its own file; only then is it loaded for them."""
    if id in _TABLES:
        return _entries(_TABLES[id])
    from mailpath.steps.registry import REGISTRY

    return REGISTRY[id].entries


_PANELS = [(entry, panel.id) for panel in WALKED for entry in _of_step(panel.id)]
#: Code -> entry, in the order of the steps.
CATALOGUE: dict[str, Entry] = {entry.code: entry for entry, _ in _PANELS}
_STEP_OF = {entry.code: step_id for entry, step_id in _PANELS}
#: What codes begin with, in that order.
PREFIXES = tuple(dict.fromkeys(code.rstrip("0123456789") for code in CATALOGUE))


def step_of(code: str) -> str:
    """The id of the step whose panel shows `code`.  Raises `KeyError` for what is no code."""
    return _STEP_OF[code]


def finding(
    code: str,
    subject: str,
    message: str,
    *,
    severity: Severity | None = None,
    found: str | Sequence[str] = "",
    got: str | Sequence[str] = "",
    fix: str = "",
    records: Sequence[str] = (),
    file: ServedFile | None = None,
    means: str = "",
    policy: Sequence[str] = (),
) -> Finding:
    """A finding with the catalogue's severity, unless this one weighs otherwise.  Text must be visible.

    `found`, `got`: a sentence, or records.
    """
    found_lines = () if isinstance(found, str) else tuple(found)
    got_lines = () if isinstance(got, str) else tuple(got)
    return Finding(
        code=code,
        severity=severity or CATALOGUE[code].severity,
        subject=subject,
        message=message,
        found="; ".join(found_lines) if found_lines else str(found or ""),
        got="; ".join(got_lines) if got_lines else str(got or ""),
        fix=fix,
        records=tuple(records),
        file=file,
        found_lines=found_lines,
        got_lines=got_lines,
        means=means,
        policy=tuple(policy),
    )
