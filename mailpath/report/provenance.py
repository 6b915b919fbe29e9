"""Where the trust in a walk comes from: whose trust anchor, whose roots, whose answers.  Pure.

A live walk on an anchor, on roots or with `dial` entries of the user's own choice, and the lab, are only
named.  A capture may come from anybody, who can make up a root zone, a CA and everything below them: what
rests on an anchor or a root that is neither known here nor given by this user is not evidence.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

import msgspec

from mailpath.dnssec import known as anchors
from mailpath.facts import Walk
from mailpath.judge import Posture
from mailpath.judge.message_options import MessageOptions
from mailpath.match import certificate, pkix
from mailpath.network import endpoints
from mailpath.network.settings import anchor_text, known_roots
from mailpath.network.settings import roots as roots_of
from mailpath.report.exit_codes import exit_code
from mailpath.visible import visible

if TYPE_CHECKING:
    from mailpath.network.protocol import NetworkContext
    from mailpath.network.settings import Settings

#: Paths that some verifier accepts: OpenSSL's, and GnuTLS's, which end at any certificate on the list.
_FLOORS = (pkix.Floor.NONE, pkix.Floor.GNUTLS)


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """What this user trusts by name: zone-file text, DER certificates, zones; None, () where nothing."""

    anchor: str | None = None
    roots: frozenset[bytes] | None = None
    insecure_zones: frozenset[str] = frozenset()


#: Nobody said anything.
NOTHING = Given()


class Provenance(msgspec.Struct, frozen=True, kw_only=True):
    """What a walk rests on.

    `replayed`: from a capture, whose claims are the time, the names and what servers answered.  `lab`: the
    answers are the lab's (of a capture: that is another claim).  `anchor`: "iana", or "own": other keys, or
    another name's; `at_root`: the root's alone.  `roots`: "known" where every root that a chain of the walk
    hangs on is this machine's or certifi's, else "own".  `own_roots`, `own_certificates`: those that are not,
    by subject (visible text) and as DER.  `dialled`: published "ip:port" in use that live elsewhere.
    `insecure_zones`: negative trust anchors (RFC 7646).  `impatient`: a wait of ours ended something, and the
    sender is said to wait no longer (patience).  `trust_anchor`, `ca_file`: the user named one.

    Of a replay, what is neither known here nor given by this user: `strange_anchor`, `strange_roots` (DER),
    `strange_zones`.
    """

    replayed: bool = False
    lab: bool = False
    anchor: Literal["iana", "own"] = "iana"
    roots: Literal["known", "own"] = "known"
    own_roots: tuple[str, ...] = ()
    own_certificates: tuple[bytes, ...] = ()
    dialled: tuple[str, ...] = ()
    insecure_zones: tuple[str, ...] = ()
    impatient: bool = False
    trust_anchor: bool = False
    ca_file: bool = False
    at_root: bool = True
    strange_anchor: bool = False
    strange_roots: tuple[bytes, ...] = ()
    strange_zones: tuple[str, ...] = ()


#: A live walk on IANA's anchor and this machine's roots.
USUAL = Provenance()


def given_by(settings: Settings) -> Given:
    """What `settings` name.  Raises `SettingsError` where a file cannot be used."""
    return Given(
        anchor=anchor_text(settings) if settings.trust_anchor is not None else None,
        roots=frozenset(roots_of(settings)) if settings.ca_file is not None else None,
        insecure_zones=frozenset(map(_zone, settings.insecure_zones)),
    )


def read(walk: Walk, ground: NetworkContext, given: Given = NOTHING, *, replayed: bool = False) -> Provenance:
    """What `walk` rests on.  `ground`: of a replay, the capture's own."""
    lab = ground.kind == "lab"
    usual = not (replayed or lab) and given.roots is None
    known = frozenset(walk.roots) if usual else known_roots()
    own = _hung_on(walk, known)
    whose = anchors.whose(ground.trust_anchor)
    among = given.anchor is not None and anchors.within(ground.trust_anchor, given.anchor)
    accepted = known | (given.roots or frozenset())
    return Provenance(
        replayed=replayed,
        lab=lab,
        anchor=whose,
        roots="own" if own else "known",
        own_roots=tuple(dict.fromkeys(_named(root) for root in own)),
        own_certificates=own,
        dialled=tuple(sorted(_dialled(walk, ground))),
        insecure_zones=tuple(visible(zone, limit=255) for zone in ground.insecure_zones),
        impatient=walk.patience == "ours" and any(limit is not None for limit in _limits(walk)),
        trust_anchor=given.anchor is not None,
        ca_file=given.roots is not None,
        at_root=whose == "iana" or anchors.at_the_root_alone(ground.trust_anchor),
        strange_anchor=replayed and whose == "own" and not among,
        # All that the capture brings: as of another time a chain may hang on one that now counts for nothing.
        strange_roots=tuple(
            root for root in sorted({*walk.roots, *ground.roots}) if replayed and root not in accepted
        ),
        strange_zones=tuple(
            visible(zone, limit=255)
            for zone in ground.insecure_zones
            if replayed and _zone(zone) not in given.insecure_zones
        ),
    )


def _zone(name: str) -> str:
    return name.lower().rstrip(".")


def _limits(walk: Walk) -> Iterator[float | None]:
    """The waits of ours that ended something, in seconds."""
    yield from (session.limit for session in (*walk.starttls.sessions, *walk.starttls.enveloped))
    if walk.sts.fetch is not None:
        yield walk.sts.fetch.limit


def _chains(walk: Walk) -> Iterator[tuple[bytes, ...]]:
    for session in (*walk.starttls.sessions, *walk.starttls.enveloped):
        if session.tls is not None:
            yield session.tls.chain
    if walk.sts.fetch is not None:
        yield walk.sts.fetch.chain


def _hung_on(walk: Walk, known: frozenset[bytes]) -> tuple[bytes, ...]:
    """The roots without which a chain would lead nowhere, though all that are `known` were trusted."""
    kept = tuple(root for root in walk.roots if root in known)
    found: dict[bytes, None] = {}
    if kept == walk.roots:
        return ()
    for chain in dict.fromkeys(_chains(walk)):
        for floor in _FLOORS:
            built = pkix.verify(chain, walk.roots, walk.at, floor=floor)
            if built.trusted and not pkix.verify(chain, kept, walk.at, floor=floor).trusted:
                found[built.path[-1]] = None
    return tuple(found)


def _named(root: bytes) -> str:
    """What a root calls itself."""
    facts = certificate.describe(root)
    return visible(facts.subject or facts.sha256, limit=100)


def _dialled(walk: Walk, ground: NetworkContext) -> Iterator[str]:
    """Published endpoints that were asked, and have a dial entry."""
    asked = {
        endpoints.join(session.address, session.port)
        for session in walk.starttls.sessions
        if not session.not_tried
    }
    if walk.sts.fetch is not None and walk.sts.fetch.address is not None:
        asked.add(endpoints.join(walk.sts.fetch.address, ground.https_port))
    yield from asked.intersection(ground.dialled)


# --- what is evidence ------------------------------------------------------------------------------


def doubt(
    provenance: Provenance, walk: Walk, posture: Posture, sending: MessageOptions, met: Walk | None = None
) -> str:
    """Why this posture's verdict on a replay is not evidence, in words that follow "not evidence: "; "" where
    it is.  `met`: as in `MessageOptions.verdict`."""
    reasons = []
    if provenance.strange_anchor:
        root = provenance.at_root
        whose = "neither IANA's nor the one you gave" if provenance.trust_anchor else "not IANA's"
        told = f"{'is' if root else 'are'} {whose}"
        reasons.append(f"on the capture's own {'DNSSEC root' if root else 'trust anchors'}, which {told}")
    if provenance.strange_roots and _hangs_on_them(provenance, walk, posture, sending, met):
        strange = frozenset(provenance.strange_roots)
        hung = _hung_on(walk, frozenset(walk.roots) - strange) or provenance.strange_roots
        names = tuple(dict.fromkeys(map(_named, hung)))
        what = f"root{'s' if len(names) > 1 else ''} ({_some(names)})"
        named = " and you did not give" if provenance.ca_file else ""
        reasons.append(f"on the capture's own CA {what}, unknown on this machine{named}")
    if provenance.strange_zones:
        zones = _some(provenance.strange_zones)
        reasons.append(f"the capture counts {zones} as unsigned, which you did not request")
    return ", and ".join(reasons)


def _hangs_on_them(
    provenance: Provenance, walk: Walk, posture: Posture, sending: MessageOptions, met: Walk | None
) -> bool:
    """Would the verdict, or what it is measured by, be another if nobody trusted the strange roots?"""
    bare = _without(walk, provenance.strange_roots)
    before = sending.verdict(walk, posture, met)
    after = sending.verdict(bare, posture, _without(met, provenance.strange_roots) if met else None)
    return before != after or exit_code(walk, posture, before) is not exit_code(bare, posture, after)


def _without(walk: Walk, strange: tuple[bytes, ...]) -> Walk:
    """The walk of somebody who does not trust the `strange` roots: a policy that came by them is none."""
    roots = tuple(root for root in walk.roots if root not in strange)
    sts, fetch = walk.sts, walk.sts.fetch
    if fetch is not None and pkix.check_policy_host(fetch.chain, fetch.host, roots, walk.at) is not None:
        sts = msgspec.structs.replace(sts, policy=None)
    return msgspec.structs.replace(walk, roots=roots, sts=sts)


# --- in words --------------------------------------------------------------------------------------


def marks(provenance: Provenance, *, source: bool = True, doubted: bool = False) -> tuple[str, ...]:
    """What a reader must know of where the trust comes from, a few words each; () where all is as usual.

    `source`: whether it is a replay, or the lab, is among it; the lab's anchor, roots and addresses are its
    own, and that goes without saying.  `doubted`: the doubt about its anchor stands beside.
    """
    found = []
    if provenance.lab and not provenance.replayed:
        return ("in the lab",) if source else ()
    if provenance.replayed and source:
        found.append("replayed from a capture")
    if provenance.lab:
        found.append("made in the lab")
    if provenance.anchor == "own":
        if not (doubted and provenance.strange_anchor):
            found.append("trust anchor not IANA's")
    elif provenance.trust_anchor and not provenance.replayed:
        found.append("trust anchor given")
    if provenance.roots == "own":
        found.append("CA root unknown here")
    elif provenance.ca_file and not provenance.replayed:
        found.append("CA file given")
    if provenance.dialled:
        found.append("connections redirected (dial)")
    if provenance.insecure_zones:
        found.append(f"counted as unsigned: {_some(provenance.insecure_zones)}")
    if provenance.impatient:
        found.append("sender assumed to be no more patient than the walk")
    return tuple(found)


def sentences(provenance: Provenance) -> tuple[str, ...]:
    """The same at length, a sentence each."""
    return tuple(_sentences(provenance))


def _sentences(provenance: Provenance) -> Iterator[str]:
    if provenance.replayed:
        made = ", made in mailpath's lab (as it says itself)" if provenance.lab else ""
        yield (
            f"Replayed from a capture{made}: the time, the place and the servers' answers are what the"
            " capture says. Certificates are public: whoever makes a capture can make up everything that is"
            " not signed."
        )
    elif provenance.lab:
        yield "In the lab: the names, servers and answers are mailpath's own, on this machine."
    for said in (anchor_sentence(provenance), roots_sentence(provenance)):
        if said:
            yield said
    if provenance.dialled:
        yield f"Connected where dial says instead of the published address: {_some(provenance.dialled)}."
    if provenance.insecure_zones:
        yield f"Counted as unsigned because insecure_zones says so: {_some(provenance.insecure_zones)}."
    if provenance.impatient:
        yield "The sender is assumed to be no more patient than the walk, because patience says so."


def foreign_anchor(provenance: Provenance) -> str:
    """Of an anchor that is not IANA's, that it is not."""
    return f"The {'DNSSEC root is' if provenance.at_root else 'trust anchors are'} not IANA's."


def anchor_sentence(provenance: Provenance) -> str:
    """Whose trust anchor it is; "" where it is IANA's and nobody chose it."""
    given = _given(provenance.trust_anchor, "trust_anchor", provenance.replayed, provenance.strange_anchor)
    if provenance.anchor == "own":
        return f"{foreign_anchor(provenance)}{given}"
    return f"The trust anchor is IANA's.{given}" if given and not provenance.replayed else ""


def roots_sentence(provenance: Provenance) -> str:
    """Which roots of this walk are not among this machine's; "" where all are, and nobody chose them."""
    strange = bool(provenance.strange_roots)
    given = _given(provenance.ca_file, "ca_file", provenance.replayed, strange)
    if provenance.roots == "own":
        return f"CA roots unknown on this machine: {_some(provenance.own_roots)}.{given}"
    named = given and not provenance.replayed
    return f"This machine knows every CA root that counted.{given}" if named else ""


def _given(given: bool, key: str, replayed: bool, strange: bool) -> str:
    """Whose choice it was, where this user made one."""
    if not given:
        return ""
    if replayed:
        return f" That is {'not ' if strange else ''}what you gave ({key})."
    return f" You gave it ({key})."


def _some(names: tuple[str, ...]) -> str:
    """The first three, and how many more."""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more
