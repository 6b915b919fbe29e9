"""A few words that make walks: hosts with addresses, TLSA and a server behind them, without a network.

path(mx("mx1", tls(WEB)))                     one host below b.example, good certificate, nothing signed
path(mx("mx1", tls(SELF), tlsa=(ee(SELF),)), signed=True)
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID
from msgspec.structs import replace

from mailpath.exchanges import Failure, Stage, TlsProfile, TlsSession
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

DOMAIN = "b.example"
AT = 1780272000

SECURE, INSECURE, BOGUS = Security.SECURE, Security.INSECURE, Security.BOGUS


# --- certificates ----------------------------------------------------------------------------------


@cache
def _issued(cn, issuer, names, days, usage=None):
    key = ec.generate_private_key(ec.SECP256R1())
    parent_key, parent = (key, None) if issuer is None else issuer
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, cn)])
    now = datetime.fromtimestamp(AT, UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if parent is None else parent.subject)
        .public_key(key.public_key())
        .serial_number(1 + len(cn))
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(not names, None), critical=True)
    )
    if names:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False
        )
    if usage is not None:
        builder = builder.add_extension(usage, critical=True)
    return key, builder.sign(parent_key, hashes.SHA256())


def der(certificate):
    return certificate.public_bytes(Encoding.DER)


@cache
def root():
    return _issued("Example Root", None, (), (-400, 4000))


@cache
def anchor():
    return _issued("Private Anchor", None, (), (-400, 4000))


@cache
def web(*names, days=(-30, 300), usage=None):
    """Chain of a certificate by the trusted root."""
    return (der(_issued(names[0], root(), names, days, usage)[1]),)


def key_usage(*bits):
    """keyUsage with these bits, by the names that `cryptography` has for them."""
    names = (
        "digital_signature content_commitment key_encipherment data_encipherment key_agreement"
        " key_cert_sign crl_sign encipher_only decipher_only"
    )
    return x509.KeyUsage(**{name: name in bits for name in names.split()})


@cache
def own(*names, days=(-30, 300)):
    """A self-signed certificate."""
    return (der(_issued(names[0], None, names, days)[1]),)


@cache
def private(*names):
    """Chain of a certificate by a private anchor, sent with it."""
    return (der(_issued(names[0], anchor(), names, (-30, 300))[1]), der(anchor()[1]))


WEB = web("mx1.b.example")
WEB2 = web("mx2.b.example")
SELF = own("mx1.b.example")
SELF2 = own("mx2.b.example")
WRONG = web("elsewhere.example")
EXPIRED = web("mx1.b.example", days=(-90, -10))


def _spki(certificate):
    loaded = x509.load_der_x509_certificate(certificate)
    return loaded.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def ee(chain):
    """3 1 1 of the leaf."""
    return TlsaRecord(usage=3, selector=1, mtype=1, data=sha256(_spki(chain[0])).digest())


def ta(chain):
    """2 1 1 of the certificate above the leaf."""
    return TlsaRecord(usage=2, selector=1, mtype=1, data=sha256(_spki(chain[1])).digest())


STALE = TlsaRecord(usage=3, selector=1, mtype=1, data=bytes(32))
PKIX_EE = TlsaRecord(usage=1, selector=1, mtype=1, data=bytes(32))
SHORT = TlsaRecord(usage=3, selector=1, mtype=1, data=b"short")
ODD_TYPE = TlsaRecord(usage=3, selector=1, mtype=9, data=bytes(32))


# --- sessions --------------------------------------------------------------------------------------


def reply(line):
    code, _, text = line.partition(" ")
    return Reply(code=int(code), lines=(text.encode(),))


OK = reply("250 ok")
HELLO = {"greeting": reply("220 hello"), "ehlo": OK}
OFFERED = {
    "greeting": reply("220 hello"),
    "ehlo": Reply(code=250, lines=(b"mx", b"PIPELINING", b"STARTTLS")),
    "extensions": ("PIPELINING", "STARTTLS"),
}
READY = {**OFFERED, "starttls": reply("220 ready")}


def ended(failure, stage, **said):
    return lambda sni: {**said, "failure": failure, "failed_at": stage, "detail": "it broke off"}


def tls(chain, *, sni=None, version="TLSv1.3", cipher="X", gnutls="", reply_in_tls=OK):
    """STARTTLS works; `sni`: chain by the name sent, where it is another; `gnutls`: the suite then."""

    def answer(name):
        shown = (sni or {}).get(name, chain)
        return {
            **READY,
            "tls": TlsSession(version=version, cipher=cipher, chain=shown),
            "ehlo_tls": reply_in_tls,
        }

    if gnutls:
        vars(answer)["gnutls"] = gnutls
    return answer


def injected(chain):
    """STARTTLS works, but more than its reply came in the clear."""
    answer = tls(chain)
    return lambda sni: {**answer(sni), "injected": b"250 stranger\r\n"}


def announces(lines, chain):
    """EHLO is answered with these lines, which readers of keywords take for STARTTLS; it works."""
    answer = tls(chain)
    said = Reply(code=int(lines[0][:3]), lines=tuple(line[4:].encode() for line in lines))
    return lambda sni: {**answer(sni), "ehlo": said}


def plain(_sni):
    return HELLO


def refuses(line):
    """STARTTLS is offered and answered `line`."""
    return lambda _sni: {**OFFERED, "starttls": reply(line)}


def greets(line):
    return lambda _sni: {"greeting": reply(line)}


def helo_only(_sni):
    return {"greeting": reply("220 hello"), "ehlo": reply("502 no"), "helo": OK}


def says_hello(line):
    """EHLO is answered `line`, and HELO with 250; STARTTLS is not offered."""
    return lambda _sni: {"greeting": reply("220 hello"), "ehlo": reply(line), "helo": OK}


def helo_in_tls(chain):
    """EHLO is refused inside TLS, and HELO is not."""
    answer = tls(chain, reply_in_tls=reply("502 no"))
    return lambda sni: {**answer(sni), "helo_tls": OK}


def closes_in_tls(chain):
    session = {**READY, "tls": TlsSession(version="TLSv1.3", cipher="X", chain=chain)}
    return ended(Failure.CLOSED, Stage.EHLO_TLS, **session)


down = ended(Failure.REFUSED, Stage.CONNECT)
black_hole = ended(Failure.TIMEOUT, Stage.CONNECT)
mute = ended(Failure.TIMEOUT, Stage.GREETING)
aborts = ended(Failure.CLOSED, Stage.HANDSHAKE, **READY)
drops = ended(Failure.CLOSED, Stage.STARTTLS, **OFFERED)
refuses_and_goes = ended(Failure.CLOSED, Stage.ENVELOPE, **OFFERED, starttls=reply("421 4.7.0 no"))
babbles = ended(Failure.PROTOCOL, Stage.STARTTLS, **OFFERED, starttls=Reply(code=None, lines=(b"what",)))


# --- hosts and paths -------------------------------------------------------------------------------


def lookup(name, rdtype, *, found=Found.FOUND, security=INSECURE, **rest):
    fields = {"canonical": name, "rcode": "NOERROR", "final_security": security, **rest}
    return Lookup(name=name, rdtype=rdtype, found=found, security=security, **fields)


def absent(name, rdtype, security=INSECURE, rcode="NOERROR"):
    return lookup(name, rdtype, found=Found.ABSENT, security=security, rcode=rcode)


def failed(name, rdtype):
    return Lookup(name=name, rdtype=rdtype, found=Found.FAILED, canonical=name, rcode="SERVFAIL")


class Host:
    """One MX host before the path decides what is signed."""

    def __init__(self, name, server=None, *, at=10, **options):
        self.name = name if "." in name or ":" in name else f"{name}.{DOMAIN}"
        self.server, self.at, self.options = server, at, options

    def address(self, number):
        return f"192.0.2.{number}"


def mx(name, server=None, **options):
    """Options: at (preference), tlsa, tlsa_fails, address ("none", "missing", "fails", "bogus"), security,
    asked (further SNI that was sent), alias (CNAME target), alias_security, tlsa_at (base domain), v6 (a
    server), form, also_at, addresses."""
    return Host(name, server, **options)


def _host(host, number, signed):
    """(MxHost, HostTlsa, sessions) of one host."""
    options = host.options
    security = options.get("security", SECURE if signed else INSECURE)
    target = options.get("alias", host.name)
    links: tuple[AliasLink, ...] = ()
    if "alias" in options:
        first = options.get("alias_security", SECURE if signed else INSECURE)
        links = (AliasLink(owner=host.name, target=target, security=first),)
    state = options.get("address", "found")
    v4 = _address(host.name, state, security, canonical=target, links=links)
    v6 = absent(host.name, "AAAA", security, rcode=v4.rcode or "NOERROR")
    addresses = [host.address(number)] if state in ("found", "bogus") else []
    servers = dict.fromkeys(addresses, host.server)
    if "v6" in options:
        v6 = lookup(host.name, "AAAA", security=security, canonical=target, links=links)
        addresses.insert(0, f"2001:db8::{number}")
        servers[addresses[0]] = options["v6"]
    for extra in options.get("addresses", ()):
        addresses.append(extra)
        servers[extra] = host.server
    form = options.get("form", "name")
    made = MxHost(
        name=host.name,
        preference=host.at,
        form=form,
        v6=v6 if form != "ip-literal" else None,
        v4=v4 if form != "ip-literal" else None,
        addresses=tuple(addresses),
        also_at=options.get("also_at", ()),
    )
    found = _tlsa(host, security, target, links)
    names = {None, host.name, *(candidate.base for candidate in found.candidates), *options.get("asked", ())}
    sessions = [
        session
        for address, server in servers.items()
        if server is not None
        for sni in sorted(names, key=lambda name: name or "")
        for session in _sessions(address, sni, server)
    ]
    return made, found, sessions


def _address(name, state, security, **fields):
    if state == "fails":
        return failed(name, "A")
    if state in ("none", "missing"):
        return absent(name, "A", security, rcode="NXDOMAIN" if state == "missing" else "NOERROR")
    return lookup(name, "A", security=BOGUS if state == "bogus" else security, **fields)


def _tlsa(host, security, target, links):
    options = host.options
    records = options.get("tlsa", ())
    base = options.get("tlsa_at", target)
    candidates = []
    bases = [target] if security is SECURE else []
    if links and links[0].security is SECURE:
        bases.append(host.name)
    for each in dict.fromkeys(bases):
        name = f"_25._tcp.{each}"
        if options.get("tlsa_fails") == each or (options.get("tlsa_fails") is True):
            candidates.append(TlsaSet(base=each, lookup=failed(name, "TLSA")))
        elif records and each == base:
            kept = options.get("tlsa_security", SECURE)
            candidates.append(TlsaSet(base=each, lookup=lookup(name, "TLSA", security=kept), records=records))
        else:
            candidates.append(TlsaSet(base=each, lookup=absent(name, "TLSA", SECURE)))
    return HostTlsa(host=host.name, candidates=tuple(candidates))


def _sessions(address, sni, server):
    made = Session(address=address, port=25, sni=sni, **server(sni))
    yield made
    if made.tls is not None and (other := getattr(server, "gnutls", "")):
        yield replace(made, profile=TlsProfile.GNUTLS, tls=replace(made.tls, cipher=other))
    if made.tls is not None and not made.tls.chain:
        no_suite = {"failure": Failure.TLS_ALERT, "failed_at": Stage.HANDSHAKE, "tls": None, "ehlo_tls": None}
        yield replace(made, profile=TlsProfile.AUTHENTICATED, **no_suite)


def path(*hosts, signed=False, mx_security=None, kind=MxKind.HOSTS, sts=None, **facts):
    """The walk over these hosts.  `signed`: MX RRset and addresses; `sts`: see `policy()`."""
    security = mx_security or (SECURE if signed else INSECURE)
    made = [_host(host, number, signed) for number, host in enumerate(hosts, 1)]
    made.sort(key=lambda each: (each[0].preference, each[0].name))
    record = lookup(DOMAIN, "MX", security=security)
    if kind in (MxKind.IMPLICIT, MxKind.NONE):
        record = absent(DOMAIN, "MX", security)
    found = MxFacts(
        kind=kind,
        lookup=facts.pop("mx_lookup", record),
        hosts=tuple(each[0] for each in made),
        null_beside=facts.pop("null_beside", False),
    )
    sessions = tuple(session for each in made for session in each[2])
    return Walk(
        path=Path(recipient=DOMAIN),
        at=AT,
        resolver="192.0.2.53",
        sender=facts.pop("sender", SenderFacts()),
        mx=found,
        dnssec=DnssecFacts(),
        sts=sts or StsFacts(found=Found.ABSENT, txt=absent(f"_mta-sts.{DOMAIN}", "TXT")),
        tlsa=TlsaFacts(hosts=tuple(each[1] for each in made)),
        starttls=StarttlsFacts(sessions=sessions),
        roots=(der(root()[1]),),
    )


def policy(*patterns, mode="enforce", text=b"v=STSv1; id=1;", status=200, body=None, chain=None, **fetch):
    """MTA-STS facts: a record, and a policy fetched from a good host."""
    lines = ["version: STSv1", f"mode: {mode}", *(f"mx: {pattern}" for pattern in patterns), "max_age: 86400"]
    host = f"mta-sts.{DOMAIN}"
    return StsFacts(
        found=Found.FOUND,
        txt=lookup(f"_mta-sts.{DOMAIN}", "TXT"),
        texts=(text,),
        fetch=PolicyFetch(
            url=f"https://{host}/.well-known/mta-sts.txt",
            host=host,
            status=status,
            content_type=b"text/plain",
            body=body or "\n".join(lines).encode() + b"\n",
            chain=chain or web(host),
            **fetch,
        ),
    )
