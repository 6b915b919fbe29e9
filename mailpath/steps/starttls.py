"""Step 5, the panel's line: what STARTTLS gives at each MX host (RFC 3207), whatever the posture.  Pure."""

from __future__ import annotations

from mailpath.exchanges import Failure, Stage
from mailpath.facts import (
    Found,
    MxHost,
    Reply,
    Session,
    StarttlsFacts,
    Status,
    Walk,
    gave_up_early,
    not_theirs,
)
from mailpath.match import sts
from mailpath.steps.certificate import Certificate, certificate_of, dane_applies, dane_lost
from mailpath.steps.mx import unlearnt
from mailpath.steps.served import best_session, sessions_of, untried_at
from mailpath.steps.sessions import look
from mailpath.steps.step import Line, Step
from mailpath.visible import visible
from mailpath.wording.phrases import clause, sentence

_PLAIN = {
    Failure.REFUSED: "the connection is refused",
    Failure.TIMEOUT: "no answer in time",
    Failure.UNREACHABLE: "there is no route to it from here",
    Failure.RESET: "the connection was reset",
    Failure.CLOSED: "the connection was closed",
    Failure.BLOCKED: "this machine does not let the connection out",
    Failure.NOT_RECORDED: "the capture does not hold this session",
}

_NOT_HERE, _CANNOT_TELL = "NOT HERE", "CANNOT TELL"

#: Worst first; the panel shows the worst host that answered, and counts the dead.
_RANK = {Status.FAIL: 0, Status.ERROR: 1, Status.WEAK: 2, Status.PASS: 3, Status.SKIP: 4}


def line(walk: Walk) -> Line:
    """The panel's line."""
    hosts = [host for host in walk.mx.hosts if host.addresses]
    if not hosts:
        lost = (not_theirs(walk, walk.mx.lookup), *(unlearnt(walk, host) for host in walk.mx.hosts))
        why = next((each for each in lost if each), "")
        if why:
            return Status.ERROR, "NOT LEARNT", f"Which hosts to talk to was not learnt: {visible(why)}"
        return Status.SKIP, "NO HOST", "There is no mail host to talk to."
    if walk.sender.port25 is Found.BLOCKED:
        return Status.ERROR, "BLOCKED HERE", visible(walk.sender.port25_reason)
    lines = [(host, *host_line(walk, host)) for host in hosts]
    host, status, word, summary = min(lines, key=lambda line: _RANK[line[1]])
    good = sum(line[1] is Status.PASS for line in lines)
    shown = summary if len(hosts) == 1 else f"{visible(host.name)}: {summary}"
    if good and status is not Status.PASS:
        status = Status.WEAK if status is Status.ERROR and word not in (_NOT_HERE, _CANNOT_TELL) else status
        fine = "The other host is fine" if len(lines) == 2 else f"{good} of {len(lines)} hosts are fine"
        return status, word, f"{sentence(shown)} {fine}"
    return status, word, shown


def host_line(walk: Walk, host: MxHost) -> tuple[Status, str, str]:
    """Status, word and sentence for one host: its best address speaks for it."""
    session = best_session(walk, host.name, sni=host.name)
    if session is None:
        held = sessions_of(walk, host)
        status = Status.ERROR if any(each.failure is Failure.NOT_TRIED for each in held) else Status.SKIP
        why = untried_at(walk, host.name) or "no session was held"
        return status, "NOT TRIED", f"{visible(why)}."
    if session.injected:
        # Whether or not TLS came about: a sender that reads these bytes later takes them for the server's.
        shown = visible(session.injected, limit=80)
        return Status.FAIL, "INJECTION", f"clear text came behind the reply to STARTTLS: {shown}"
    if gave_up_early(walk, session) and session.failed_at is not Stage.ENVELOPE:
        if session.bound:
            return Status.ERROR, "CUT OFF", _ended(session)
        return Status.ERROR, "SLOW", f"{waited(_ended(session))}; senders wait for minutes."
    if session.tls is None:
        return _without_tls(walk, host, session)
    return _with_tls(walk, host, session)


def said(reply: Reply | None) -> str:
    """A reply as one visible line: "454 4.7.0 TLS not available"."""
    if reply is None:
        return "nothing"
    if reply.code is None:
        return visible(b" / ".join(reply.wire), limit=160)
    return visible(b"%d %s" % (reply.code, b" / ".join(reply.lines)), limit=160)


def waited(detail: str) -> str:
    """How long we waited for what, as a clause, out of the detail of a session that our limit ended."""
    return detail.rstrip(".").removesuffix("; it did not come")


def _without_tls(walk: Walk, host: MxHost, session: Session) -> tuple[Status, str, str]:
    where = session.failed_at
    if where is Stage.CONNECT:
        plain = _PLAIN.get(session.failure or Failure.TIMEOUT, visible(clause(session.detail)).rstrip("."))
        refused = session.failure in (Failure.REFUSED, Failure.RESET)
        word = "REFUSED" if refused else "NO ANSWER"
        if session.failure is Failure.UNREACHABLE:
            word = "NO ROUTE"
        if session.failure is Failure.LOCAL:
            word = _NOT_HERE
        return (
            (Status.FAIL if refused else Status.ERROR),
            word,
            f"{session.address} port {session.port}: {plain}.",
        )
    if session.greeting is None or session.greeting.code is None:
        return (
            Status.FAIL,
            "NO GREETING",
            f"It connects but does not greet: {_broken(session, session.greeting)}.",
        )
    if not session.greeting.positive:
        return Status.FAIL, f"GREETS {session.greeting.code}", f"It greets with {said(session.greeting)}."
    if session.starttls is not None and session.starttls.code is not None and not session.starttls.positive:
        return Status.FAIL, "TLS REFUSED", f"STARTTLS is announced, then answered {said(session.starttls)}."
    if session.starttls is not None and session.starttls.positive:
        return Status.FAIL, "TLS FAILS", f"The TLS handshake fails: {clause(_ended(session))}"
    if where is Stage.STARTTLS:
        return Status.FAIL, "TLS FAILS", f"The session ends at STARTTLS: {_ended(session)}."
    if session.ehlo is None or session.ehlo.code is None:
        return Status.FAIL, "NO EHLO", f"The session ends at EHLO: {_broken(session, session.ehlo)}."
    status = Status.FAIL if requires_tls(walk, host) else Status.WEAK
    if session.ehlo.code >= 400:
        answered = f"EHLO is answered {said(session.ehlo)}"
        if session.helo is None or session.helo.code != 250:
            return Status.FAIL, f"EHLO {session.ehlo.code}", f"{answered}, and HELO gets no further."
        return status, "NO EHLO", f"{answered}, so there is no STARTTLS."
    return status, "NOT OFFERED", "STARTTLS is not offered: mail travels in the clear."


def _ended(session: Session) -> str:
    plain = _PLAIN.get(session.failure) if session.failure else None
    return visible(session.detail, limit=160) or plain or "it broke off"


def _broken(session: Session, reply: Reply | None) -> str:
    """Why there is no reply here, or what is wrong with it."""
    return reply.defect if reply is not None and reply.defect else _ended(session)


def requires_tls(walk: Walk, host: MxHost) -> bool:
    """The recipient says that TLS is not optional here: usable TLSA, or an enforced policy."""
    policy = walk.sts.policy
    return dane_applies(walk, host) or (policy is not None and policy.mode == "enforce")


def _with_tls(walk: Walk, host: MxHost, session: Session) -> tuple[Status, str, str]:
    assert session.tls is not None
    version = session.tls.version.replace("TLSv1", "TLS 1") if "." in session.tls.version else "TLS 1.0"
    if session.ehlo_tls is None or session.ehlo_tls.code != 250:
        why = f"EHLO inside TLS gets {said(session.ehlo_tls)}" if session.ehlo_tls else _ended(session)
        return Status.FAIL, "LOST IN TLS", f"The session breaks after the handshake: {why}."
    certificate = certificate_of(walk, host, session)
    if not certificate.good:
        return _unauthenticated(walk, host, certificate, version)
    if version in ("TLS 1.0", "TLS 1.1"):
        return Status.WEAK, version.upper(), f"{certificate.words}, but only {version} (RFC 8996)."
    return Status.PASS, version.upper(), f"{certificate.words}, {version}."


def _unauthenticated(
    walk: Walk, host: MxHost, certificate: Certificate, version: str
) -> tuple[Status, str, str]:
    policy = walk.sts.policy
    demanded = dane_applies(walk, host) or (
        policy is not None
        and policy.mode == "enforce"
        and any(sts.mx_matches(pattern, host.name, sts.RFC) for pattern in policy.mx)
    )
    summary = f"{version}, but {clause(certificate.words)}"
    if not demanded and dane_lost(walk, host):
        return Status.ERROR, _CANNOT_TELL, f"{summary}; whether TLSA vouches for it was not learnt"
    return (Status.FAIL if demanded else Status.WEAK), certificate.word, summary


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
