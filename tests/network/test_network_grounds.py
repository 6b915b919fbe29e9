"""What a capture may take as given: nothing that a walk could not, and nothing without bound."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailpath.facts import Path
from mailpath.network.anchors import ROOT_ANCHORS
from mailpath.network.capture import Capture, CaptureError, decode, find_fault
from mailpath.network.protocol import NetworkContext

GROUND = NetworkContext(kind="live", resolver="192.0.2.53", trust_anchor=ROOT_ANCHORS, roots=(), made=1)


def changed(**fields: Any) -> NetworkContext:
    return msgspec.structs.replace(GROUND, **fields)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"simulated_insecure": (".",)}, "attacker.invalid"),
        ({"simulated_insecure": ("gmail.com",)}, "attacker.invalid"),
        ({"simulated_insecure": ("attacker.invalid", "b.example")}, "attacker.invalid"),
        ({"simulated_insecure": ("a..b",)}, "attacker.invalid"),
        ({"simulated_insecure": ("x" * 300,)}, "attacker.invalid"),
        ({"simulated_insecure": ("\x1b]0;",)}, "attacker.invalid"),
        ({"insecure_zones": ("a..b",)}, "negative trust anchor"),
        ({"insecure_zones": ("",)}, "negative trust anchor"),
        ({"insecure_zones": ("a" * 64,)}, "negative trust anchor"),
        ({"insecure_zones": ("a.",) * 10_001}, "not a mailpath capture"),
        ({"insecure_zones": ("a." * 1000,)}, "not a mailpath capture"),
        ({"smtp_port": 0}, "port"),
        ({"https_port": 65536}, "port"),
        ({"kind": "iana"}, "kind"),
    ],
)
def test_refused_with_one_sentence(fields: dict[str, Any], sentence: str) -> None:
    held = Capture(path=Path(recipient="b.example"), ground=changed(**fields))
    with pytest.raises(CaptureError, match=sentence) as refused:
        decode(msgspec.json.encode(held))
    assert str(refused.value).isprintable()


def test_what_our_own_walks_make_is_taken() -> None:
    for ground in (
        GROUND,
        changed(kind="lab", ehlo="[IPv6:2001:db8::1]", dialled=("[2001:db8::10]:25",)),
        changed(simulated_insecure=("attacker.invalid",)),
        changed(insecure_zones=("corp.example", ".", "xn--bcher-kva.example.", "a\\.b.example", "*.x")),
    ):
        assert find_fault(ground) == ""


@given(st.builds(NetworkContext, kind=st.just("live"), envelope=st.none()))
def test_no_ground_breaks_it(ground: NetworkContext) -> None:
    told = find_fault(ground)
    assert told == "" or told.endswith(".")
