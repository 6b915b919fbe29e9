"""Walks put together by hand: one signed domain with one MX host, and what a test changes about it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from mailpath.exchanges import TlsSession
from mailpath.facts import (
    STEPS,
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
    Status,
    StepResult,
    StsFacts,
    StsPolicy,
    TlsaFacts,
    TlsaRecord,
    TlsaSet,
    Walk,
)
from mailpath.match import dane
from mailpath.report.provenance import Provenance

NOW = 1_795_435_200  # 2026-11-23T12:00:00Z
DAY = 86400
#: What walks of the lab, and of a capture that rests on what everybody trusts, stand on.
LAB = Provenance(lab=True, anchor="own", roots="own", own_roots=("CN=Lab CA",), dialled=("192.0.2.10:25",))
REPLAYED = Provenance(replayed=True)
DOMAIN, HOST, ADDRESS = "b.example", "mx1.b.example", "192.0.2.10"


class Key:
    """A certificate with its key: `der`, and the means to sign others."""

    def __init__(self, subject: str, certificate: x509.Certificate, private: Any) -> None:
        self.subject = subject
        self.certificate = certificate
        self.private = private
        self.der = certificate.public_bytes(serialization.Encoding.DER)


def certificate(
    subject: str,
    *,
    names: tuple[str, ...] = (),
    issuer: Key | None = None,
    ca: bool = False,
    start: int = NOW - 60 * DAY,
    end: int = NOW + 60 * DAY,
    rsa_bits: int | None = None,
) -> Key:
    """A certificate signed by `issuer`, or by itself; its key on P-256, or RSA with so many bits."""
    private = (
        ec.generate_private_key(ec.SECP256R1())
        if rsa_bits is None
        else rsa.generate_private_key(65537, rsa_bits)
    )
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.certificate.subject if issuer else name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(dt.datetime.fromtimestamp(start, dt.UTC))
        .not_valid_after(dt.datetime.fromtimestamp(end, dt.UTC))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if names:
        alternatives = x509.SubjectAlternativeName([x509.DNSName(each) for each in names])
        builder = builder.add_extension(alternatives, critical=False)
    signed = builder.sign(issuer.private if issuer else private, hashes.SHA256())
    return Key(subject, signed, private)


ROOT = certificate("Handmade Root", ca=True, start=NOW - 900 * DAY, end=NOW + 900 * DAY)
INTERMEDIATE = certificate(
    "Handmade Issuing", ca=True, issuer=ROOT, start=NOW - 900 * DAY, end=NOW + 900 * DAY
)
GOOD = certificate(HOST, names=(HOST,), issuer=INTERMEDIATE)
SELF_SIGNED = certificate(HOST, names=(HOST,))


def lookup(name: str, rdtype: str, *records: str, **changes: Any) -> Lookup:
    """A secure answer with these records; without any, a secure absence."""
    base = Lookup(
        name=name,
        rdtype=rdtype,
        found=Found.FOUND if records else Found.ABSENT,
        canonical=name,
        rcode="NOERROR",
        records=records,
        rdata=tuple(record.encode("utf-8", "surrogatepass") for record in records),
        ttl=3600 if records else None,
        security=Security.SECURE,
        final_security=Security.SECURE,
        reason="",
        zone="b.example",
        chain=(".", "example", "b.example"),
    )
    return msgspec.structs.replace(base, **changes)


def reply(code: int, *lines: str) -> Reply:
    return Reply(code=code, lines=tuple(line.encode() for line in lines))


def session(chain: tuple[bytes, ...] | None = None, **changes: Any) -> Session:
    """A session that went well, with `chain` (None: no TLS was offered)."""
    base = Session(
        address=ADDRESS,
        port=25,
        sni=HOST,
        greeting=reply(220, f"{HOST} ESMTP"),
        ehlo=reply(250, HOST, "STARTTLS") if chain is not None else reply(250, HOST),
        extensions=("STARTTLS",) if chain is not None else ("PIPELINING",),
    )
    if chain is not None:
        base = msgspec.structs.replace(
            base,
            starttls=reply(220, "go ahead"),
            tls=TlsSession(version="TLSv1.3", cipher="TLS_AES_256_GCM_SHA384", bits=256, chain=chain),
            ehlo_tls=reply(250, HOST),
        )
    return msgspec.structs.replace(base, **changes)


def with_and_without_sni(*chain: bytes, **changes: Any) -> StarttlsFacts:
    """The two sessions that a walk holds with an address."""
    return StarttlsFacts(sessions=(session(chain, sni=None, **changes), session(chain, **changes)))


def mx_host(name: str = HOST, address: str = ADDRESS, **changes: Any) -> MxHost:
    base = MxHost(
        name=name,
        preference=10,
        v6=lookup(name, "AAAA"),
        v4=lookup(name, "A", address),
        addresses=(address,),
    )
    return msgspec.structs.replace(base, **changes)


def mx(*hosts: MxHost, **changes: Any) -> MxFacts:
    hosts = hosts or (mx_host(),)
    records = tuple(f"{host.preference} {host.name}." for host in hosts)
    base = MxFacts(kind=MxKind.HOSTS, lookup=lookup(DOMAIN, "MX", *records), hosts=hosts)
    return msgspec.structs.replace(base, **changes)


def record(usage: int, selector: int, mtype: int, data: bytes) -> TlsaRecord:
    made = TlsaRecord(usage=usage, selector=selector, mtype=mtype, data=data)
    return msgspec.structs.replace(made, unusable=dane.unusable(made))


def spki(key: Key) -> bytes:
    return dane.computed((1, 1), key.der)


def tlsa(*records: TlsaRecord, host: str = HOST, **changes: Any) -> HostTlsa:
    """The TLSA RRset of a host; without records, their secure absence."""
    owner = f"_25._tcp.{host}"
    texts = tuple(f"{each.usage} {each.selector} {each.mtype} {each.data.hex()}" for each in records)
    found = msgspec.structs.replace(lookup(owner, "TLSA", *texts), **changes)
    candidates = (TlsaSet(base=host, lookup=found, records=tuple(sorted(records))),)
    return HostTlsa(host=host, candidates=candidates)


def no_policy(**changes: Any) -> StsFacts:
    """No record at `_mta-sts`, no TLSRPT."""
    base = StsFacts(
        found=Found.ABSENT,
        txt=lookup(f"_mta-sts.{DOMAIN}", "TXT"),
        tlsrpt=lookup(f"_smtp._tls.{DOMAIN}", "TXT"),
        tlsrpt_reason="There is no TXT record.",
    )
    return msgspec.structs.replace(base, **changes)


#: The record and the place of a policy.
RECORD = (b"v=STSv1; id=20261123;",)
URL = "https://mta-sts.b.example/.well-known/mta-sts.txt"


def sts(**changes: Any) -> StsFacts:
    fetch = PolicyFetch(
        url=URL, host="mta-sts.b.example", address="192.0.2.80", status=200, content_type=b"text/plain"
    )
    base = no_policy(
        found=Found.FOUND,
        txt=lookup("_mta-sts.b.example", "TXT", '"v=STSv1; id=20261123;"'),
        texts=RECORD,
        policy_id="20261123",
        fetch=fetch,
        policy=StsPolicy(mode="enforce", mx=(HOST,), max_age=604800),
        tlsrpt=lookup("_smtp._tls.b.example", "TXT", '"v=TLSRPTv1; rua=mailto:t@b.example"'),
        tlsrpt_texts=(b"v=TLSRPTv1; rua=mailto:t@b.example",),
        tlsrpt_rua=("mailto:t@b.example",),
    )
    return msgspec.structs.replace(base, **changes)


def _body(policy: StsPolicy) -> bytes:
    lines = ["version: STSv1", f"mode: {policy.mode}", *(f"mx: {each}" for each in policy.mx)]
    return "\n".join([*lines, f"max_age: {policy.max_age}", ""]).encode()


def policy(**changes: Any) -> StsFacts:
    base = StsPolicy(mode="enforce", mx=(HOST,), max_age=604800)
    changed = msgspec.structs.replace(base, **changes)
    facts = sts(policy=changed)
    assert facts.fetch is not None
    return msgspec.structs.replace(facts, fetch=msgspec.structs.replace(facts.fetch, body=_body(changed)))


def walk(**changes: Any) -> Walk:
    """Signed, reachable, a good certificate, TLSA that matches it; no policy."""
    base = Walk(
        path=Path(recipient=DOMAIN, sender="a.example"),
        at=NOW,
        resolver="127.0.0.1:53",
        sender=SenderFacts(domain="a.example", ehlo="mail.a.example", port25=Found.FOUND),
        mx=mx(),
        dnssec=DnssecFacts(weakest=Security.SECURE),
        sts=no_policy(),
        tlsa=TlsaFacts(hosts=(tlsa(record(3, 1, 1, spki(GOOD))),)),
        starttls=with_and_without_sni(GOOD.der, INTERMEDIATE.der),
        roots=(ROOT.der,),
        steps=tuple(
            StepResult(id=step, status=Status.PASS, word="FINE", summary="As it should be.")
            for step in STEPS[:-1]
        ),
    )
    return msgspec.structs.replace(base, **changes)
