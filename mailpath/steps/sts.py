"""Step 3: the MTA-STS record, the policy fetch, and the TLS reporting record (RFC 8461, RFC 8460)."""

from __future__ import annotations

import re
import zlib

import msgspec

from mailpath.assess.faults import policy_lost
from mailpath.assess.standing import listed
from mailpath.exchanges import Failure, HttpsExchange, HttpsRequest
from mailpath.facts import (
    Found,
    Lookup,
    MxKind,
    PolicyFetch,
    Security,
    Status,
    StsFacts,
    Walk,
    gave_up_early,
)
from mailpath.match import pkix, sts
from mailpath.match.sts_dialects import RFC
from mailpath.match.sts_record import parse_txt
from mailpath.match.tlsrpt import parse_tlsrpt
from mailpath.steps.records import addresses, texts
from mailpath.steps.step import Line, Step
from mailpath.steps.tools import Tools, together
from mailpath.visible import visible
from mailpath.wording.phrases import clause, count

#: Addresses of the policy host that are tried, v4 first: nothing hangs on the family, and a dead IPv6 path,
#: the commoner ill, then costs no time.
MOST_ADDRESSES = 4
#: Octets of a policy as it is read.
MOST_OCTETS = 64 * 1024


async def look(tools: Tools, _: Walk) -> StsFacts:
    """The record and TLSRPT at once; then the policy, if a record says there is one.

    Few domains have a policy, and the mail sessions take longer: its host is looked up once that is known.
    """
    domain = tools.path.recipient
    txt, tlsrpt = await together(
        tools.look_up(f"_mta-sts.{domain}", "TXT"), tools.look_up(f"_smtp._tls.{domain}", "TXT")
    )
    record_texts = texts(txt)
    fetch = None
    # Laxer readers than RFC 8461 accept odd records: what any of them would fetch is fetched.
    if any(b"stsv1" in text.lower() for text in record_texts):
        host = f"mta-sts.{domain}"
        v6, v4 = await together(tools.look_up(host, "AAAA"), tools.look_up(host, "A"))
        fetch = await _fetch(tools, host, v6, v4)
    rua, rua_reason = parse_tlsrpt(texts(tlsrpt))
    facts = StsFacts(
        found=Found.NOT_TRIED,
        txt=txt,
        texts=record_texts,
        fetch=fetch,
        tlsrpt=tlsrpt,
        tlsrpt_texts=texts(tlsrpt),
        tlsrpt_rua=rua,
        tlsrpt_reason=rua_reason,
    )
    return read(facts)


async def _fetch(tools: Tools, host: str, v6: Lookup, v4: Lookup) -> PolicyFetch:
    """Try the policy host's addresses until one answers; the last failure stands otherwise."""
    url = f"https://{host}/.well-known/mta-sts.txt"
    ground = tools.network.ground
    base = PolicyFetch(url=url, host=host, v6=v6, v4=v4)
    # Whether they are signed was perhaps not learnt: the certificate vouches for the host.
    handed = [lookup for lookup in (v4, v6) if lookup.found is Found.FOUND and not lookup.broken]
    known = [address for lookup in handed for address in addresses(lookup)]
    allowed = [
        address for address in known if ground.allow_private or not tools.special(address, ground.https_port)
    ]
    if not allowed:
        broken = next((lookup for lookup in (v6, v4) if lookup.broken), None)
        if known:
            why = f"{host} has only special-use addresses"
        elif broken is not None:
            why = f"the address lookup for {host} failed: {broken.detail or broken.reason}"
        else:
            why = f"{host} has no address"
        return msgspec.structs.replace(base, detail=why)
    tried: list[HttpsExchange] = []
    for address in allowed[:MOST_ADDRESSES]:
        exchange = await tools.network.fetch(HttpsRequest(url=url, address=address))
        tried.append(exchange)
        # A certificate that is refused here is so at every address; a connection that breaks may not.
        if exchange.status is not None or exchange.failure in (None, Failure.CERTIFICATE):
            return _fetched(tools, base, exchange)
    return _fetched(tools, base, _telling(tried))


def _telling(failed: list[HttpsExchange]) -> HttpsExchange:
    """Of fetches that all failed the one to tell of: the last, but for those that only show that there is no
    IPv6 here; one that failed for a reason of our own comes first, for it might have been the one that works.
    """
    ours = [each for each in failed if each.failure is Failure.LOCAL and ":" not in each.request.address]
    theirs = [each for each in failed if each.failure is not Failure.LOCAL]
    return (ours or theirs or failed)[-1]


def _fetched(tools: Tools, base: PolicyFetch, exchange: HttpsExchange) -> PolicyFetch:
    content_type = next((value for name, value in exchange.headers if name.lower() == b"content-type"), None)
    verify_error = None
    if exchange.chain or exchange.status is not None:  # only a capture holds an answer without a certificate
        verify_error = pkix.check_policy_host(exchange.chain, base.host, tools.network.ground.roots, tools.at)
    fetch = msgspec.structs.replace(
        base,
        address=exchange.request.address,
        status=exchange.status,
        content_type=content_type,
        body=exchange.body,
        chain=exchange.chain,
        verify_error=verify_error,
        failure=exchange.failure,
        limit=exchange.limit,
        detail=exchange.detail,
    )
    codings = [value for name, value in exchange.headers if name.lower() == b"content-encoding"]
    return _decoded(fetch, b",".join(codings)) if codings and fetch.failure is None else fetch


#: Window bits for zlib, by content coding (RFC 9110 section 8.4.1).
_CODINGS = {b"gzip": 31, b"x-gzip": 31, b"deflate": 15}


def _decoded(fetch: PolicyFetch, coding: bytes) -> PolicyFetch:
    """The body without its content coding: we ask for none, so one may choose (RFC 9110 section 12.5.3)."""
    name = coding.strip().lower()
    if name in (b"", b"identity"):
        return fetch
    failure, detail = (
        Failure.PROTOCOL,
        f"the policy is sent with the content coding {visible(coding, limit=40)}",
    )
    if name in _CODINGS:
        try:
            body = zlib.decompressobj(_CODINGS[name]).decompress(fetch.body, MOST_OCTETS + 1)
        except zlib.error:
            detail += ", but is not encoded that way"
        else:
            if len(body) <= MOST_OCTETS:
                return msgspec.structs.replace(fetch, body=body)
            failure, detail = Failure.TOO_LARGE, f"the policy is larger than {MOST_OCTETS // 1024} KiB"
    return msgspec.structs.replace(fetch, failure=failure, detail=detail)


def read(facts: StsFacts) -> StsFacts:
    """Record, fetch and policy as RFC 8461 reads them."""
    assert facts.txt is not None
    if facts.txt.broken:
        why = facts.txt.detail or facts.txt.reason
        return msgspec.structs.replace(facts, found=Found.FAILED, reason=f"the TXT lookup failed: {why}")
    if not facts.texts:
        return msgspec.structs.replace(facts, found=Found.ABSENT, reason="there is no TXT record")
    record = parse_txt(facts.texts, RFC)
    if record.id is None:
        return msgspec.structs.replace(facts, found=Found.ABSENT, reason=record.reason)
    facts = msgspec.structs.replace(facts, policy_id=record.id)
    fetch = facts.fetch
    problem = _fetch_problem(fetch)
    if fetch is None or problem:
        return msgspec.structs.replace(facts, found=Found.FAILED, reason=problem)
    read = sts.parse_policy(fetch.body, fetch.content_type, RFC)
    if read.policy is None:
        return msgspec.structs.replace(facts, found=Found.FAILED, reason=read.reason)
    return msgspec.structs.replace(facts, found=Found.FOUND, policy=read.policy)


def _fetch_problem(fetch: PolicyFetch | None) -> str:
    """Why the fetch gave no policy text, or ""."""
    if fetch is None:
        return "the policy was not fetched"
    if fetch.verify_error:
        why = re.sub("^the certificate ", "it ", fetch.verify_error)
        return f"the certificate of {fetch.host} is refused: {why}"
    if fetch.failure is Failure.CERTIFICATE and not fetch.status:
        # Refused when it was fetched, good at the walk's time: the text is simply not there.
        return f"the certificate of {fetch.host} was refused when the policy was fetched: {fetch.detail}"
    if fetch.failure is not None or fetch.status is None:
        return f"the policy could not be fetched: {fetch.detail}"
    if 300 <= fetch.status < 400:
        return (
            f"{fetch.host} redirects (HTTP {fetch.status}), which must not be followed (RFC 8461 section 3.3)"
        )
    if fetch.status != 200:
        return f"{fetch.host} answers HTTP {fetch.status}"
    return ""


# --- the panel's line ------------------------------------------------------------------------------


def line(walk: Walk) -> Line:
    """The panel's line: pure."""
    facts = walk.sts
    domain = walk.path.recipient
    if facts.txt is None:
        return Status.SKIP, "NOT TRIED", "MTA-STS was not tried."
    lost = policy_lost(walk)
    if lost and (facts.txt.broken or facts.policy_id is not None):
        return Status.ERROR, "UNKNOWN", f"It is unknown whether {domain} has a policy: {visible(lost)}"
    if facts.txt.broken:
        word = "BOGUS" if facts.txt.security is Security.BOGUS else "NO ANSWER"
        return Status.ERROR, word, visible(facts.reason)
    if not facts.texts:
        if walk.mx.kind is MxKind.NULL:
            return Status.SKIP, "NO MAIL", f"{domain} accepts no mail, so it needs no policy."
        return Status.WEAK, "NONE", f"{domain} publishes no MTA-STS policy."
    if facts.policy_id is None:
        return Status.FAIL, "BAD RECORD", f"There is no valid MTA-STS record: {visible(clause(facts.reason))}"
    if facts.policy is None and facts.fetch is not None and facts.fetch.failure is Failure.NOT_TRIED:
        return Status.ERROR, "NOT TRIED", f"The policy was not fetched: {visible(facts.fetch.detail)}"
    if facts.policy is None and gave_up_early(walk, facts.fetch):
        return Status.ERROR, "NO ANSWER", f"{visible(facts.reason).rstrip('.')}: senders wait up to a minute."
    if facts.policy is None:
        return Status.FAIL, "NO POLICY", f"No usable policy: {visible(clause(facts.reason))}"
    policy = facts.policy
    if policy.mode == "none":
        return Status.WEAK, "MODE NONE", "The policy asks for nothing (mode none)."
    unlisted = [host.name for host in walk.mx.hosts if not listed(walk, host.name)]
    if unlisted:
        shown = visible(unlisted[0])
        status = Status.FAIL if policy.mode == "enforce" else Status.WEAK
        return status, "NOT LISTED", f"{shown} is an MX host but matches no mx pattern of the policy."
    if policy.mode == "testing":
        return (
            Status.WEAK,
            "TESTING",
            "The policy is in testing mode: senders report failures but deliver anyway.",
        )
    return (
        Status.PASS,
        "ENFORCE",
        f"Policy enforced, {count(len(policy.mx), 'mx pattern')}, max_age {policy.max_age} s.",
    )


STEP = Step(
    attribute="sts",
    facts=StsFacts,
    empty=lambda tools: StsFacts(found=Found.NOT_TRIED),
    look=look,
    line=line,
    asks=frozenset({"TXT", "HTTPS"}),
    rests_on="roots",
)
