"""What each family of servers logs, and with which enhanced status code (RFC 3463): data.

Postfix's and Exim's sentences are those of their own logs, as observed; the family `rfc` has no log and
says in plain words what a sender that follows the standards would report.  `{...}` are filled in by
`Scene`; foreign words have passed `visible()` before they get here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

import msgspec

from mailpath.exchanges import Failure
from mailpath.facts import Reply
from mailpath.judge.agent import Family
from mailpath.judge.events import NOT_VERIFIED, Event
from mailpath.visible import visible

#: Longest piece of a server's reply that is quoted, in characters.
QUOTE = 400

_ENHANCED = re.compile(rb"([245])\.(\d{1,3})\.(\d{1,3})(?:\s|\Z)")


class Sentence(msgspec.Struct, frozen=True):
    """`code` "": taken from the server's reply; "{last}": that of the last host looked up; None: none."""

    text: str
    code: str | None = ""


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """What a sentence may speak of, as visible text.  `last`: the sentence of the last host looked up;
    `required`: the configuration alone requires TLS.
    """

    domain: str = ""
    host: str = ""
    address: str = ""
    port: int = 25
    reply: str = ""
    why: str = ""
    rrtype: str = ""
    timed_out: bool = False
    required: bool = False
    last: str = ""
    word: str = ""
    version: str = ""
    cipher: str = ""
    bits: int = 0


_NAME_SERVICE = "Host or domain name not found. Name service error for name="

POSTFIX: Mapping[Event, Sentence] = {
    Event.MX_FAILED: Sentence(_NAME_SERVICE + "{domain} type=MX: Host not found, try again", "4.4.3"),
    Event.NULL_MX: Sentence("Domain {domain} does not accept mail (nullMX)", "5.1.0"),
    Event.NO_ADDRESS: Sentence(
        _NAME_SERVICE + "{domain} type=AAAA: Host found but no data record of requested type", "5.4.4"
    ),
    Event.NO_SUCH_DOMAIN: Sentence(_NAME_SERVICE + "{domain} type=AAAA: Host not found", "5.4.4"),
    Event.MX_INVALID: Sentence("Name service error for {domain}: invalid host or domain name", "5.4.4"),
    Event.HOST_FAILED: Sentence(_NAME_SERVICE + "{host} type={rrtype}: Host not found, try again", "4.4.3"),
    Event.HOST_NOT_FOUND: Sentence(_NAME_SERVICE + "{host} type=AAAA: Host not found", "5.4.4"),
    Event.HOST_WITHOUT_ADDRESS: Sentence(
        _NAME_SERVICE + "{host} type=AAAA: Host found but no data record of requested type", "5.4.4"
    ),
    Event.HOST_INVALID: Sentence(
        _NAME_SERVICE + "{host} type=AAAA: Malformed or unexpected name server reply", "5.4.4"
    ),
    Event.HOST_IS_LITERAL: Sentence(_NAME_SERVICE + "{host} type=AAAA: Host not found", "5.4.4"),
    Event.NO_HOST_FOUND: Sentence("{last}", "{last}"),
    Event.SOME_HOST_FAILED: Sentence("{last}", "{last}"),
    Event.TLSA_FAILED: Sentence("TLSA lookup error for {host}:{port}", "4.7.5"),
    Event.TLSA_MISSING: Sentence("no TLSA records found", "4.7.5"),
    Event.TLSA_UNUSABLE: Sentence("TLSA records unusable", "4.7.5"),
    Event.NOT_SECURE: Sentence("non DNSSEC destination", "4.7.5"),
    Event.HOST_NOT_SECURE: Sentence("no TLSA records found", "4.7.5"),
    Event.STS_MX_UNLISTED: Sentence("server unavailable or unable to receive mail", "4.3.0"),
    Event.STS_UNREADABLE: Sentence("client TLS configuration problem", "4.7.5"),
    Event.CONNECT_FAILED: Sentence("connect to {host}[{address}]:{port}: {why}", "4.4.1"),
    Event.GREETING_REFUSED: Sentence("host {host}[{address}] refused to talk to me: {reply}"),
    Event.GREETING_LOST: Sentence("{broken} while receiving the initial server greeting", "4.4.2"),
    Event.EHLO_LOST: Sentence("{broken} while performing the EHLO handshake", "4.4.2"),
    Event.EHLO_REFUSED: Sentence("host {host}[{address}] refused to talk to me: {reply}"),
    Event.STARTTLS_ABSENT: Sentence(
        "TLS is required, but was not offered by host {host}[{address}]", "4.7.4"
    ),
    Event.STARTTLS_REFUSED: Sentence(
        "TLS is required, but host {host}[{address}] refused to start TLS: {reply}"
    ),
    Event.STARTTLS_LOST: Sentence("{broken} while receiving the STARTTLS response", "4.4.2"),
    Event.HANDSHAKE_FAILED: Sentence("Cannot start TLS: handshake failure", "4.7.5"),
    **dict.fromkeys(NOT_VERIFIED, Sentence("Server certificate not verified", "4.7.5")),
    Event.TLS_LOST: Sentence("{broken} while performing the EHLO handshake", "4.4.2"),
    Event.TLS_EHLO_REFUSED: Sentence("host {host}[{address}] refused to talk to me: {reply}"),
    Event.MAIL_LOST: Sentence("{broken} while sending MAIL FROM", "4.4.2"),
    Event.MAIL_REFUSED: Sentence("host {host}[{address}] said: {reply} (in reply to MAIL FROM command)"),
    Event.RCPT_REFUSED: Sentence("host {host}[{address}] said: {reply} (in reply to RCPT TO command)"),
    Event.RCPT_LOST: Sentence("{broken} while sending RCPT TO", "4.4.2"),
    Event.SENT_TLS: Sentence(
        "{word} TLS connection established to {host}[{address}]:{port}: "
        "{version} with cipher {cipher} ({bits}/{bits} bits)",
        None,
    ),
    Event.SENT_PLAIN: Sentence("sent to {host}[{address}]:{port} without TLS", None),
}

_AT = "H={host} [{address}]:{port}"

EXIM: Mapping[Event, Sentence] = {
    Event.MX_FAILED: Sentence("host lookup did not complete", "4.0.0"),
    Event.NULL_MX: Sentence("an MX or SRV record indicated no SMTP service", "5.0.0"),
    Event.NO_ADDRESS: Sentence("Unrouteable address", "5.0.0"),
    Event.NO_SUCH_DOMAIN: Sentence("Unrouteable address", "5.0.0"),
    Event.MX_INVALID: Sentence("all relevant MX records point to non-existent hosts", "5.0.0"),
    Event.HOST_FAILED: Sentence("host lookup did not complete", "4.0.0"),
    Event.HOST_NOT_FOUND: Sentence("{host}: no such host", "5.0.0"),
    Event.HOST_WITHOUT_ADDRESS: Sentence("{host}: no host address found", "5.0.0"),
    Event.HOST_INVALID: Sentence("{host}: no such host", "5.0.0"),
    Event.HOST_IS_LITERAL: Sentence("{host}: an MX record must name a host", "5.0.0"),
    Event.NO_HOST_FOUND: Sentence("all relevant MX records point to non-existent hosts", "5.0.0"),
    Event.SOME_HOST_FAILED: Sentence("host lookup did not complete", "4.0.0"),
    Event.TLSA_FAILED: Sentence("DANE error: tlsa lookup DEFER", "4.0.0"),
    Event.TLSA_MISSING: Sentence("DANE error: tlsa lookup FAIL", "5.0.0"),
    Event.TLSA_UNUSABLE: Sentence("DANE error: no usable TLSA record", "5.0.0"),
    Event.NOT_SECURE: Sentence("DANE error: {host} lookup not DNSSEC", "5.0.0"),
    Event.HOST_NOT_SECURE: Sentence("DANE error: {host} lookup not DNSSEC", "5.0.0"),
    Event.STS_MX_UNLISTED: Sentence("{host} is not listed by the MTA-STS policy", "4.0.0"),
    Event.STS_UNREADABLE: Sentence("the MTA-STS policy is not usable", "4.0.0"),
    Event.CONNECT_FAILED: Sentence(_AT + ": {why}", "4.0.0"),
    Event.GREETING_REFUSED: Sentence(
        _AT + ": SMTP error from remote mail server after initial connection: {reply}"
    ),
    Event.GREETING_LOST: Sentence(_AT + ": {lost} initial connection", "4.0.0"),
    Event.EHLO_LOST: Sentence(_AT + ": {lost} EHLO", "4.0.0"),
    Event.EHLO_REFUSED: Sentence(_AT + ": SMTP error from remote mail server after HELO: {reply}"),
    Event.STARTTLS_ABSENT: Sentence(
        _AT + ": a TLS session is required, but the server did not offer TLS support", "4.0.0"
    ),
    Event.STARTTLS_REFUSED: Sentence(_AT + ": {refused}", "4.0.0"),
    Event.STARTTLS_LOST: Sentence(_AT + ": {lost} STARTTLS", "4.0.0"),
    Event.HANDSHAKE_FAILED: Sentence(_AT + ": TLS session: (gnutls_handshake): {why}", "4.0.0"),
    **dict.fromkeys(
        NOT_VERIFIED, Sentence(_AT + ": TLS session: (certificate verification failed): {why}", "4.0.0")
    ),
    Event.TLS_LOST: Sentence(_AT + ": TLS session: error on first read", "4.0.0"),
    Event.TLS_EHLO_REFUSED: Sentence(_AT + ": SMTP error from remote mail server after HELO: {reply}"),
    Event.MAIL_LOST: Sentence(_AT + ": {lost} MAIL FROM", "4.0.0"),
    Event.MAIL_REFUSED: Sentence(_AT + ": SMTP error from remote mail server after MAIL FROM: {reply}"),
    Event.RCPT_REFUSED: Sentence(_AT + ": SMTP error from remote mail server after RCPT TO: {reply}"),
    Event.RCPT_LOST: Sentence(_AT + ": {lost} RCPT TO", "4.0.0"),
    Event.SENT_TLS: Sentence(_AT + " X={version}:{cipher}:{bits} {word}", None),
    Event.SENT_PLAIN: Sentence(_AT, None),
}

RFC: Mapping[Event, Sentence] = {
    Event.MX_FAILED: Sentence("the MX records of {domain} could not be looked up", "4.4.3"),
    Event.NULL_MX: Sentence("{domain} accepts no mail (null MX)", "5.1.10"),
    Event.NO_ADDRESS: Sentence("{domain} has neither an MX record nor an address", "5.1.2"),
    Event.NO_SUCH_DOMAIN: Sentence("{domain} does not exist", "5.1.2"),
    Event.MX_INVALID: Sentence("no MX record of {domain} names a valid host", "5.4.4"),
    Event.HOST_FAILED: Sentence("the {rrtype} records of {host} could not be looked up", "4.4.3"),
    Event.HOST_NOT_FOUND: Sentence("{host} does not exist", "5.4.4"),
    Event.HOST_WITHOUT_ADDRESS: Sentence("{host} has no address", "5.4.4"),
    Event.HOST_INVALID: Sentence("{host} is an alias of something that is not a host name", "5.4.4"),
    Event.HOST_IS_LITERAL: Sentence("{host} is an address, but an MX record must name a host", "5.4.4"),
    Event.NO_HOST_FOUND: Sentence("no mail host of {domain} is usable: {last}", "5.4.4"),
    Event.SOME_HOST_FAILED: Sentence(
        "the address lookups for the mail hosts of {domain} failed: {last}", "4.4.3"
    ),
    Event.TLSA_FAILED: Sentence("the TLSA records of {host} could not be looked up", "4.7.5"),
    Event.TLSA_MISSING: Sentence("{host} has no TLSA records", "4.7.5"),
    Event.TLSA_UNUSABLE: Sentence("no TLSA record of {host} is usable", "4.7.5"),
    Event.NOT_SECURE: Sentence("the MX records of {domain} are not signed", "4.7.5"),
    Event.HOST_NOT_SECURE: Sentence("the address of {host} is not signed", "4.7.5"),
    Event.STS_MX_UNLISTED: Sentence("{host} matches no mx pattern of the MTA-STS policy", "4.7.5"),
    Event.STS_UNREADABLE: Sentence("the MTA-STS policy is not usable", "4.7.5"),
    Event.CONNECT_FAILED: Sentence("{host} [{address}] is unreachable: {why}", "4.4.1"),
    Event.GREETING_REFUSED: Sentence("{host} [{address}] refused the session: {reply}"),
    Event.GREETING_LOST: Sentence("{broken} before its greeting", "4.4.2"),
    Event.EHLO_LOST: Sentence("{broken} at EHLO", "4.4.2"),
    Event.EHLO_REFUSED: Sentence("{host} [{address}] refused EHLO and HELO: {reply}"),
    Event.STARTTLS_ABSENT: Sentence("TLS is required, but {host} [{address}] does not offer it", "4.7.4"),
    Event.STARTTLS_REFUSED: Sentence("TLS is required, but {host} [{address}] refused it: {reply}"),
    Event.STARTTLS_LOST: Sentence("{broken} at STARTTLS", "4.4.2"),
    Event.HANDSHAKE_FAILED: Sentence("the TLS handshake with {host} [{address}] failed: {why}", "4.7.5"),
    **dict.fromkeys(NOT_VERIFIED, Sentence("{host} [{address}] could not be authenticated: {why}", "4.7.5")),
    Event.TLS_LOST: Sentence("{broken} after the TLS handshake", "4.4.2"),
    Event.TLS_EHLO_REFUSED: Sentence("{host} [{address}] refused EHLO inside TLS: {reply}"),
    Event.MAIL_LOST: Sentence("{broken} at MAIL FROM", "4.4.2"),
    Event.MAIL_REFUSED: Sentence("{host} [{address}] refused the sender: {reply}"),
    Event.RCPT_REFUSED: Sentence("{host} [{address}] refused the recipient: {reply}"),
    Event.RCPT_LOST: Sentence("{broken} at RCPT TO", "4.4.2"),
    Event.SENT_TLS: Sentence("sent to {host} [{address}] over {version}", None),
    Event.SENT_PLAIN: Sentence("sent to {host} [{address}] without TLS", None),
}

TABLES: Mapping[Family, Mapping[Event, Sentence]] = {
    Family.RFC: RFC,
    Family.POSTFIX: POSTFIX,
    Family.EXIM: EXIM,
}

#: The words for a connection that was never made; Linux's, which all three families show.
CONNECT: Mapping[Failure, str] = {
    Failure.REFUSED: "Connection refused",
    Failure.TIMEOUT: "Connection timed out",
    Failure.UNREACHABLE: "Network is unreachable",
    Failure.RESET: "Connection reset by peer",
    Failure.CLOSED: "Connection closed",
}


#: The same few names and details are shown again for every posture.
shown = lru_cache(maxsize=4096)(visible)


def say(family: Family, event: Event, scene: Scene) -> str:
    """The sentence for `event` in the log of `family`."""
    peer = f"{scene.host}[{scene.address}]" if family is Family.POSTFIX else f"{scene.host} [{scene.address}]"
    broken = f"conversation with {peer} timed out" if scene.timed_out else f"lost connection with {peer}"
    lost = "SMTP timeout after" if scene.timed_out else "Remote host closed connection in response to"
    refused = f"SMTP error from remote mail server after STARTTLS: {scene.reply}"
    if scene.required:
        refused = "a TLS session is required, but an attempt to start TLS failed"
    fields = {**msgspec.structs.asdict(scene), "broken": broken, "lost": lost, "refused": refused}
    return TABLES[family][event].text.format_map(fields).rstrip(": ")


def status(
    family: Family, event: Event, *, permanent: bool, reply: Reply | None = None, last: str | None = None
) -> str | None:
    """The enhanced status code, its class set by whether the refusal is `permanent` for this sender."""
    code = TABLES[family][event].code
    if code is None:
        return None
    if not code:
        code = enhanced(reply)
    elif code == "{last}":
        code = last or "5.4.4"
    return ("5" if permanent else "4") + code[1:]


def enhanced(reply: Reply | None) -> str:
    """The enhanced status code in a reply (RFC 2034 section 4), else its class with ".0.0"."""
    if reply is None or reply.code is None:
        return "4.5.0"
    found = _ENHANCED.match(reply.lines[0]) if reply.lines else None
    if found is not None:
        return ".".join(part.decode() for part in found.groups())
    kind = reply.code // 100
    return f"{kind}.0.0" if kind in (2, 4, 5) else "5.5.0"


def quote(reply: Reply | None) -> str:
    """A reply as logs show it: code and text on one line, as visible text."""
    if reply is None:
        return ""
    if reply.code is None:
        return visible(reply.defect or "no valid reply", limit=QUOTE)
    return visible(b" ".join([str(reply.code).encode(), *reply.lines[:20]]), limit=QUOTE).rstrip()
