"""Small walks that each show one thing, for the judge to be asked about: no network, no real certificate.

The one host is mx.b.example at 192.0.2.1.  It shows either a stand-in for a certificate that no authority
vouches for, which is all that a refusal needs, or a good one.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from msgspec.structs import replace

from mailpath.exchanges import Failure, Stage, TlsSession
from mailpath.facts import (
    AliasLink,
    DnssecFacts,
    Found,
    HostTlsa,
    Lookup,
    MxFacts,
    MxHost,
    MxKind,
    Path,
    PolicyFetch,
    Reply,
    Security,
    SenderFacts,
    Session,
    StarttlsFacts,
    StsFacts,
    TlsaFacts,
    TlsaRecord,
    TlsaSet,
    Walk,
)
from scripts.explain_cases.chain import AT, LEAF, ROOT

DOMAIN = "b.example"
HOST = "mx.b.example"
ADDRESS = "192.0.2.1"
OTHER = "192.0.2.2"

SECURE, INSECURE, BOGUS = Security.SECURE, Security.INSECURE, Security.BOGUS

#: 3 1 1 of a key that the host does not have.
TLSA = TlsaRecord(usage=3, selector=1, mtype=1, data=bytes(32))
#: 3 0 1 of the good certificate.
TLSA_GOOD = TlsaRecord(usage=3, selector=0, mtype=1, data=sha256(LEAF).digest())
#: 1 1 1, which mail has no use for.
TLSA_PKIX = TlsaRecord(usage=1, selector=1, mtype=1, data=bytes(32))


def lookup(
    name: str,
    rdtype: str,
    security: Security = INSECURE,
    *,
    found: Found = Found.FOUND,
    rcode: str = "NOERROR",
) -> Lookup:
    """An answer without content: the judge reads what it says of itself."""
    return Lookup(
        name=name,
        rdtype=rdtype,
        found=found,
        canonical=name,
        rcode=rcode,
        security=security,
        final_security=security,
    )


def failed(name: str, rdtype: str) -> Lookup:
    """A look-up that nobody answered."""
    return Lookup(name=name, rdtype=rdtype, found=Found.FAILED, canonical=name, rcode="SERVFAIL")


def reply(code: int, text: str) -> Reply:
    return Reply(code=code, lines=(text.encode(),))


HELLO: dict[str, Any] = {"greeting": reply(220, "mx.b.example ESMTP"), "ehlo": reply(250, "mx.b.example")}
OFFERED: dict[str, Any] = {
    **HELLO,
    "ehlo": Reply(code=250, lines=(b"mx.b.example", b"STARTTLS")),
    "extensions": ("STARTTLS",),
}
READY: dict[str, Any] = {**OFFERED, "starttls": reply(220, "ready")}
SHOWN = TlsSession(version="TLSv1.3", cipher="TLS_AES_256_GCM_SHA384", bits=256, chain=(b"\x30\x00",))
ENCRYPTED: dict[str, Any] = {**READY, "tls": SHOWN, "ehlo_tls": reply(250, "mx.b.example")}
GOOD: dict[str, Any] = {**ENCRYPTED, "tls": replace(SHOWN, chain=(LEAF,))}
ANONYMOUS: dict[str, Any] = {**ENCRYPTED, "tls": replace(SHOWN, chain=())}


def ended(stage: Stage, said: dict[str, Any], failure: Failure = Failure.CLOSED) -> dict[str, Any]:
    """The session `said`, broken off at `stage`."""
    return {**said, "failure": failure, "failed_at": stage}


def walk(
    said: dict[str, Any] | None = None,
    *,
    mx: Security = INSECURE,
    host: Security | None = None,
    tlsa: tuple[TlsaRecord, ...] = (),
    tlsa_security: Security = SECURE,
    tlsa_fails: bool = False,
    sts: StsFacts | None = None,
    **facts: Any,
) -> Walk:
    """A walk over the one host, which speaks as `said`.  `facts`: in place of what follows from the rest."""
    secure = mx if host is None else host
    base = f"_25._tcp.{HOST}"
    if tlsa_fails:
        answered = failed(base, "TLSA")
    elif tlsa:
        answered = lookup(base, "TLSA", tlsa_security)
    else:
        answered = lookup(base, "TLSA", found=Found.ABSENT, security=secure)
    candidates = (TlsaSet(base=HOST, lookup=answered, records=tlsa),) if secure is SECURE else ()
    made = MxHost(
        name=HOST,
        preference=10,
        v4=lookup(HOST, "A", secure),
        addresses=(ADDRESS,) if said is not None else (),
    )
    sessions = tuple(
        Session(address=ADDRESS, port=25, sni=sni, **said) for sni in (None, HOST) if said is not None
    )
    tried = facts.get("enveloped")
    enveloped = () if tried is None else (Session(address=ADDRESS, port=25, sni=HOST, **tried),)
    return Walk(
        path=Path(recipient=DOMAIN),
        at=AT,
        resolver="192.0.2.53",
        sender=SenderFacts(),
        mx=facts.get("mx_facts")
        or MxFacts(kind=MxKind.HOSTS, lookup=lookup(DOMAIN, "MX", mx), hosts=(facts.get("mx_host") or made,)),
        dnssec=DnssecFacts(),
        sts=sts or StsFacts(found=Found.ABSENT, txt=lookup(f"_mta-sts.{DOMAIN}", "TXT", found=Found.ABSENT)),
        tlsa=TlsaFacts(hosts=(HostTlsa(host=HOST, candidates=candidates),)),
        starttls=StarttlsFacts(sessions=sessions, enveloped=enveloped),
        roots=(ROOT,),
    )


def nowhere(kind: MxKind, answered: Lookup, *hosts: MxHost, null_beside: bool = False) -> Walk:
    """A walk that ends at the MX records."""
    return walk(mx_facts=MxFacts(kind=kind, lookup=answered, hosts=hosts, null_beside=null_beside))


def host(*, found: Found = Found.ABSENT, rcode: str = "NOERROR", alias_of: str = "") -> MxHost:
    """The MX host, without an address."""
    answered = failed(HOST, "A") if found is Found.FAILED else lookup(HOST, "A", found=found, rcode=rcode)
    if alias_of:
        link = AliasLink(owner=HOST, target=alias_of, security=INSECURE)
        answered = replace(answered, canonical=alias_of, links=(link,))
    return MxHost(name=HOST, preference=10, v4=answered)


def policy(pattern: str = HOST, *, mode: str = "enforce") -> StsFacts:
    """A good MTA-STS record and policy."""
    lines = ("version: STSv1", f"mode: {mode}", f"mx: {pattern}", "max_age: 86400", "")
    name = f"mta-sts.{DOMAIN}"
    return StsFacts(
        found=Found.FOUND,
        txt=lookup(f"_mta-sts.{DOMAIN}", "TXT"),
        texts=(b"v=STSv1; id=1;",),
        policy_id="1",
        fetch=PolicyFetch(
            url=f"https://{name}/.well-known/mta-sts.txt",
            host=name,
            address=OTHER,
            status=200,
            content_type=b"text/plain",
            body="\n".join(lines).encode(),
        ),
    )
