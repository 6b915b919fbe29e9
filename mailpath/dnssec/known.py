"""Whose trust anchors are these: IANA's own, those of somebody the reader trusts, or a stranger's?

Anchors are compared by content: a DS record and the DNSKEY record whose digest it holds are the same anchor
(RFC 4034 section 5.1.4).  A subset of an owner's keys still belongs to that owner.
"""

from __future__ import annotations

from typing import Literal

import dns.name
from dns.rdtypes.ANY.DNSKEY import DNSKEY

from mailpath.dnssec.algorithms import DsRecord, PublicKey
from mailpath.dnssec.anchors import BadAnchor, read_anchors
from mailpath.network.anchors import ROOT_ANCHORS

_Record = DsRecord | DNSKEY


def whose(text: str) -> Literal["iana", "own"]:
    """ "iana" if the trust anchors in zone-file `text` are exactly IANA's for the root zone; else "own", also
    where the text cannot be read."""
    return "iana" if within(text, ROOT_ANCHORS) else "own"


def within(text: str, reference: str) -> bool:
    """Whether `text` anchors the same names as `reference`, and only with anchors that stand in it.

    A missing name counts as a difference: below it nothing could be proven any more.
    """
    held, trusted = _read(text), _read(reference)
    if not held or held.keys() != trusted.keys():
        return False
    return all(
        any(_are_same(name, anchor, other) for other in trusted[name])
        for name, anchors in held.items()
        for anchor in anchors
    )


def at_the_root_alone(text: str) -> bool:
    """Whether the root is the only name that `text` anchors."""
    return set(_read(text)) == {dns.name.root}


def _read(text: str) -> dict[dns.name.Name, tuple[_Record, ...]]:
    """Owner name -> its anchors; {} where `text` holds none."""
    try:
        found = read_anchors(text)
    except BadAnchor:
        return {}
    return {name: (*anchor.ds, *anchor.keys) for name, anchor in found.items()}


def _are_same(name: dns.name.Name, one: _Record, other: _Record) -> bool:
    if isinstance(other, DsRecord):
        one, other = other, one
    if isinstance(one, DsRecord) and isinstance(other, DNSKEY):
        return PublicKey(other).is_named_by(one, name)
    return one == other
