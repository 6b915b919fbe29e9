"""What unbound, delv and we say of a name, in the words of RFC 4035 section 4.3."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
from interop_internet import Internet
from interop_model import UNBOUND
from interop_tools import tool

_HERE = Path(__file__).parent

Asked = tuple[str, str]


class Ours(msgspec.Struct, frozen=True):
    """One of our verdicts, as `interop_ours.py` prints it."""

    status: str
    reason: str
    found: str


def unbound(internet: Internet, asked: Sequence[Asked]) -> dict[Asked, str]:
    """AD, no AD, or SERVFAIL that goes away with CD: "secure", "insecure", "bogus"; else the rcode."""
    said = _run(internet, asked, "interop_claims.py", UNBOUND)
    return dict(zip(asked, said.splitlines(), strict=True))


def delv(internet: Internet, asked: Sequence[Asked]) -> dict[Asked, str]:
    """delv asks unbound (with CD) and validates on its own."""
    said = _run(internet, asked, "interop_delv.py", tool("delv"), UNBOUND, internet.delv_anchor)
    return dict(zip(asked, map(read_delv, msgspec.json.decode(said, type=list[str])), strict=True))


def ours(internet: Internet, asked: Sequence[Asked], resolver: str, way: str) -> dict[Asked, Ours]:
    """Our validator over the given resolver.  `way`: "alone" or "together"."""
    said = _run(internet, asked, "interop_ours.py", resolver, internet.folder / "root.ds", way)
    return dict(zip(asked, msgspec.json.decode(said, type=list[Ours]), strict=True))


def read_delv(text: str) -> str:
    """The weakest of the statuses that delv prints, one for each RRset of the answer.

    A denial is followed by "resolution failed: ncache ..."; any other such line says that nothing was
    believed.
    """
    failed = [line for line in text.splitlines() if line.startswith(";; resolution failed: ")]
    if any("ncache" not in line for line in failed):
        broken = ("failure", "broken trust chain", "no valid", "insecurity proof failed", "failed to verify")
        return "bogus" if any(word in failed[0] for word in broken) else failed[0]
    comments = "".join(line for line in text.splitlines() if line.startswith("; "))
    if "unsigned answer" in comments:
        return "insecure"
    return "secure" if "fully validated" in comments else text.strip()


def _run(internet: Internet, asked: Sequence[Asked], script: str, *arguments: str | Path) -> str:
    lines = "".join(f"{name}\t{rdtype}\n" for name, rdtype in asked)
    return internet.space.run(sys.executable, _HERE / script, *arguments, stdin=lines, timeout=120)
