"""What each family of servers logs, and with which enhanced status code (RFC 3463): `sentences.toml`.

Foreign words have passed `visible()` before they get here.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources

import msgspec

from mailpath.exchanges import Failure
from mailpath.facts import Reply
from mailpath.judge.events import NOT_VERIFIED, Event
from mailpath.judge.habits import Family
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


def _table(sentences: dict[str, list[str]]) -> Mapping[Event, Sentence]:
    found: dict[Event, Sentence] = {}
    for name, said in sentences.items():
        events = NOT_VERIFIED if name == "not-verified" else (Event(name),)
        own = None if events[0] in (Event.SENT_TLS, Event.SENT_PLAIN) else ""
        found |= dict.fromkeys(events, Sentence(said[0], said[1] if len(said) > 1 else own))
    return found


_TOML = tomllib.loads(resources.files(__package__).joinpath("sentences.toml").read_text("utf-8"))
#: The sentences of hosts that will not do for REQUIRETLS, by what they did.
REFUSALS: Mapping[Family, Mapping[str, str]] = {
    Family(family): said for family, said in _TOML.pop("requiretls").items()
}
TABLES: Mapping[Family, Mapping[Event, Sentence]] = {
    Family(family): _table(sentences) for family, sentences in _TOML.items()
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


def refuse(
    family: Family, cause: Event | None, *, host: str, address: str, level: str, reply: Reply | None, why: str
) -> str:
    """The sentence for a host that will not do for a message sent with REQUIRETLS: `cause`, what it did, or
    None where it was not connected to as the certificate would not be matched at `level`.
    """
    table = REFUSALS[family if family in REFUSALS else Family.RFC]
    trusted = cause is Event.CERTIFICATE_NAME_MISMATCH
    key = "not-matched" if cause is None else "not-verified" if cause in NOT_VERIFIED else cause.value
    return table[key].format(
        host=shown(host),
        address=address,
        level=level,
        reply=quote(reply),
        why=why.rstrip("."),
        what="matching" if trusted else "trusted",
    )


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
