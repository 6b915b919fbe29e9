"""Findings on the SMTP sessions (step 5): what each address answers, up to TLS."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from mailpath.assess.reached import Reached, quoted, reached, told, waited, why_ended
from mailpath.assess.sessions import got_through, session_at, with_certificate
from mailpath.assess.standing import OUTDATED, name_sent, tls_demanded
from mailpath.exchanges import Failure, Stage
from mailpath.facts import Found, MxHost, Reply, Session, Walk, gave_up_early
from mailpath.facts.findings import Finding, Severity
from mailpath.findings import certificates
from mailpath.findings.catalogue import REFUSALS, finding
from mailpath.judge import Outcome
from mailpath.judge.reachable import BEST_FOR_ATTACKER, each_only_reachable
from mailpath.judge.reply_parsing import is_pix_banner
from mailpath.judge.rules import RFC
from mailpath.visible import visible

#: What firewalls make of a keyword in an EHLO reply, and of a command that a server then quotes.
_CROSSED_OUT = re.compile(r"X{3,}[A-Z]?\Z")
_MASKED = re.compile(rb"(?<![A-Za-z0-9])X{4,}[A-Z]?(?![A-Za-z0-9])")

#: Replies with which servers refuse the name in EHLO (RFC 5321 sections 4.1.1.1 and 4.2.3): its syntax, or
#: whom it names.  500 and 502 refuse the command itself.
_NAME_DOUBTED = frozenset({501, 504, 550, 553, 554})
_OF_THE_NAME = (
    "The server most likely refuses the name that was given in EHLO. Without EHLO there is no STARTTLS; a"
    " mail server that gives another name may fare better."
)
#: Replies to STARTTLS that mean what another does (RFC 5321 section 4.2.2).
_SAME_KIND = {"502": "500", "504": "501"}
#: What a session that came no further is.
_ENDS = {
    Reached.NO_GREETING: "TLS018",
    Reached.NOT_SMTP: "TLS019",
    Reached.GREETING_REFUSED: "TLS016",
    Reached.EHLO_LOST: "TLS018",
    Reached.STARTTLS_LOST: "TLS004",
    Reached.STARTTLS_REFUSED: "TLS003",
    Reached.HANDSHAKE_FAILED: "TLS004",
    Reached.LOST_IN_TLS: "TLS018",
    Reached.REFUSED_IN_TLS: "TLS018",
}


def find(walk: Walk) -> Iterator[Finding]:
    answered = any(got_through(session) for session in walk.starttls.sessions)
    for host in walk.mx.hosts:
        yield from _merged(_host(walk, host, answered))
    yield from _weaker(walk)


def _merged(findings: Iterable[tuple[str, Finding]]) -> Iterator[Finding]:
    """Findings that differ in nothing but the address become one that names all addresses."""
    groups: dict[Finding, list[str]] = {}
    for address, each in findings:
        groups.setdefault(each, []).append(address)
    for each, addresses in groups.items():
        where = ", ".join(dict.fromkeys(addresses))
        yield msgspec.structs.replace(each, message=f"{each.subject} ({where}): {each.message}")


def _host(walk: Walk, host: MxHost, answered: bool) -> Iterator[tuple[str, Finding]]:
    for address in host.addresses:
        for each in _address(walk, host, address, answered):
            yield address, each


def _speaks_at(walk: Walk, host: MxHost, address: str) -> Session | None:
    return session_at(walk, address, name_sent(walk, host))


def _address(walk: Walk, host: MxHost, address: str, answered: bool) -> Iterator[Finding]:
    name = visible(host.name)
    session = _speaks_at(walk, host, address)
    if session is None:
        return
    if session.not_tried:
        if address not in host.special:
            yield finding("TLS022", name, f"not tried: {visible(session.not_tried)}.")
        return
    if session.failure is Failure.NOT_RECORDED:
        yield finding("TLS024", name, "the capture does not contain this session.")
        return
    if session.failed_at is Stage.CONNECT or reached(session) is Reached.NO_CONNECT:
        if walk.sender.port25 is not Found.BLOCKED:
            yield _unanswered(walk, host, session, answered)
        return
    yield from _sni(walk, host, session)
    yield from _rewritten(name, session)
    yield from _ended(walk, host, session)
    if session.tls is not None:
        yield from _in_tls(walk, host, session)


def _unanswered(walk: Walk, host: MxHost, session: Session, answered: bool) -> Finding:
    name, text = visible(host.name), f"port {session.port}: {why_ended(session)}"
    if session.failure in (Failure.UNREACHABLE, Failure.LOCAL):
        # Where no session got out at all, nothing is known of the path.
        severity = Severity.INFO if answered else Severity.WARNING
        return finding("TLS020", name, f"{text}.", severity=severity, got=text)
    others = [_speaks_at(walk, host, address) for address in host.addresses]
    spoke = any(other is not None and got_through(other) for other in others)
    severity = Severity.WARNING if spoke else Severity.ERROR
    return finding("TLS001", name, f"{text}.", severity=severity, got=text)


def _ended(walk: Walk, host: MxHost, session: Session) -> Iterator[Finding]:
    """Why the session came no further than it did; nothing where TLS is up."""
    name, far = visible(host.name), reached(session)
    if session.injected:
        shown = visible(session.injected, limit=120)
        yield finding("TLS005", name, "clear text followed the reply to STARTTLS.", got=shown)
    early = gave_up_early(walk, session) and session.failed_at is not Stage.ENVELOPE
    if early and far is not Reached.NOT_SMTP:
        rest = "" if session.bound else "; senders wait for minutes"
        yield finding(
            "TLS027",
            name,
            f"{waited(session)}{rest}.",
            got=why_ended(session),
        )
    elif far is Reached.NOT_OFFERED and not _hides(session):
        yield _not_offered(walk, host, session)
    elif far is Reached.EHLO_REFUSED:
        yield _ehlo_refused(walk, name, session)
    elif far in _ENDS and not (session.injected and far is Reached.HANDSHAKE_FAILED):
        junk = far is Reached.NO_GREETING and session.failure is Failure.PROTOCOL
        replies = {
            Reached.NOT_SMTP: session.greeting,
            Reached.GREETING_REFUSED: session.greeting,
            Reached.STARTTLS_REFUSED: session.starttls,
        }
        got = quoted(replies[far]) if far in replies else why_ended(session)
        offered = "250-STARTTLS" if Reached.STARTTLS_LOST <= far <= Reached.HANDSHAKE_FAILED else ""
        code = "TLS019" if junk else _ENDS[far]
        means, fix = _refusal(session.starttls) if far is Reached.STARTTLS_REFUSED else ("", "")
        if code == "TLS004" and any(_rewritten(name, session)):
            means, fix = REFUSALS["rewritten"]["meaning"], REFUSALS["rewritten"]["fix"]
        yield finding(code, name, f"{told(session)}.", found=offered, got=got, means=means, fix=fix)


def _refusal(reply: Reply | None) -> tuple[str, str]:
    """What this reply to STARTTLS means, and how to mend it: by its code, or what that begins with."""
    code = str(reply.code or "") if reply is not None else ""
    keys = (_SAME_KIND.get(code, code), code[:1])
    entry = next((REFUSALS[key] for key in keys if key in REFUSALS), {})
    return entry.get("meaning", ""), entry.get("fix", "")


def _rewritten(name: str, session: Session) -> Iterator[Finding]:
    """Signs of a firewall that inspects SMTP, wherever they show and whatever works all the same."""
    keyword = next((word for word in session.extensions if _CROSSED_OUT.match(word)), None)
    masked = next((each for each in (session.ehlo, session.starttls) if each and _quotes_masked(each)), None)
    if masked is not None:
        command = "STARTTLS" if masked is session.starttls else "EHLO"
        message = f"the command {command} arrives as Xs: it is answered with {quoted(masked)}."
        yield finding("TLS021", name, message, got=quoted(masked))
    elif keyword is not None:
        crossed = visible(keyword)
        message = (
            f"the EHLO reply says {crossed} where {'STARTTLS' if _hides(session) else 'a keyword'} would be."
        )
        yield finding("TLS021", name, message, got=f"EHLO: {_keywords(session)}")
    elif session.greeting is not None and _is_overwritten(session.greeting):
        message = "the greeting is overwritten with asterisks."
        yield finding("TLS021", name, message, got=quoted(session.greeting))


def _quotes_masked(reply: Reply) -> bool:
    return not reply.positive and any(_MASKED.search(line) for line in reply.lines)


def _is_overwritten(greeting: Reply) -> bool:
    return is_pix_banner(greeting) and sum(line.count(b"*") for line in greeting.lines) > 1


def _hides(session: Session) -> bool:
    """In place of STARTTLS there is a keyword of its length that was overwritten."""
    lengths = [len(word) for word in session.extensions if _CROSSED_OUT.match(word)]
    return len("STARTTLS") in lengths and reached(session) is Reached.NOT_OFFERED


def _keywords(session: Session) -> str:
    return visible(", ".join(session.extensions[:12])) or "no extensions"


def _not_offered(walk: Walk, host: MxHost, session: Session) -> Finding:
    name = visible(host.name)
    if session.ehlo is not None and not session.ehlo.positive:
        return _ehlo_refused(walk, name, session)
    demanded = " (its TLSA records or the policy require it)" if tls_demanded(walk, host) else ""
    return finding("TLS002", name, f"STARTTLS is not offered{demanded}.", got=f"EHLO: {_keywords(session)}")


def _ehlo_refused(walk: Walk, name: str, session: Session) -> Finding:
    """With the name that we gave: many a server takes exception to that alone."""
    assert session.ehlo is not None
    given = visible(walk.sender.ehlo)
    doubted = session.ehlo.code in _NAME_DOUBTED and bool(given)
    return finding(
        "TLS017",
        name,
        f"{told(session)}.",
        found=f"EHLO {given}" if given else "",
        got=quoted(session.ehlo),
        means=_OF_THE_NAME if doubted else "",
        fix=f"Walk again with --ehlo NAME: a host name that leads to the address you connect from, and not"
        f" {given}. If every name is refused, look for a firewall that rewrites SMTP."
        if doubted
        else "",
    )


def _in_tls(walk: Walk, host: MxHost, session: Session) -> Iterator[Finding]:
    assert session.tls is not None
    name = visible(host.name)
    if session.tls.version in OUTDATED:
        shown = OUTDATED[session.tls.version]
        yield finding(
            "TLS006",
            name,
            f"it supports nothing newer than {shown}.",
            got=f"{shown}, {session.tls.cipher}",
        )
    if not session.tls.chain:
        suite = visible(session.tls.cipher)
        yield finding("TLS007", name, f"it chooses the anonymous suite {suite}.", got=suite)
        session = with_certificate(walk, session.address, session.sni) or session
    yield from certificates.find(walk, host, session)


def _sni(walk: Walk, host: MxHost, session: Session) -> Iterator[Finding]:
    bare = walk.starttls.session(session.address, None)
    if session.sni is None or bare is None or bare.not_tried:
        return
    if bare.failure in (Failure.NOT_RECORDED, Failure.LOCAL):
        return
    if any(each.tls is None and gave_up_early(walk, each) for each in (session, bare)):
        return
    name = visible(host.name)
    with_name, without = _leaf(session), _leaf(bare)
    if with_name == without:
        return
    if session.tls is not None and bare.tls is None:
        text = f"without SNI there is no TLS: {told(bare)}"
    elif session.tls is None and bare.tls is not None:
        text = f"with SNI {visible(session.sni)} there is no TLS: {told(session)}"
    else:
        text = "without SNI, it presents another certificate"
    yield finding(
        "TLS014",
        name,
        f"{text}.",
        found=f"SNI {visible(session.sni)}: {certificates.named(with_name)}",
        got=f"no SNI: {certificates.named(without)}",
    )


def _leaf(session: Session) -> bytes | None:
    return session.tls.chain[0] if session.tls is not None and session.tls.chain else None


def without_requiretls(walk: Walk) -> Iterator[Finding]:
    """Hosts of which no server announces REQUIRETLS inside TLS; no error where another host does."""
    secured = [session for session in walk.starttls.sessions if session.ehlo_tls is not None]
    ready = {session.address for session in secured if session.requiretls}
    some = any(address in ready for host in walk.mx.hosts for address in host.addresses)
    for host in walk.mx.hosts:
        spoke = any(session.address in host.addresses for session in secured)
        if spoke and not ready.intersection(host.addresses):
            name = visible(host.name)
            severity = Severity.WARNING if some else Severity.ERROR
            yield finding("TLS026", name, f"{name} does not offer REQUIRETLS.", severity=severity)


# --- hosts held against each other -----------------------------------------------------------------

_LEVELS = {
    Outcome.PLAINTEXT: "in the clear",
    Outcome.ENCRYPTED: "encrypted but not authenticated",
    Outcome.AUTHENTICATED: "authenticated",
}


def _weaker(walk: Walk) -> Iterator[Finding]:
    """Hosts that a sender leaves its mail at less well protected than at another one, if an attacker sees to
    it: the judge is asked, for a host that such a sender refuses is of no use to the attacker.
    """
    if len(walk.mx.hosts) < 2:
        return
    ends = {host: verdict.outcome for host, verdict in each_only_reachable(walk, RFC)}
    known = {host: outcome for host, outcome in ends.items() if outcome in _LEVELS}
    best = max(known.values(), default=Outcome.PLAINTEXT, key=BEST_FOR_ATTACKER.index)
    strong = ", ".join([visible(host) for host, outcome in known.items() if outcome is best][:3])
    for host, outcome in known.items():
        if outcome is not best:
            shown = visible(host)
            yield finding(
                "TLS015",
                shown,
                f"{shown} is weaker than {strong}: mail to it is {_LEVELS[outcome]}.",
                found=f"{strong}: {_LEVELS[best]}",
                got=f"{shown}: {_LEVELS[outcome]}",
            )
