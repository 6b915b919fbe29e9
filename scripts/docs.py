"""Writes docs/*.md from the product itself; --check only says whether they are current.

findings.md     every code of the catalogue
deviations.md   where mail servers depart from the standards: outcomes, and the rules behind them
events.md       what can end an attempt: the names that JSON reports carry
scenarios.md    what a scenario file can say
attacks.md      every lab scenario, posture and attack (starts the lab; half a minute)
reference/      commands, postures, files and formats, codes, keys, words: see scripts/reference

Name some of them to write or check these alone.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import reference
from reference.markdown import default, kind, table

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs"

_NOTE = "<!-- Written by scripts/docs.py; changes made here are lost. -->"


# --- findings --------------------------------------------------------------------------------------


def findings() -> Iterator[str]:
    """Every code: what it means, how to mend it, where it is written."""
    from mailpath.facts import TITLES
    from mailpath.findings.catalogue import CATALOGUE, step_of

    yield "# Findings"
    yield ""
    yield (
        "Every WEAK or FAIL of a step carries a code. `mailpath explain CODE` says the same as this page, "
        "and which postures are stopped by it."
    )
    steps = dict.fromkeys(step_of(code) for code in CATALOGUE)
    for step in steps:
        yield ""
        yield f"## {TITLES[step]}"
        for entry in CATALOGUE.values():
            if step_of(entry.code) != step:
                continue
            yield ""
            yield f"### {entry.code}: {entry.title}"
            yield ""
            yield f"{entry.severity.value.capitalize()}. {entry.meaning}"
            yield ""
            yield f"- **Fix:** {entry.fix}"
            if entry.plan:
                yield f"- **Plan:** `mailpath plan {entry.plan}` shows the order in which no mail is lost"
            yield f"- **Source:** {entry.rfc}"


# --- scenarios -------------------------------------------------------------------------------------


def scenarios() -> Iterator[str]:
    """Every key of a scenario file: its type, its default, what it means."""
    import tomllib

    from mailpath.lab import grammar
    from mailpath.lab.scenario import MAX_BYTES, MAX_RECORDS, Scenario

    meanings = tomllib.loads((ROOT / "mailpath" / "lab" / "grammar.toml").read_text(encoding="utf-8"))
    tables = {
        "The scenario itself": Scenario,
        "`[[zone]]`": grammar.Zone,
        "`[[server]]`": grammar.Server,
        "A certificate (`cert`, `sni`, `tlsacert`)": grammar.Certificate,
        "`tls` of a server": grammar.TlsLimits,
        "`[sts]`": grammar.Sts,
        "`[[fault]]`": grammar.Fault,
    }
    yield "# Scenario files"
    yield ""
    yield meanings["about"].strip().format(kib=MAX_BYTES // 1024, records=MAX_RECORDS)
    for title, table_type in tables.items():
        fields = {field.name: field for field in msgspec.structs.fields(table_type)}
        told = meanings[table_type.__name__]
        assert fields.keys() == told.keys(), (table_type, fields.keys() ^ told.keys())
        yield ""
        yield f"## {title}"
        yield ""
        rows = ((f"`{name}`", kind(field.type), default(field), told[name]) for name, field in fields.items())
        yield from table((("Key", "Type", "Default", "Meaning"), *rows))


# --- deviations ------------------------------------------------------------------------------------


def deviations() -> Iterator[str]:
    """Where real servers do other than the standards say."""
    sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "judge")]
    from deviations import page
    from test_judge_habits import HABITS
    from test_judge_rules import RULES

    yield from page([*RULES, *HABITS])


def events() -> Iterator[str]:
    """What can end an attempt, or decide a verdict: the names that JSON reports carry."""
    from mailpath.tickets.explain.means import NAMED

    yield "# Events"
    yield ""
    yield (
        "Every verdict and every attempt of a JSON report has an `event`: what ended it. "
        "`mailpath explain EVENT` says the same as this page, and which postures end so, and why."
    )
    yield ""
    yield from table([("Event", "What happened"), *((f"`{event}`", means) for event, means in NAMED.items())])


# --- attacks ---------------------------------------------------------------------------------------

_LETTERS = {
    "authenticated": "A",
    "encrypted": "E",
    "plaintext": "P",
    "deferred": "D",
    "bounced": "B",
    "unknown": "?",
}


def attacks() -> Iterator[str]:
    """Every lab scenario, posture and attack: what happens to the mail, and whether it is read."""
    from mailpath.attacks.catalogue import ATTACKS

    yield "# What each attack does"
    yield ""
    yield (
        "Each lab scenario is walked, and walked again from the recording with an attacker in the way. "
        "**A**uthenticated, **E**ncrypted, **P**laintext, **D**eferred, **B**ounced, **?** unknown; `!` "
        "where the attacker reads the mail; behind a slash, where the domain has an MTA-STS policy, the same "
        "for a sender that has it cached. The first column is the path without an attacker."
    )
    yield ""
    columns = [f"{number}" for number in range(1, len(ATTACKS) + 1)]
    for number, attack in zip(columns, ATTACKS.values(), strict=True):
        yield f"{number}. `{attack.name}`: {attack.does} *Stopped by:* {attack.stopped_by}"
    for scenario, rows in asyncio.run(_all_attacked()):
        yield ""
        yield f"## {scenario.id}: {scenario.title}"
        yield ""
        yield from table([("Posture", "none", *columns), *rows])


async def _all_attacked() -> list[tuple[Any, list[tuple[str, ...]]]]:
    from mailpath.facts import Path as MailPath
    from mailpath.lab import Lab
    from mailpath.network.capture import capture_of
    from mailpath.network.recording import Recording
    from mailpath.walk import live_network, walk

    found = []
    with Lab.start() as lab:
        for scenario in lab.scenarios:
            path = MailPath(recipient=scenario.domain, sender=scenario.sender)
            async with live_network(lab.settings, kind="lab") as network:
                recording = Recording(network)
                walked = await walk(path, recording, network.ground.made)
                found.append((scenario, await _attacked(capture_of(recording, path, walked.roots))))
    return found


async def _attacked(capture: Any) -> list[tuple[str, ...]]:
    """A row per posture; postures that fare alike share one."""
    from mailpath.attacks.catalogue import ATTACKS
    from mailpath.judge import judge
    from mailpath.judge.presets import PRESETS
    from mailpath.whatif import Rewalks, attack_outcome

    rewalks = Rewalks(capture)
    alike: dict[tuple[str, ...], list[str]] = {}
    for posture in PRESETS.values():
        plain = _LETTERS[judge(await rewalks.untampered(), posture).outcome.value]
        row = [_cell(await attack_outcome(rewalks, posture, name)) for name in ATTACKS]
        alike.setdefault((plain, *row), []).append(posture.name)
    return [(", ".join(names), *row) for row, names in alike.items()]


def _cell(found: Any) -> str:
    told = _LETTERS[found.outcome.value] + ("!" if found.attacker_reads else "")
    if found.if_policy_cached is None:
        return told
    cached = _LETTERS[found.if_policy_cached.value] + ("!" if found.reads_if_cached else "")
    return f"{told}/{cached}"


# --- files -----------------------------------------------------------------------------------------

PAGES: dict[str, Callable[[], Iterator[str]]] = {
    "findings.md": findings,
    "deviations.md": deviations,
    "events.md": events,
    "scenarios.md": scenarios,
    "attacks.md": attacks,
    **reference.PAGES,
}


def text(page: str) -> str:
    """What docs/`page` is to hold."""
    return "\n".join((_NOTE, "", *PAGES[page]())) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; 1 where a page is not current")
    parser.add_argument("pages", nargs="*", metavar="PAGE", help=", ".join(PAGES))
    options = parser.parse_args()
    unknown = set(options.pages) - set(PAGES)
    if unknown:
        parser.error(f"there is no page {', '.join(sorted(unknown))}")
    stale = []
    for page in options.pages or PAGES:
        file, wanted = FOLDER / page, text(page)
        if file.is_file() and file.read_text(encoding="utf-8") == wanted:
            continue
        if options.check:
            stale.append(page)
        else:
            file.parent.mkdir(exist_ok=True)
            file.write_text(wanted, encoding="utf-8")
    stray = {str(file.relative_to(FOLDER)) for file in (FOLDER / "reference").glob("*.md")} - PAGES.keys()
    for page in sorted(stray - {"reference/index.md"}):
        print(f"docs/{page}: nothing writes this page; delete it", file=sys.stderr)
    if stale:
        print(f"docs/{', docs/'.join(stale)}: not current; run python scripts/docs.py", file=sys.stderr)
    return 1 if stale or stray - {"reference/index.md"} else 0


if __name__ == "__main__":
    sys.exit(main())
