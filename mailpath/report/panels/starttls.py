"""Evidence of step 5: each session's dialogue, its TLS, and the certificates it showed."""

from __future__ import annotations

from collections.abc import Iterator

from mailpath.facts import MxHost, Reply, Session, Walk
from mailpath.match import names, pkix
from mailpath.match.names import certificate_names
from mailpath.report.panels.certificates import chain_lines
from mailpath.visible import visible

#: Lines of one reply that are shown.
MOST_REPLY_LINES = 20


def lines(walk: Walk) -> Iterator[str]:
    number = 0
    for host in walk.mx.hosts:
        for address in host.addresses:
            for session in walk.starttls.sessions:
                if session.address == address:
                    if number:
                        yield ""
                    number += 1
                    yield from _session(walk, host, session)


def _session(walk: Walk, host: MxHost, session: Session) -> Iterator[str]:
    sni = f"SNI {visible(session.sni)}" if session.sni is not None else "no SNI"
    profile = "" if session.profile.value == "full" else ", no anonymous suites"
    yield f"{visible(host.name)} [{session.address}]:{session.port}, {sni}{profile}"
    if session.not_tried:
        yield f"  not tried: {visible(session.not_tried)}"
        return
    yield from _reply("", session.greeting)
    yield from _reply("EHLO", session.ehlo)
    yield from _reply("HELO", session.helo)
    yield from _reply("STARTTLS", session.starttls)
    if session.injected:
        yield f"  <<< in the clear behind STARTTLS: {visible(session.injected)}"
    if session.tls is not None:
        yield f"  TLS: {visible(session.tls.version)}, {visible(session.tls.cipher)}, {session.tls.bits} bits"
        yield from _chain(walk, host, session.tls.chain)
    yield from _reply("EHLO (in TLS)", session.ehlo_tls)
    yield from _reply("MAIL FROM", session.mail_from)
    yield from _reply("RCPT TO", session.rcpt_to)
    if session.failure is not None:
        where = f" at {session.failed_at.value}" if session.failed_at is not None else ""
        yield f"  ended{where}: {session.failure.value}: {visible(session.detail)}"


def _reply(command: str, reply: Reply | None) -> Iterator[str]:
    if reply is None:
        return
    if command:
        yield f"  >>> {command}"
    code = "???" if reply.code is None else str(reply.code)
    for number, line in enumerate(reply.lines[:MOST_REPLY_LINES], 1):
        dash = "-" if number < len(reply.lines) else " "
        yield f"  <<< {code}{dash}{visible(line, limit=200)}"
    if not reply.lines:
        yield f"  <<< {code}"
    if len(reply.lines) > MOST_REPLY_LINES:
        yield f"  … {len(reply.lines) - MOST_REPLY_LINES} more lines"
    if reply.defect:
        yield f"      no valid reply: {visible(reply.defect)}"


def _chain(walk: Walk, host: MxHost, chain: tuple[bytes, ...]) -> Iterator[str]:
    if not chain:
        yield "  no certificate: an anonymous suite"
        return
    built = pkix.verify(chain, walk.roots, walk.at)
    trust = "leads to a trusted root" if built.trusted else f"is not trusted: {visible(built.error)}"
    named = names.any_match((host.name,), certificate_names(chain[0]), names.RFC)
    name = f"names the host ({visible(named)})" if named is not None else "does not name the host"
    yield f"  The chain {trust}; the certificate {name}."
    yield from (f"    {line}" for line in chain_lines(chain))
