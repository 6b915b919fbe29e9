"""What walking again costs: signatures that a walk has verified are not verified for the next one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

import keytrap
import pytest

from mailpath.dnssec import signatures
from mailpath.dnssec.algorithms import PublicKey
from mailpath.judge.presets import PRESETS
from mailpath.network.capture import Capture
from mailpath.whatif import Rewalks, summary

if TYPE_CHECKING:
    from conftest import Walks


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How many public-key operations were made since this was last asked."""
    count = 0
    verify = PublicKey.verify

    def counted(key: PublicKey, signature: bytes, data: bytes) -> bool:
        nonlocal count
        count += 1
        return verify(key, signature, data)

    def since() -> int:
        nonlocal count
        found, count = count, 0
        return found

    monkeypatch.setattr(PublicKey, "verify", counted)
    signatures.forget()
    return since


def all_attacks(capture: Capture, made: Callable[[], int]) -> tuple[int, int]:
    """Operations of one walk, and of all that follow under the whole catalogue and as of another time."""
    rewalks = Rewalks(capture)
    asyncio.run(rewalks.untampered())
    once = made()
    for posture in ("rfc", "postfix-dane", "postfix-sts"):
        asyncio.run(summary(rewalks, PRESETS[posture]))
    asyncio.run(rewalks.untampered(rewalks.made + 86400))
    assert len(rewalks._walked) > 8
    return once, made()


def test_the_whole_catalogue_verifies_no_signature_twice(walks: Walks, made: Callable[[], int]) -> None:
    capture = walks.of("dane-good").capture
    made()
    signatures.forget()
    once, more = all_attacks(capture, made)
    assert once > 10
    assert more <= once / 2  # what attackers sign, where they sign at all


def test_a_trap_is_paid_for_once(made: Callable[[], int]) -> None:
    capture = keytrap.capture_of_world(keytrap.ecdsa_keys(), hosts=16)
    made()
    signatures.forget()
    once, more = all_attacks(capture, made)
    assert once > 300
    assert more == 0


def test_what_is_remembered_is_bounded(made: Callable[[], int], monkeypatch: pytest.MonkeyPatch) -> None:
    capture = keytrap.capture_of_world(keytrap.ecdsa_keys(), hosts=3)
    signatures.forget()
    monkeypatch.setattr(signatures, "_MOST_REMEMBERED", 20)
    made()
    asyncio.run(Rewalks(capture).untampered())
    assert made() > 20
    assert 0 < len(signatures._remembered) <= 20
