"""Whose trust anchors these are: IANA's, somebody's whom the reader trusts, or anybody's.

Compared by content: a DS record and the DNSKEY record that it is the digest of are one anchor (RFC 4034
section 5.1.4).  Fewer keys of the same owner's are still that owner's.
"""

from __future__ import annotations

from typing import Literal

import dns.name
from dns.rdtypes.ANY.DNSKEY import DNSKEY

from mailpath.dnssec import algorithms
from mailpath.dnssec.algorithms import Delegation
from mailpath.dnssec.anchors import BadAnchor, read_anchors
from mailpath.network.anchors import ROOT_ANCHORS

#: Owner name -> its anchors.
_Anchors = dict[dns.name.Name, tuple[Delegation | DNSKEY, ...]]


def whose(text: str) -> Literal["iana", "own"]:
    """Whether trust anchors in zone-file `text` are IANA's for the root zone, and no others; "own" too
    where it cannot be read."""
    return "iana" if within(text, ROOT_ANCHORS) else "own"


def within(text: str, reference: str) -> bool:
    """Whether `text` anchors the names that `reference` anchors, each by one of its anchors at least, and by
    no others.

    A name that is left out counts as a difference: below it nothing would be proven any more.
    """
    held, trusted = _read(text), _read(reference)
    if not held or held.keys() != trusted.keys():
        return False
    return all(
        any(_same(name, anchor, other) for other in trusted[name])
        for name, anchors in held.items()
        for anchor in anchors
    )


def at_the_root_alone(text: str) -> bool:
    """Whether the root is the only name that `text` anchors."""
    return set(_read(text)) == {dns.name.root}


def _read(text: str) -> _Anchors:
    """{} where it holds no anchor."""
    try:
        found = read_anchors(text).by_name
    except BadAnchor:
        return {}
    return {name: (*anchor.ds, *anchor.keys) for name, anchor in found.items()}


def _same(name: dns.name.Name, one: Delegation | DNSKEY, other: Delegation | DNSKEY) -> bool:
    if isinstance(one, DNSKEY):
        return one == other if isinstance(other, DNSKEY) else algorithms.ds_matches(name, other, one)
    return algorithms.ds_matches(name, one, other) if isinstance(other, DNSKEY) else one == other
