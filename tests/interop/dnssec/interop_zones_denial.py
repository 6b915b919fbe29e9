"""How absence is proven, by every signer: NSEC, NSEC3, opt-out, iterations, wildcards, online signing."""

from __future__ import annotations

from interop_delegations import GOOD
from interop_model import Zone

MAIL = f"""
@               MX    10 mail
@               MX    20 Mail2.Nsec.Example.
mail            A     192.0.2.25
mail            AAAA  2001:db8::25
_25._tcp.mail   TLSA  3 1 1 {"8d" * 32}
www             A     192.0.2.80
*.wild          TXT   "from the wildcard"
deep.er.still   TXT   "two empty non-terminals above"
"""
MAIL_POSITIVE = "@ MX, mail A, mail AAAA, _25._tcp.mail TLSA, www A, deep.er.still TXT"
MAIL_WILDCARD = "x.wild TXT, y.x.wild TXT"
MAIL_NODATA = "www TXT, still A, er.still MX, wild TXT"
MAIL_WILDCARD_NODATA = "x.wild A"
MAIL_NXDOMAIN = "nope A, a.b.nope MX, _25._tcp.www TLSA, x.er.still TXT"
MAIL_SECURE = ", ".join((MAIL_POSITIVE, MAIL_WILDCARD, MAIL_NODATA, MAIL_WILDCARD_NODATA, MAIL_NXDOMAIN))
APEX = "@ SOA, @ NS, @ DNSKEY, @ DS, @ TXT"

ZONES = (
    Zone(
        name="nsec.example",
        about="NSEC by BIND",
        server="named",
        body=MAIL
        + r"""
mail2           A     192.0.2.26
odd\.label      TXT   "a dot inside a label"
odd\032space    TXT   "a space inside a label"
\200\255        TXT   "octets above 127"
UPPER           TXT   "upper case"
srv             SRV   0 0 25 Mail.Nsec.Example.
caa             CAA   0 issue "ca.example"
https           HTTPS 1 . alpn=h2
unknown         TYPE65534 \# 4 c0000201
many            TXT   "one" "two" "three"
many            TXT   "ONE"
naptr           NAPTR 10 10 "s" "SIP+D2U" "" Sip.Nsec.Example.
sshfp           SSHFP 4 2 """
        + "ab" * 32
        + """
""",
        delegation=GOOD,
        secure=f"{MAIL_SECURE}, {APEX}, mail2 A, _tcp.mail A, _25._tcp.mail A, "
        r"odd\.label TXT, odd\032space TXT, \200\255 TXT, upper TXT, UpPeR TXT, "
        "srv SRV, caa CAA, https HTTPS, unknown TYPE65534, many TXT, naptr NAPTR, sshfp SSHFP, "
        "@ NSEC, www DS, "
        r"*.wild TXT, \001 A, zzz A",
    ),
    Zone(
        name="nsec3.example",
        about="NSEC3 by BIND",
        body=MAIL,
        denial="nsec3",
        delegation=GOOD,
        secure=f"{MAIL_SECURE}, {APEX}, @ NSEC3PARAM, www DS",
    ),
    Zone(
        name="salted.example",
        about="NSEC3 with salt and iterations by BIND",
        server="named",
        body=MAIL,
        denial="nsec3",
        salt="deadbeef",
        iterations=10,
        delegation=GOOD,
        secure=f"{MAIL_NODATA}, {MAIL_NXDOMAIN}, x.wild TXT, x.wild A",
    ),
    Zone(
        name="ldns-nsec.example",
        about="NSEC by ldns",
        signer="ldns",
        body=MAIL,
        delegation=GOOD,
        secure=f"{MAIL_SECURE}, {APEX}",
    ),
    Zone(
        name="ldns-nsec3.example",
        about="NSEC3 by ldns",
        signer="ldns",
        server="named",
        algorithms=("RSASHA256",),
        body=MAIL,
        denial="nsec3",
        salt="beef",
        iterations=5,
        delegation=GOOD,
        secure=f"{MAIL_NODATA}, {MAIL_NXDOMAIN}, x.wild TXT, x.wild A, www A",
    ),
    Zone(
        name="knot-nsec.example",
        about="NSEC by Knot",
        signer="knot",
        server="knotd",
        body=MAIL,
        delegation=GOOD,
        secure=f"{MAIL_SECURE}, {APEX}",
    ),
    Zone(
        name="knot-nsec3.example",
        about="NSEC3 by Knot",
        signer="knot",
        server="knotd",
        algorithms=("ED25519",),
        body=MAIL,
        denial="nsec3",
        salt="random",
        delegation=GOOD,
        secure=f"{MAIL_SECURE}, {APEX}",
    ),
    Zone(
        name="optout.example",
        about="NSEC3 opt-out by Knot: what is denied by its spans is not proven",
        signer="knot",
        server="knotd",
        body=MAIL + "insecure NS ns.unsigned.\n",
        denial="optout",
        delegation=GOOD,
        secure=f"{MAIL_POSITIVE}, {MAIL_NODATA}",
        insecure=f"{MAIL_NXDOMAIN}, {MAIL_WILDCARD}, {MAIL_WILDCARD_NODATA}, insecure DS",
    ),
    Zone(
        name="online.example",
        about="knotd signs each answer: NSEC records that cover one name only",
        signer="online",
        server="knotd",
        body=MAIL,
        delegation=GOOD,
        secure=f"{MAIL_SECURE}, @ DNSKEY, @ SOA",
    ),
    Zone(
        name="iterations-150.example",
        about="as many iterations as are borne",
        signer="ldns",
        body=MAIL,
        denial="nsec3",
        iterations=150,
        delegation=GOOD,
        secure=f"www A, nope A, www TXT, {MAIL_WILDCARD}, {MAIL_WILDCARD_NODATA}",
    ),
    Zone(
        name="iterations-151.example",
        about="more iterations than are borne: what is there is proven, absence is not (RFC 9276 3.2)",
        signer="ldns",
        body=MAIL,
        denial="nsec3",
        iterations=151,
        delegation=GOOD,
        secure=MAIL_POSITIVE,
        insecure=f"{MAIL_NODATA}, {MAIL_WILDCARD}, {MAIL_WILDCARD_NODATA}, {MAIL_NXDOMAIN}, unsigned DS",
    ),
    Zone(
        name="signed.iterations-151.example",
        about="its DS is found, not denied",
        body="www A 192.0.2.80",
        delegation=GOOD,
        secure="www A, nope A",
    ),
    Zone(
        name="unsigned.iterations-151.example",
        about="its DS is denied by too many iterations",
        signer="",
        body="www A 192.0.2.80",
        insecure="www A, nope A",
    ),
)
