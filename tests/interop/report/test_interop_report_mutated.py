"""Two thousand spoilt captures in a process of their own: no traceback, and never more than 200 MiB."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import mutated
import pytest

from mailpath.network.capture import MAX_CAPTURE, MAX_SMTP, Capture

SCENARIOS = (
    "full-protection",
    "dane-first-bad-second-weak",
    "sts-bad-cert",
    "bogus-ds",
    "nsec3",
    "idn",
    "hostile-text",
    "null-mx",
)
COUNT = 2000
PEAK_MIB = 200

ONE = """
import sys
sys.path.insert(0, sys.argv[1])
import mutated
told = mutated.outcome(sys.stdin.buffer.read())
print(told, mutated.peak_mib())
"""


def test_two_thousand_of_them(walks: Any, tmp_path: Path) -> None:
    for scenario in SCENARIOS:
        (tmp_path / scenario).write_bytes(msgspec.json.encode(walks.of(scenario).capture))
    files = sorted(map(str, tmp_path.iterdir()))
    done = subprocess.run(
        [sys.executable, mutated.__file__, str(COUNT), "2026", *files],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert told["refused"] + told["loaded"] == COUNT
    assert told["loaded"] > COUNT // 10
    assert told["peak_mib"] < PEAK_MIB


def _bombs(capture: Capture) -> Iterator[tuple[str, bytes]]:
    """Little to send and much to hold: each just within, or beyond, what is read."""
    yield "spaces", b" " * (128 << 20)
    whole = msgspec.json.encode(capture)
    head = whole[: whole.index(b'"dns":[')]
    for key, element in (
        ("dns", b'{"question":{"name":"","rdtype":""}}'),
        ("https", b'{"request":{"url":"","address":""}}'),
        ("smtp", b'{"request":{"address":""}}'),
    ):
        many = b",".join([element] * ((MAX_CAPTURE - len(head)) // (len(element) + 1) - 10))
        yield key, head + b'"' + key.encode() + b'":[' + many + b"]}"
    raw = json.loads(whole)
    session = raw["smtp"][0]
    chunks = [{"sent": False, "data": "Cg=="}] * MAX_SMTP
    for number in range(2):
        request = {**session["request"], "address": f"192.0.2.{number}"}
        raw["smtp"].append({**session, "request": request, "transcript": chunks})
    yield "chunks", json.dumps(raw, separators=(",", ":")).encode()
    raw = json.loads(whole)
    raw["ground"]["ehlo"] = "x" * (MAX_CAPTURE - 2 * len(whole))
    yield "a name", json.dumps(raw).encode()


@pytest.mark.parametrize("scenario", ["sts-enforce"])
def test_what_unpacks_to_much_takes_little(scenario: str, walks: Any) -> None:
    for name, data in _bombs(walks.of(scenario).capture):
        done = subprocess.run(
            [sys.executable, "-c", ONE, str(Path(mutated.__file__).parent)],
            input=gzip.compress(data, 1),
            capture_output=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, (name, done.stderr[-500:])
        told, peak = done.stdout.split()
        assert told.decode() in (mutated.LOADED, mutated.REFUSED)
        assert float(peak) < PEAK_MIB, name
