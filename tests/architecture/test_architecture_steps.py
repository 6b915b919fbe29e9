"""A step is one file and one line: one that is added to a copy of the house is everywhere at once."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import mailpath
from mailpath.facts import TITLES, WALKED, Walk
from mailpath.network import capture as captures
from mailpath.report.panels import details, evidence
from mailpath.steps.registry import REGISTRY

HOUSE = Path(mailpath.__file__).parent

FILE = '''
"""How each mail server greets (RFC 5321 section 4.2)."""

import msgspec

from mailpath.facts import Entry, Finding, Severity, Status, Walk
from mailpath.steps.step import Line, Step
from mailpath.steps.tools import Tools
from mailpath.visible import visible


class BannerFacts(msgspec.Struct, frozen=True, kw_only=True):
    greetings: dict[str, bytes] = {}


async def look(tools: Tools, walk: Walk) -> BannerFacts:
    sessions = (each for each in walk.starttls.sessions if each.greeting is not None)
    return BannerFacts(greetings={each.address: each.greeting.wire[0] for each in sessions})


def line(walk: Walk) -> Line:
    return Status.WEAK, "GREETS", f"each of {len(walk.further['banner'].greetings)} servers greets"


def find(walk: Walk):
    for address in walk.further["banner"].greetings:
        yield Finding(code="BAN001", severity=Severity.WARNING, subject=address, message="It greets.")


def details(walk: Walk):
    return ((address, visible(text)) for address, text in walk.further["banner"].greetings.items())


ENTRY = Entry(code="BAN001", title="t", severity=Severity.WARNING, meaning="m", fix="f", rfc="RFC 5321")
STEP = Step(
    line=line,
    facts=BannerFacts,
    look=look,
    after=("starttls",),
    find=find,
    entries=(ENTRY,),
    details=details,
    evidence=lambda walk: (f"heard {visible(each)}" for each in walk.further["banner"].greetings.values()),
)
'''
LINE = '    Panel("banner", "Banner", "how each mail server greets"),\n'

PROGRAM = """
import asyncio, json, sys
import jsonschema
from mailpath.judge.presets import PRESETS
from mailpath.network import capture
from mailpath.network.replay import Replay
from mailpath.report import html, json as report, markdown, text
from mailpath.report.panels import details, evidence, explained
from mailpath.report.result import build
from mailpath.tui.text import UNICODE
from mailpath.tui.screens.keys import READ
from mailpath.tui.widgets.rail import Rail
from mailpath.walk import walk
from mailpath.whatif import only_host

recorded = capture.load(sys.stdin.buffer)
network = Replay(recorded)
found = asyncio.run(walk(recorded.path, network, network.ground.made))
result = build(found, [PRESETS["rfc"]], {})
shown = json.loads(report.render(result))
jsonschema.Draft202012Validator(report.schema()).validate(shown)
print(json.dumps({
    "walk": [step.id for step in found.steps],
    "alone": [step.id for step in only_host(found, found.mx.hosts[0].name).steps],
    "json": next(step for step in shown["steps"] if step["id"] == "banner"),
    "codes": [each["code"] for each in shown["findings"]],
    "text": text.render(result),
    "markdown": markdown.render(result),
    "html": html.render(result),
    "details": [each.text for each in details(found, "banner")],
    "evidence": evidence(found, "banner"),
    "explained": [each.code for each in explained(found, "banner")],
    "rail": [title for title, *_ in Rail(UNICODE)._stops()],
    "keys": [binding.id for binding in READ],
}))
"""


def test_a_step_is_one_file_and_one_line(walks: Any, tmp_path: Path) -> None:
    house = tmp_path / "mailpath"
    shutil.copytree(HOUSE, house, ignore=shutil.ignore_patterns("__pycache__", "lab"))
    (house / "lab").symlink_to(HOUSE / "lab")
    (house / "steps" / "banner.py").write_text(FILE, encoding="utf-8")
    names = house / "facts" / "steps.py"
    before = names.read_text(encoding="utf-8")
    after = before.replace('    Panel("tlsa"', LINE + '    Panel("tlsa"')
    assert len(after.splitlines()) == len(before.splitlines()) + 1
    names.write_text(after, encoding="utf-8")
    file = io.BytesIO()
    captures.dump(walks.of("dane-good").capture, file)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM],
        input=file.getvalue(),
        capture_output=True,
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path)},
        timeout=60,
    )
    assert done.stderr == b""
    found = json.loads(done.stdout)
    order = ["sender", "mx", "dnssec", "mta-sts", "banner", "tlsa", "starttls"]
    assert found["walk"] == found["alone"] == order
    assert (found["json"]["status"], found["json"]["word"]) == ("weak", "GREETS")
    assert found["json"]["summary"] == "Each of 1 servers greets."
    assert list(found["json"]["evidence"]["greetings"]) == ["192.0.2.20"]
    greeting = "220 mx1.dane-good.example ESMTP"
    assert (found["details"], found["evidence"]) == ([greeting], [f"heard {greeting}"])
    assert found["explained"] == ["BAN001"]
    assert "! Banner     WEAK, GREETS. Each of 1 servers greets." in found["text"]
    assert "| ! | Banner | WEAK, GREETS |" in found["markdown"]
    assert '<span class="number">4</span><span class="title">Banner</span>' in found["html"]
    assert f"heard {greeting}" in found["html"]
    # By step: between those of MTA-STS and of STARTTLS.
    assert found["codes"] == ["RPT001", "STS001", "BAN001", "TLS008"]
    assert found["rail"][4:] == ["4 Banner", "5 TLSA", "6 STARTTLS", "7 Verdict"]
    assert "path.jump-banner" in found["keys"]


def test_every_step_of_the_path_says_what_it_found(walks: Any) -> None:
    """Its record is that of the walk; its details and its evidence are written somewhere, once."""
    walk: Walk = walks.of("full-protection").walk
    seen: set[str] = set()
    for panel in WALKED:
        step = REGISTRY[panel.id]
        assert set(step.after) <= seen, "a step waits for one that may wait for it"
        seen.add(panel.id)
        assert panel.looks_for
        assert TITLES[panel.id] == panel.title
        assert step.facts is type(getattr(walk, step.attribute))
        assert details(walk, panel.id)
        assert evidence(walk, panel.id)
