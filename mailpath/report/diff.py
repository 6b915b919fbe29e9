"""What changed between two walks of one path: outcomes, findings, records, policy, certificates, sessions.

Each walk is laid out as named lines of visible text, and the lines are compared: what merely came in
another order is no change.  Times to live, signature times and elapsed times are left out, as they change
by themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from mailpath.assess.lookups import lookups
from mailpath.assess.sessions import session_at
from mailpath.facts import TITLES, Found, Lookup, MxHost, Session, Walk
from mailpath.judge import Mechanism, Verdict
from mailpath.match.certificate import describe
from mailpath.report.contents import no_evidence, outcome, possible
from mailpath.report.json import standing
from mailpath.report.provenance import marks
from mailpath.report.result import Result
from mailpath.visible import visible
from mailpath.wording.layout import hanging
from mailpath.wording.phrases import count
from mailpath.wording.times import rfc3339, to_the_second, utc

SCHEMA = 1

#: Longest text of one record on a line.
_RECORD = 400

#: Area, subject, what; and lines of visible text.
_Side = tuple[tuple[str, str, str], tuple[str, ...]]

_AREAS = {
    "outcomes": "Outcomes",
    "steps": "Steps",
    "findings": "Findings",
    "hosts": "Mail hosts",
    "records": "Records",
    "zones": "Zones",
    "policy": "MTA-STS policy",
    "sessions": "Sessions",
    "certificates": "Certificates",
}


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is not as it was: the lines that went, and those that came.

    `area`: one of outcomes, steps, findings, hosts, records, zones, policy, sessions, certificates.
    `subject`: the posture, step, name, zone or host; `what`: which side of it.
    """

    area: str
    subject: str
    what: str
    old: tuple[str, ...]
    new: tuple[str, ...]


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """Two results of one path, and what changed from `old` to `new`, by area."""

    old: Result
    new: Result
    changes: tuple[Change, ...]


def compare(old: Result, new: Result) -> Difference:
    """What changed.  Pure."""
    before, after = _layout(old), _layout(new)
    changes = []
    for key in dict.fromkeys((*before, *after)):
        was, now = before.get(key, ()), after.get(key, ())
        if was == now:
            continue
        gone = tuple(line for line in was if line not in now)
        come = tuple(line for line in now if line not in was)
        if not gone and not come:
            gone, come = was, now  # the same lines, in an order that counts
        area, subject, what = key
        changes.append(Change(area=area, subject=subject, what=what, old=gone, new=come))
    changes += _stale(old.walk, new.walk)
    order = list(_AREAS)
    changes.sort(key=lambda change: order.index(change.area))
    return Difference(old=old, new=new, changes=tuple(changes))


def _stale(old: Walk, new: Walk) -> list[Change]:
    """A policy that changed under the id it had: senders fetch it anew when the id changes, or it ends."""
    was, now = old.sts, new.sts
    if was.policy is None or now.policy is None or was.policy == now.policy or was.policy_id != now.policy_id:
        return []
    told = f"{visible(now.policy_id or '')}, unchanged: senders keep the old policy (RFC 8461 section 3.1)"
    return [Change(area="policy", subject=visible(new.path.recipient), what="id", old=(), new=(told,))]


# --- a walk as lines -------------------------------------------------------------------------------


def _layout(result: Result) -> dict[tuple[str, str, str], tuple[str, ...]]:
    """Each line once, by what it is about."""
    found: dict[tuple[str, str, str], dict[str, None]] = {}
    for key, lines in _lines(result):
        found.setdefault(key, {}).update(dict.fromkeys(lines))
    return {key: tuple(lines) for key, lines in found.items()}


def _lines(result: Result) -> Iterator[_Side]:
    walk = result.walk
    for name, verdict in result.verdicts.items():
        yield ("outcomes", name, "outcome"), (_outcome(verdict),)
    for step in walk.steps:
        yield ("steps", TITLES[step.id], "result"), (f"{step.status.value.upper()}, {step.word}",)
    for finding in result.findings:
        yield ("findings", f"{finding.code} {finding.subject}", "finding"), (finding.message,)
    hosts = tuple(f"{host.preference} {visible(host.name)}" for host in walk.mx.hosts)
    yield ("hosts", visible(walk.path.recipient), "order"), hosts
    for lookup in lookups(walk):
        subject = f"{visible(lookup.name)} {lookup.rdtype}"
        yield ("records", subject, "records"), _records(lookup)
        yield ("records", subject, "security"), (lookup.security.value,)
    for zone in walk.dnssec.zones:
        yield ("zones", visible(zone.name), "status"), (zone.status.value,)
        yield ("zones", visible(zone.name), "keys"), tuple(f"{key.tag} {key.role}" for key in zone.keys)
        ds = tuple(f"{each.tag} {each.algorithm} {each.digest_type} {each.digest}" for each in zone.ds)
        yield ("zones", visible(zone.name), "DS"), ds
    yield from _policy(walk)
    for host in walk.mx.hosts:
        for address in host.addresses:
            yield from _sessions(walk, host, address)
    if walk.sts.fetch is not None and walk.sts.fetch.chain:
        yield from _certificate(visible(walk.sts.fetch.host), walk.sts.fetch.chain)


def _outcome(verdict: Verdict) -> str:
    """For example "authenticated at mx1.b.example by dane-ee"."""
    parts = (
        outcome(verdict),
        f"(may be {possible(verdict)})" if verdict.possible else "",
        f"at {visible(verdict.host)}" if verdict.host is not None else "",
        f"by {verdict.mechanism.value}" if verdict.mechanism is not Mechanism.NONE else "",
        verdict.status_code or "",
    )
    return " ".join(filter(None, parts))


def _records(lookup: Lookup) -> tuple[str, ...]:
    aliases = [f"{visible(link.owner)} {link.rdtype} {visible(link.target)}" for link in lookup.links]
    if lookup.found is Found.FOUND:
        return (*aliases, *(visible(record, limit=_RECORD) for record in lookup.records))
    return (*aliases, "(none)" if lookup.found is Found.ABSENT else "(failed)")


def _policy(walk: Walk) -> Iterator[_Side]:
    facts = walk.sts
    subject = visible(walk.path.recipient)
    yield ("policy", subject, "state"), (facts.found.value,)
    if facts.policy_id is not None:
        yield ("policy", subject, "id"), (visible(facts.policy_id),)
    if facts.policy is not None:
        yield ("policy", subject, "mode"), (facts.policy.mode,)
        yield ("policy", subject, "mx"), tuple(visible(pattern) for pattern in facts.policy.mx)
        yield ("policy", subject, "max_age"), (f"{facts.policy.max_age} s",)


def _sessions(walk: Walk, host: MxHost, address: str) -> Iterator[_Side]:
    """The session with the host's name in SNI; the one without only where it shows something else."""
    first, bare = session_at(walk, address, host.name), walk.starttls.session(address, None)
    where = f"{visible(host.name)} [{address}]"
    if first is None:
        return
    yield from _session(where, first)
    if bare is not None and bare is not first and _seen(bare) != _seen(first):
        yield from _session(f"{where} without SNI", bare)


def _seen(session: Session) -> tuple[Any, ...]:
    tls = session.tls
    return session.failed_at, session.extensions, tls and (tls.version, tls.chain)


def _session(subject: str, session: Session) -> Iterator[_Side]:
    if session.failure is not None and session.failed_at is not None:
        ended = f"{session.failure.value} at {session.failed_at.value}"
    else:
        ended = f"not tried: {visible(session.not_tried)}" if session.not_tried else "held"
    yield ("sessions", subject, "session"), (ended,)
    if session.greeting is not None and session.greeting.code is not None:
        yield ("sessions", subject, "greeting"), (str(session.greeting.code),)
    yield ("sessions", subject, "extensions"), tuple(sorted(session.extensions))
    if session.tls is not None:
        yield (
            ("sessions", subject, "TLS"),
            (f"{visible(session.tls.version)}, {visible(session.tls.cipher)}",),
        )
        yield from _certificate(subject, session.tls.chain)


def _certificate(subject: str, chain: tuple[bytes, ...]) -> Iterator[_Side]:
    if not chain:
        yield ("certificates", subject, "subject"), ("(anonymous)",)
        return
    facts = describe(chain[0])
    rows = (
        ("subject", (facts.subject,)),
        ("issuer", (facts.issuer,)),
        ("names", facts.sans),
        ("valid", (f"{utc(facts.not_before)} to {utc(facts.not_after)}",)),
        ("key", (f"{facts.key_type} {facts.key_bits} bits",)),
        ("certificate SHA-256", (facts.sha256,)),
        ("public key SHA-256", (facts.spki_sha256,)),
        ("chain", tuple(describe(der).subject or describe(der).sha256 for der in chain[1:])),
    )
    for what, lines in rows:
        yield ("certificates", subject, what), tuple(visible(line) for line in lines if line)


# --- shown -----------------------------------------------------------------------------------------


def render_text(difference: Difference) -> str:
    """The changes to read, in 80 columns; ends with a newline."""
    return "\n".join(_text(difference)) + "\n"


def _text(difference: Difference) -> Iterator[str]:
    changes = difference.changes
    number = count(len(changes), "change") if changes else "nothing changed"
    sides = {"Old": difference.old, "New": difference.new}
    doubted = [label.lower() for label, side in sides.items() if any(side.doubts.values())]
    doubt = f"; not evidence: {' and '.join(doubted)}" if doubted else ""
    yield f"{visible(difference.new.walk.path.recipient)}: {number}{doubt}"
    yield ""
    for label, side in sides.items():
        says = "the capture says " if side.provenance.replayed else ""
        yield from hanging(label, f"{says}{to_the_second(side.made)}", indent=0, column=11)
        for line in _stands(side):
            yield from hanging("", line, indent=0, column=11)
    area = subject = ""
    for change in changes:
        if change.area != area:
            area, subject = change.area, ""
            yield ""
            yield _AREAS[area]
        if change.subject != subject:
            subject = change.subject
            yield from hanging("", subject, indent=0, column=2)
        label = f"{change.what}: " if change.what not in _PLAIN else ""
        for sign, lines in (("-", change.old), ("+", change.new)):
            for line in lines:
                yield from hanging(f"    {sign}", f"{label}{line}", indent=0, column=6)


def _stands(result: Result) -> Iterator[str]:
    """Whether its verdicts are evidence, and what they rest on beside."""
    why = next((why for why in result.doubts.values() if why), "")
    if why:
        yield f"Not evidence: {why}."
        if not result.doubt:
            yield no_evidence(result)
    named = marks(result.provenance, source=not result.provenance.replayed, doubted=bool(why))
    if named:
        yield f"Note: {', '.join(named)}."


#: Sides that need no name: the subject says it.
_PLAIN = frozenset({"outcome", "result", "finding", "order", "records"})


def to_dict(difference: Difference) -> dict[str, Any]:
    """The changes as JSON has them."""
    path = difference.new.walk.path
    sides = {"old": difference.old, "new": difference.new}
    return {
        "schema": SCHEMA,
        "mailpath": difference.new.mailpath,
        "sender": path.sender,
        "recipient": path.recipient,
        **{name: rfc3339(side.made) for name, side in sides.items()},
        "stands_on": {
            # A verdict that is compared is no evidence where any is in doubt.
            name: {**standing(side), "evidence_trusted": not any(side.doubts.values())}
            for name, side in sides.items()
        },
        "changes": msgspec.to_builtins(difference.changes),
    }
