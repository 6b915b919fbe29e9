"""Mail servers as their sessions showed them: one table of the scenario for each address."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Any

import msgspec
from msgspec.structs import replace

from mailpath.exchanges import Failure, SmtpExchange, Stage, TlsProfile
from mailpath.facts import Reply
from mailpath.lab.grammar import RAW, REPLY, Server, TlsLimits
from mailpath.match.hosts import is_address
from mailpath.network.capture import Capture
from mailpath.network.replies import dialogue
from mailpath.rehearse.certificates import Certificates
from mailpath.rehearse.notes import Notes, is_plain, relative

_ENDED = (Failure.CLOSED, Failure.RESET)
_KEYWORD = re.compile(rb"\s*(STARTTLS|REQUIRETLS)\b", re.IGNORECASE)
_VERSIONS = {"TLSv1": "1.0", "TLSv1.1": "1.1", "TLSv1.2": "1.2"}
#: Seconds that somebody would notice, and the most that a scenario can say.
_NOTICED, _LONGEST = 0.5, 60.0


class Address(msgspec.Struct, frozen=True):
    """Names that have this address, and the TTL of its record."""

    owners: tuple[str, ...]
    ttl: int


class Drawer:
    """Draws the servers of one capture."""

    def __init__(self, capture: Capture, certificates: Certificates, notes: Notes) -> None:
        self._domain = capture.path.recipient
        self._certificates = certificates
        self._notes = notes
        self._held: dict[str, list[SmtpExchange]] = {}
        for exchange in capture.smtp:
            if not is_address(exchange.request.address):
                notes.add(exchange.request.address, "the session was held with what is no address")
                continue
            self._held.setdefault(exchange.request.address, []).append(exchange)

    @property
    def drawn(self) -> frozenset[str]:
        """The addresses that its servers bring with them."""
        return frozenset(self._held)

    def draw(self, addresses: dict[str, Address]) -> tuple[Server, ...]:
        """Servers by address, ascending; an IPv6 address like the IPv4 one of its host shares its table."""
        drawn: list[Server] = []
        for text in sorted(self._held, key=lambda each: (ip_address(each).version, ip_address(each))):
            if text not in addresses:
                self._notes.add(text, "no name led there, so there is no server of a name to stand for it")
                continue
            server = self._server(text, addresses[text])
            twin = next((number for number, each in enumerate(drawn) if _are_twins(each, server)), None)
            if twin is not None:
                drawn[twin] = replace(drawn[twin], v6=True)
            else:
                drawn.append(server)
        return tuple(drawn)

    def _server(self, text: str, address: Address) -> Server:
        host, *others = address.owners
        v6 = ip_address(text).version == 6
        server = Server(
            host=relative(host, self._domain),
            a=not v6,
            v6=v6,
            ttl=address.ttl,
            also=tuple(relative(name, self._domain) for name in others),
        )
        sessions = [each for each in self._held[text] if each.request.envelope is None]
        if not sessions:
            return server
        base = min(
            sessions, key=lambda each: (each.request.profile is not TlsProfile.FULL, bool(each.request.sni))
        )
        if base.failed_at is Stage.CONNECT or (not base.transcript and base.failure not in _ENDED):
            return replace(server, **self._unreached(base, host))
        said = self._clear(base, host) | self._pauses(base, host)
        if dialogue(base).starttls is not None:
            said |= self._secured(sessions, base, host)
        said |= self._envelope(self._held[text], host)
        return replace(server, **said)

    def _unreached(self, base: SmtpExchange, host: str) -> dict[str, Any]:
        if base.failure is Failure.REFUSED:
            return {"listen": "refused"}
        if base.failure is not Failure.TIMEOUT:
            told = base.failure.value if base.failure is not None else "nothing"
            self._notes.add(host, f"the connection ended with {told}; in the lab it gets no answer")
        return {"listen": "blackhole"}

    # --- in the clear ------------------------------------------------------------------------------

    def _clear(self, base: SmtpExchange, host: str) -> dict[str, Any]:
        """Greeting, EHLO and what became of STARTTLS."""
        found, said = dialogue(base), dict[str, Any]()
        if found.greeting is None:
            return {"banner": self._ending(base, host)}
        greeting = self._reply(found.greeting, host)
        if greeting != f"220 {host} ESMTP":
            said["banner"] = greeting
        if base.failed_at is Stage.GREETING:
            return said
        if found.ehlo is None and base.failure is None:
            return said  # greeted so that nobody goes on
        if found.ehlo is None:
            return said | {"ehlo_reply": self._ending(base, host)}
        if not found.ehlo.positive:
            said["ehlo_reply"] = self._reply(found.ehlo, host)
            if found.helo is not None and not found.helo.positive:
                said["helo"] = self._reply(found.helo, host)
            elif found.helo is None and base.failed_at is Stage.EHLO:
                said["helo"] = self._ending(base, host)
            return said | {"starttls": "absent"}
        said |= self._keywords(found.ehlo, host)
        offered = any(_keyword(line) == b"STARTTLS" for line in found.ehlo.lines[1:])
        if not offered:
            return said | {"starttls": "absent"}
        if found.starttls is None:
            ended = {"close": "drop", "silent": "silent"}[self._ending(base, host)]
            return said | {"starttls": ended}
        reply = self._reply(found.starttls, host)
        if reply != "220 2.0.0 ready to start TLS":
            said["starttls"] = reply
        if base.injected:
            said["inject"] = self._notes.text(host, base.injected)
        return said

    def _keywords(self, ehlo: Reply, host: str) -> dict[str, Any]:
        lines = [self._notes.text(host, line) for line in ehlo.lines[1:] if not _keyword(line)]
        said: dict[str, Any] = {}
        if tuple(lines) != _USUAL.ehlo:
            said["ehlo"] = tuple(lines)
        name = self._notes.text(host, ehlo.lines[0]) if ehlo.lines else ""
        if name != host:
            said["name"] = name
        return said

    def _ending(self, base: SmtpExchange, host: str) -> str:
        """How a session ended where a reply was due."""
        if base.failure is Failure.TIMEOUT:
            return "silent"
        if base.failure is not Failure.CLOSED:
            told = base.failure.value if base.failure is not None else "nothing"
            self._notes.add(host, f"a session ended with {told}; in the lab the server closes it")
        return "close"

    def _reply(self, reply: Reply, host: str) -> str:
        """A reply as the grammar writes it."""
        text = self._notes.text(host, b"\r\n".join(reply.wire))
        return text if reply.code is not None and REPLY.match(text) else f"{RAW}{text}\r\n"

    def _pauses(self, base: SmtpExchange, host: str) -> dict[str, Any]:
        """How long the server took for its answers."""
        pauses: dict[str, float] = {}
        point, since = "GREETING", 0.0
        for chunk in base.transcript:
            if chunk.sent:
                verb = chunk.data[:8].upper().decode("ascii", "replace").split(" ")[0].strip()
                point, since = "EHLO-TLS" if chunk.tls and verb == "EHLO" else verb, chunk.at_ms
            elif point:
                waited = (chunk.at_ms - since) / 1000
                if waited >= _NOTICED and point in _POINTS:
                    pauses[point] = round(min(waited, _LONGEST), 1)
                    if waited > _LONGEST:
                        self._notes.add(
                            host, f"it took longer than a minute to answer {point}; here a minute"
                        )
                point = ""
        return {"pause": pauses} if pauses else {}

    # --- in TLS ------------------------------------------------------------------------------------

    def _secured(self, sessions: list[SmtpExchange], base: SmtpExchange, host: str) -> dict[str, Any]:
        """Handshake and EHLO inside TLS."""
        good = [each for each in sessions if each.tls is not None]
        if not good:
            return self._no_handshake(base, host) if base.failed_at is Stage.HANDSHAKE else {}
        said: dict[str, Any] = {"tls": self._limits(good, host)}
        said |= self._presented(sessions, host)
        inner = next((each for each in good if each.request.sni is None), good[0])
        found = dialogue(inner)
        if found.ehlo_tls is None:
            return said | {
                "after_tls": {"close": "close-ehlo", "silent": "silent"}[self._ending(inner, host)]
            }
        if not found.ehlo_tls.positive:
            return said | {"after_tls": self._reply(found.ehlo_tls, host)}
        said["requiretls"] = any(_keyword(line) == b"REQUIRETLS" for line in found.ehlo_tls.lines[1:])
        kept = [line for line in found.ehlo_tls.lines[1:] if _keyword(line) != b"REQUIRETLS"]
        clear = [
            line for line in (found.ehlo.lines[1:] if found.ehlo else ()) if _keyword(line) != b"STARTTLS"
        ]
        if kept != clear:
            said["ehlo_tls"] = tuple(self._notes.text(host, line) for line in kept)
        return said

    def _no_handshake(self, base: SmtpExchange, host: str) -> dict[str, Any]:
        if base.failure is Failure.TLS_ALERT:
            self._notes.add(
                host, f"its handshake ended with an alert ({base.detail}); here the server closes it"
            )
        silent, junk = base.failure is Failure.TIMEOUT, base.failure is Failure.TLS
        return {"starttls": "hang" if silent else "garbage" if junk else "abort"}

    def _limits(self, good: list[SmtpExchange], host: str) -> TlsLimits:
        sessions = [each.tls for each in good if each.tls is not None]
        if any(each.version == "TLSv1.3" for each in sessions):
            return TlsLimits()
        version = max(_VERSIONS.get(each.version, "1.2") for each in sessions)
        suites = list(dict.fromkeys(each.cipher for each in sessions if not each.cipher.startswith("ECDHE-")))
        usable = [each for each in suites if _can_serve(each)]
        if usable != suites:
            self._notes.add(host, "its TLS suites are none that the lab can serve; others stand for them")
        # An address that also showed a common suite must go on offering one.
        common = len(suites) < len({each.cipher for each in sessions})
        names = [*usable, *(["DEFAULT"] if common else [])]
        return TlsLimits(max=version, ciphers=":".join(names) if usable else None)  # type: ignore[arg-type]

    def _presented(self, sessions: list[SmtpExchange], host: str) -> dict[str, Any]:
        """Which certificate the server shows, by SNI."""
        chains = {
            each.request.sni: each.tls.chain
            for each in sorted(sessions, key=lambda each: each.request.profile is TlsProfile.FULL)
            if each.tls is not None and each.tls.chain
        }
        refused = {each.request.sni for each in sessions if each.failed_at is Stage.HANDSHAKE} - chains.keys()
        if not chains:
            return {}
        usual = chains.get(None) or next(iter(chains.values()))
        named = {sni: chain for sni, chain in chains.items() if sni is not None}
        differing = {sni: chain for sni, chain in named.items() if chain != usual or refused - {None}}
        said: dict[str, Any] = {"cert": self._certificates.draw(usual, host)}
        said["sni"] = {
            f"{sni}.": self._certificates.draw(chain, host)
            for sni, chain in differing.items()
            if sni is not None and is_plain(sni)
        }
        said["sni_required"] = None in refused
        said["sni_reject_unknown"] = bool(refused - {None})
        return said

    def _envelope(self, sessions: Iterable[SmtpExchange], host: str) -> dict[str, Any]:
        """What the server said to MAIL and RCPT, where an envelope was tried."""
        said: dict[str, Any] = {}
        for each in sessions:
            if each.request.envelope is None:
                continue
            found = dialogue(each)
            for key, reply in (("mail", found.mail_from), ("rcpt", found.rcpt_to)):
                if reply is not None and not reply.positive:
                    said[key] = self._reply(reply, host)
            if each.failed_at is Stage.ENVELOPE:
                said["rcpt" if found.mail_from is not None else "mail"] = self._ending(each, host)
        return said


_POINTS = frozenset({"GREETING", "EHLO", "HELO", "STARTTLS", "MAIL", "RCPT", "QUIT", "EHLO-TLS"})
_USUAL = Server(host="@")


def _keyword(line: bytes) -> bytes:
    """STARTTLS or REQUIRETLS, if `line` announces one of them; b"" otherwise."""
    match = _KEYWORD.match(line)
    return match[1].upper() if match else b""


def _can_serve(cipher: str) -> bool:
    """Whether the lab's TLS knows the suite and has what it needs; no finite field is set up there."""
    if cipher.startswith(("DHE-", "ADH-", "DH-", "EDH-")):
        return False
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).set_ciphers(f"{cipher}:@SECLEVEL=0")
    except (ssl.SSLError, ValueError):
        return False
    return True


def _are_twins(one: Server, other: Server) -> bool:
    """Whether `other`, an IPv6 address, is as `one`, the IPv4 one of the same host."""
    return one.a and not one.v6 and other.v6 and one == replace(other, a=True, v6=False)
