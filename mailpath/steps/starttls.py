"""Step 5, the panel's line: what STARTTLS gives at each MX host (RFC 3207), whatever the posture.  Pure."""

from __future__ import annotations

from mailpath.assess.certificate import Certificate, Problem
from mailpath.assess.faults import our_fault
from mailpath.assess.reached import Reached, told, waited, why_ended
from mailpath.assess.sessions import cut_off, why_untried
from mailpath.assess.standing import (
    OUTDATED,
    authentication_demanded,
    certificate_demanded,
    enforced,
    standing_of,
    tls_demanded,
    tls_name,
)
from mailpath.assess.tlsa import dane_lost, failed_lookup, tlsa_of
from mailpath.exchanges import Failure, Stage
from mailpath.facts import Found, MxHost, Session, StarttlsFacts, Status, Walk, gave_up_early
from mailpath.steps.mx import unlearnt
from mailpath.steps.sessions import look
from mailpath.steps.step import Line, Step
from mailpath.visible import visible
from mailpath.wording.phrases import clause, sentence

_NOT_HERE, _CANNOT_TELL = "LOCAL ERROR", "UNKNOWN"

#: Worst first; the panel shows the worst host that answered, and counts the dead.
_RANK = {Status.FAIL: 0, Status.ERROR: 1, Status.WEAK: 2, Status.PASS: 3, Status.SKIP: 4}

#: What a session that came no further is called; all of them FAIL.
_WORDS = {
    Reached.NO_GREETING: "NO GREETING",
    Reached.NOT_SMTP: "NO GREETING",
    Reached.EHLO_LOST: "NO EHLO",
    Reached.STARTTLS_LOST: "TLS FAILS",
    Reached.STARTTLS_REFUSED: "TLS REFUSED",
    Reached.HANDSHAKE_FAILED: "TLS FAILS",
    Reached.LOST_IN_TLS: "TLS BREAKS",
    Reached.REFUSED_IN_TLS: "TLS BREAKS",
}
_CONNECTS: dict[Failure | None, str] = {
    Failure.REFUSED: "REFUSED",
    Failure.RESET: "REFUSED",
    Failure.UNREACHABLE: "NO ROUTE",
}
_UNSEEN: dict[Failure | None, str] = {
    Failure.LOCAL: _NOT_HERE,
    Failure.BLOCKED: "NO ANSWER",
    Failure.NOT_RECORDED: "NO ANSWER",
}
_CERTIFICATES = {
    Problem.UNVOUCHED: "HALF DANE",
    Problem.NOT_YET_VALID: "NOT YET VALID",
    Problem.SELF_SIGNED: "SELF-SIGNED",
    Problem.INCOMPLETE: "UNTRUSTED",
    Problem.WEAK: "UNTRUSTED",
    Problem.WRONG_NAME: "WRONG NAME",
}


def line(walk: Walk) -> Line:
    """The panel's line."""
    hosts = [host for host in walk.mx.hosts if host.addresses]
    if not hosts:
        lost = (our_fault(walk, walk.mx.lookup), *(unlearnt(walk, host) for host in walk.mx.hosts))
        why = next((each for each in lost if each), "")
        if why:
            return Status.ERROR, "UNKNOWN", f"It is unknown which hosts to connect to: {visible(why)}"
        return Status.SKIP, "NO HOST", "There is no mail host to connect to."
    if walk.sender.port25 is Found.BLOCKED:
        return Status.ERROR, "BLOCKED HERE", visible(walk.sender.port25_reason)
    lines = [(host, *host_line(walk, host)) for host in hosts]
    host, status, word, summary = min(lines, key=lambda line: _RANK[line[1]])
    good = sum(line[1] is Status.PASS for line in lines)
    shown = summary if len(hosts) == 1 else f"{visible(host.name)}: {summary}"
    if good and status is not Status.PASS:
        status = Status.WEAK if status is Status.ERROR and word not in (_NOT_HERE, _CANNOT_TELL) else status
        fine = "The other host works" if len(lines) == 2 else f"{good} of {len(lines)} hosts work"
        return status, word, f"{sentence(shown)} {fine}"
    return status, word, shown


def host_line(walk: Walk, host: MxHost) -> tuple[Status, str, str]:
    """Status, word and sentence for one host: the address at which mail would be left speaks for it."""
    standing = standing_of(walk, host)
    if standing is None:
        status = Status.ERROR if cut_off(walk, host) else Status.SKIP
        return status, "NOT TRIED", f"{visible(why_untried(walk, host)) or 'there was no session'}."
    session = standing.session
    if session.injected:
        # Whether or not TLS came about: a sender that reads these bytes later takes them for the server's.
        shown = visible(session.injected, limit=80)
        return Status.FAIL, "INJECTION", f"clear text followed the reply to STARTTLS: {shown}"
    if gave_up_early(walk, session) and session.failed_at is not Stage.ENVELOPE:
        if session.bound:
            return Status.ERROR, "CUT OFF", why_ended(session)
        return (
            Status.ERROR,
            "SLOW",
            f"{waited(session)}; senders wait for minutes.",
        )
    if standing.reached is Reached.UP and standing.certificate is not None:
        return _in_tls(walk, host, standing.version, standing.certificate)
    return _without_tls(walk, host, session, standing.reached)


def _without_tls(walk: Walk, host: MxHost, session: Session, far: Reached) -> tuple[Status, str, str]:
    summary = told(session)
    if far is Reached.NOT_SEEN:
        word = _UNSEEN.get(session.failure, _CANNOT_TELL)
        return Status.ERROR, word, f"{session.address} port {session.port}: {summary}"
    if far is Reached.NO_CONNECT:
        word = _CONNECTS.get(session.failure, "NO ANSWER")
        return (Status.FAIL if word == "REFUSED" else Status.ERROR), word, f"{session.address} {summary}"
    if far is Reached.NOT_OFFERED:
        status = Status.FAIL if tls_demanded(walk, host) else Status.WEAK
        if session.ehlo is not None and session.ehlo.positive:
            return status, "NOT OFFERED", f"{summary}: mail travels in the clear."
        return status, "NO EHLO", summary
    reply = {Reached.GREETING_REFUSED: session.greeting, Reached.EHLO_REFUSED: session.ehlo}.get(far)
    if reply is not None:
        return Status.FAIL, f"{'EHLO' if reply is session.ehlo else 'GREETS'} {reply.code}", summary
    return Status.FAIL, _WORDS[far], summary


def _in_tls(walk: Walk, host: MxHost, spoken: str, seen: Certificate) -> tuple[Status, str, str]:
    version = tls_name(spoken)
    if spoken in OUTDATED and seen.good:
        status = Status.FAIL if authentication_demanded(walk, host) else Status.WEAK
        return status, version.upper(), f"{seen.words}, but only {version} (RFC 8996)."
    if seen.problem is None:
        return Status.PASS, version.upper(), f"{seen.words}, {version}."
    summary = f"{version}, but {clause(seen.words)}"
    half = seen.problem is Problem.UNVOUCHED and not enforced(walk, host) and spoken not in OUTDATED
    demanded = authentication_demanded(walk, host) and not half
    demanded |= seen.problem is Problem.ANONYMOUS and certificate_demanded(walk, host)
    lost = dane_lost(walk, host) or failed_lookup(tlsa_of(walk, host.name)) is not None
    if not demanded and lost:
        return Status.ERROR, _CANNOT_TELL, f"{summary}; it is unknown whether TLSA records vouch for it"
    word = _CERTIFICATES.get(seen.problem, seen.problem.name)
    return (Status.FAIL if demanded else Status.WEAK), word, summary


STEP = Step(
    attribute="starttls",
    facts=StarttlsFacts,
    look=look,
    after=("mx",),
    line=line,
    last=True,
    asks=frozenset({"SMTP"}),
    rests_on="roots",
)
