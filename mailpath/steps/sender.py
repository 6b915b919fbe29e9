"""Step 0: who sends, through whom, and with which posture; whether port 25 leaves this machine.

A proposal, never a claim: it rests on the sender domain's MX and SPF (RFC 7208), which say who takes its
mail and who may send it, not what that server's operator has configured.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec

from mailpath.assess.faults import our_fault
from mailpath.assess.sessions import got_through
from mailpath.exchanges import Failure, SmtpRequest, Stage
from mailpath.facts import WALKED, Found, Lookup, SenderFacts, StarttlsFacts, Status, Walk
from mailpath.match.hosts import is_address
from mailpath.names import is_within
from mailpath.steps.records import addresses, texts
from mailpath.steps.resolver import failing_types
from mailpath.steps.step import Line, Step
from mailpath.steps.tools import Tools, together
from mailpath.visible import visible

#: (suffix of an SPF include or of an MX host, provider, posture that is documented for it or None)
_PROVIDERS = (
    ("_spf.google.com", "Google Workspace", "gmail"),
    ("google.com", "Google Workspace", "gmail"),
    ("googlemail.com", "Google Workspace", "gmail"),
    ("spf.protection.outlook.com", "Exchange Online", "exchange-online"),
    ("mail.protection.outlook.com", "Exchange Online", "exchange-online"),
    ("mx.microsoft", "Exchange Online", "exchange-online"),
    ("mimecast.com", "Mimecast", None),
    ("pphosted.com", "Proofpoint", None),
    ("messagelabs.com", "Symantec.cloud", None),
    ("amazonses.com", "Amazon SES", None),
    ("sendgrid.net", "SendGrid", None),
    ("zoho.com", "Zoho Mail", None),
    ("zoho.eu", "Zoho Mail", None),
    ("messagingengine.com", "Fastmail", None),
    ("protonmail.ch", "Proton Mail", None),
    ("mailbox.org", "mailbox.org", "postfix-dane"),
    ("posteo.de", "Posteo", "postfix-dane"),
)


def _unknown(tools: Tools) -> SenderFacts:
    return SenderFacts(domain=tools.path.sender, ehlo=tools.network.ground.ehlo)


async def look(tools: Tools, _: Walk) -> SenderFacts:
    """MX and SPF of the sender domain, at once."""
    domain = tools.path.sender
    if domain is None:
        return _unknown(tools)
    mx, txt = await together(tools.look_up(domain, "MX"), tools.look_up(domain, "TXT"))
    records = [
        text for text in texts(txt) if text.lower() == b"v=spf1" or text.lower().startswith(b"v=spf1 ")
    ]
    spf = records[0] if len(records) == 1 else None
    provider, proposed, grounds = propose(domain, mx, spf)
    return msgspec.structs.replace(
        _unknown(tools),
        mx=mx,
        spf=txt,
        spf_record=spf,
        provider=provider,
        proposed=proposed,
        grounds=grounds,
    )


def propose(domain: str, mx: Lookup, spf: bytes | None) -> tuple[str | None, str | None, tuple[str, ...]]:
    """(provider, posture, grounds).  SPF says who sends: it outweighs MX, which says who receives."""
    for mechanism in (spf or b"").decode("ascii", "replace").lower().split()[:40]:
        kind, _, target = mechanism.lstrip("+").partition(":")
        if kind == "include":
            for suffix, provider, posture in _PROVIDERS:
                if is_within(target, suffix):
                    return (
                        provider,
                        posture,
                        (f"{domain} lets {visible(target)} send its mail (SPF include)",),
                    )
    for record in mx.records if mx.usable else ():
        host = record.split()[-1].rstrip(".").lower()
        for suffix, provider, posture in _PROVIDERS:
            if is_within(host, suffix):
                grounds = (
                    f"{visible(host)} receives the mail of {domain} (MX), but another server may send it",
                )
                return provider, posture, grounds
    return None, None, ()


async def learn_more(tools: Tools) -> AsyncIterator[SenderFacts]:
    """What only others can tell: the sessions, whether port 25 leaves this machine; and once all look-ups
    are in, whose errors those of the resolver are."""
    walk = await tools.found("sender", "starttls")
    facts = await port25(tools, walk.sender, walk.starttls)
    yield facts
    walk = await tools.found(*(panel.id for panel in WALKED))
    yield msgspec.structs.replace(facts, resolver_fails=await failing_types(tools, walk))


# --- port 25 ---------------------------------------------------------------------------------------

_LOCAL = (Failure.TIMEOUT, Failure.BLOCKED, Failure.UNREACHABLE)


async def port25(tools: Tools, facts: SenderFacts, starttls: StarttlsFacts) -> SenderFacts:
    """FOUND when any session got through.  BLOCKED only when the sender's own MX fails alike: a machine
    that cannot reach its own mail server cannot say anything of the recipient's."""
    held = [
        session
        for session in starttls.sessions
        if not session.not_tried
        and session.failure is not Failure.NOT_RECORDED
        and (got_through(session) or session.failure is not Failure.LOCAL)
    ]
    if not held:
        return facts
    if any(got_through(session) or session.failure not in _LOCAL for session in held):
        return msgspec.structs.replace(facts, port25=Found.FOUND)
    if any(session.failure is Failure.BLOCKED for session in held):
        reason = "This machine blocks outgoing connections to port 25, so no server was reached."
        return msgspec.structs.replace(facts, port25=Found.BLOCKED, port25_reason=reason)
    own = await _own_address(tools, facts)
    if own is None:
        return facts
    exchange = await tools.network.converse(SmtpRequest(address=own, port=tools.network.ground.smtp_port))
    if exchange.failure in (Failure.NOT_RECORDED, Failure.LOCAL):
        return facts
    if exchange.failed_at is Stage.CONNECT and exchange.failure in _LOCAL:
        nowhere = {exchange.failure, *(session.failure for session in held)} == {Failure.UNREACHABLE}
        reason = (
            f"There is no route from here to the recipient's mail hosts or to those of {facts.domain}."
            if nowhere
            else "Port 25 seems blocked from here: neither the recipient's mail hosts nor those of"
            f" {facts.domain} answer."
        )
        return msgspec.structs.replace(facts, port25=Found.BLOCKED, port25_reason=reason)
    return msgspec.structs.replace(facts, port25=Found.FOUND)


async def _own_address(tools: Tools, facts: SenderFacts) -> str | None:
    """An address of the sender domain's first MX that may be connected to."""
    if facts.mx is None or not facts.mx.usable:
        return None
    ordered = sorted(facts.mx.records, key=lambda record: int(record.split()[0]))
    host = ordered[0].split()[-1].rstrip(".").lower()
    if not host or is_address(host):
        return None
    v6, v4 = await together(tools.look_up(host, "AAAA"), tools.look_up(host, "A"))
    ground = tools.network.ground
    for lookup in (v4, v6):
        for address in addresses(lookup) if lookup.usable else []:
            if ground.allow_private or not tools.special(address, ground.smtp_port):
                return address
    return None


# --- the panel's line ------------------------------------------------------------------------------


def line(walk: Walk) -> Line:
    """The panel's line: pure."""
    facts = walk.sender
    if facts.port25 is Found.BLOCKED:
        return Status.ERROR, "PORT 25", visible(facts.port25_reason)
    if facts.domain is None:
        return Status.SKIP, "NO SENDER", "No sender domain was given; the posture stands for the sender."
    if facts.mx is not None and facts.mx.failure is Failure.NOT_TRIED:
        return Status.ERROR, "NOT TRIED", f"{facts.domain} was not looked up: {visible(facts.mx.detail)}."
    if facts.mx is not None and facts.mx.broken and facts.spf is not None and facts.spf.broken:
        why = our_fault(walk, facts.mx) or our_fault(walk, facts.spf)
        if why:
            summary = f"It is unknown which server sends for {facts.domain}: {visible(why)}"
            return Status.ERROR, "UNKNOWN", summary
        return Status.ERROR, "NO ANSWER", f"The name servers of {facts.domain} do not answer."
    if facts.mx is not None and facts.mx.rcode == "NXDOMAIN" and not facts.mx.broken:
        why = "no bounce could come back, and receivers may refuse such mail"
        return Status.WEAK, "NO DOMAIN", f"{facts.domain} does not exist: {why}."
    if facts.provider is None:
        return (
            Status.PASS,
            "NOT STATED",
            f"{facts.domain} does not reveal its outgoing mail server; choose its posture.",
        )
    if facts.proposed is None:
        return Status.PASS, facts.provider.upper(), f"{facts.grounds[0]}; no posture is documented for it."
    return Status.PASS, facts.provider.upper(), f"Probably posture {facts.proposed}: {facts.grounds[0]}."


STEP = Step(attribute="sender", facts=SenderFacts, empty=_unknown, look=look, later=learn_more, line=line)
