"""Captures as a stranger might spoil them: bytes, compression, JSON, and what is inside its base64.

`python tests/mutated.py COUNT SEED CAPTURE...` takes COUNT spoilt captures through load, walk, judge and
every format, and says in one JSON object what came of them and how much memory it took.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import copy
import gzip
import io
import json
import random
import re
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mailpath.dnssec import BadAnchor
from mailpath.facts import Walk
from mailpath.judge import Posture
from mailpath.judge.presets import PRESETS
from mailpath.lab.scenario import decode
from mailpath.network.capture import Capture, CaptureError, load
from mailpath.network.replay import Replay
from mailpath.rehearse import draw, write
from mailpath.report import html, markdown, nagios, provenance, text
from mailpath.report import json as json_report
from mailpath.report.result import build
from mailpath.walk import walk

REFUSED, LOADED = "refused", "loaded"

#: What a field might hold that its reader does not wait for.
VALUES: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    25,
    65536,
    2**63,
    -(2**63) - 1,
    10**400,
    1.5,
    float("inf"),
    float("nan"),
    "",
    "A",
    ".",
    "..",
    "a" * 64 + ".example",
    "a." * 200,
    "\x00",
    "\x1b]52;c;eA==\x07",
    "\ud800",
    "\u202e",
    "::1%eth0",
    "127.0.0.1",
    "2026-11-23",
    "====",
    "x" * 1_000_000,
    [],
    {},
    [[]],
    [None] * 1000,
)


def outcome(data: bytes, postures: Sequence[Posture] = tuple(PRESETS.values())) -> str:
    """REFUSED with one clear sentence, or LOADED, walked, judged and rendered.  Any exception is a bug."""
    try:
        capture = load(io.BytesIO(data))
        found = asyncio.run(walk(capture.path, Replay(capture), capture.ground.made))
    except (CaptureError, BadAnchor) as error:  # what the commands tell in one line
        told = str(error)
    else:
        _rendered(capture, found, postures)
        _drawn(capture, found)
        return LOADED
    assert told.endswith("."), told
    assert told.isprintable(), told
    return REFUSED


def _rendered(capture: Capture, found: Walk, postures: Sequence[Posture]) -> None:
    result = build(
        found,
        postures,
        {},
        made=capture.ground.made,
        provenance=provenance.read(found, capture.ground, replayed=True),
    )
    assert json.loads(json_report.render(result))
    for render in (text.render, markdown.render, html.render, nagios.render):
        assert all(line.isprintable() for line in render(result).split("\n"))


def _drawn(capture: Capture, found: Walk) -> None:
    """As a scenario: a file that the lab reads, and that shows nothing hidden."""
    written = write(draw(capture, found))
    assert written.isascii()
    assert all(line.isprintable() for line in written.split("\n"))
    decode(written.encode(), "drawn")


def peak_mib() -> float:
    """The most memory this process has had, in MiB.  Linux: getrusage would count what it was forked from."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    assert found is not None
    return int(found[1]) / 1024


def spoilt(original: bytes, rng: random.Random) -> bytes:
    """One capture (unpacked JSON) with something wrong."""
    how = rng.choice(_HOW)
    return how(original, rng)


def _bytes(data: bytes, rng: random.Random) -> bytes:
    made = bytearray(data)
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(made))
        match rng.randrange(5):
            case 0:
                made[at] ^= 1 << rng.randrange(8)
            case 1:
                made[at] = rng.randrange(256)
            case 2:
                del made[at : at + rng.randint(1, 400)]
            case 3:
                made[at:at] = made[at : at + rng.randint(1, 400)]
            case _:
                made[at:at] = rng.randbytes(rng.randint(1, 20))
        if not made:
            break
    return bytes(made)


def _truncated(data: bytes, rng: random.Random) -> bytes:
    whole = gzip.compress(data, 1) if rng.randrange(2) else data
    return whole[: rng.randrange(len(whole))]


def _packed(data: bytes, rng: random.Random) -> bytes:
    return _bytes(gzip.compress(data, 1), rng)


def _twice(data: bytes, rng: random.Random) -> bytes:
    return data + data if rng.randrange(2) else gzip.compress(gzip.compress(data, 1), 1)


def _deep(data: bytes, rng: random.Random) -> bytes:
    at = data.index(b":", rng.randrange(len(data) - 100)) + 1
    return data[:at] + rng.choice((b"[", b'{"x":')) * 100_000 + data[at:]


def _tree(data: bytes, rng: random.Random) -> bytes:
    """The JSON with other values, other keys, or things that stand there twice."""
    raw = json.loads(data)
    for _ in range(rng.randint(1, 3)):
        holder, key = _place(raw, rng)
        match rng.randrange(6):
            case 0:
                del holder[key]
            case 1 if isinstance(holder, dict):
                holder[rng.choice(("extra", "", "\x00", "kind"))] = 1
            case 2 if isinstance(holder, list):
                holder.extend([holder[key]] * rng.choice((1, 2, 50)))
            case 3:
                other, there = _place(raw, rng)
                holder[key] = json.loads(json.dumps(other[there]))
            case _:
                holder[key] = copy.deepcopy(rng.choice(VALUES))
    return json.dumps(raw).encode()


def _inside(data: bytes, rng: random.Random) -> bytes:
    """Bytes within a DNS message, a certificate, a reply, a policy: what only their own parsers read."""
    raw = json.loads(data)
    places = [place for place in _places(raw) if _held(place[0][place[1]])]
    for holder, key in rng.sample(places, min(len(places), rng.randint(1, 4))):
        held = base64.b64decode(holder[key])
        holder[key] = base64.b64encode(_bytes(held, rng) if rng.randrange(8) else b"").decode()
    return json.dumps(raw).encode()


def _held(value: Any) -> bool:
    if not isinstance(value, str) or len(value) < 8 or len(value) % 4:
        return False
    try:
        return bool(base64.b64decode(value, validate=True))
    except binascii.Error:
        return False


def _places(value: Any) -> list[tuple[Any, Any]]:
    """(object or array, key) of everything in it."""
    found = []
    waiting = [value]
    while waiting:
        holder = waiting.pop()
        for key in list(holder) if isinstance(holder, dict) else range(len(holder)):
            found.append((holder, key))
            if isinstance(holder[key], dict | list):
                waiting.append(holder[key])
    return found


def _place(raw: Any, rng: random.Random) -> tuple[Any, Any]:
    return rng.choice(_places(raw) or [({"x": 1}, "x")])


#: What is inside counts double: there most of our own code waits.
_HOW = (_inside, _inside, _tree, _tree, _bytes, _packed, _truncated, _twice, _deep)


def main(count: str, seed: str, *files: str) -> None:
    originals = [Path(file).read_bytes() for file in files]
    told: Counter[str] = Counter()
    for number in range(int(count)):
        rng = random.Random(f"{seed}/{number}")
        data = spoilt(rng.choice(originals), rng)
        try:
            told[outcome(data)] += 1
        except BaseException:
            print(f"seed {seed}, number {number}", file=sys.stderr)
            raise
    print(json.dumps({**told, "peak_mib": peak_mib()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
