"""The tree: the top, aliases from branch to branch, delegations signed, unsigned and stranded."""

from __future__ import annotations

from interop_delegations import GOOD
from interop_model import Zone
from interop_zones_denial import APEX, MAIL

TOP = (
    Zone(
        name=".",
        about="the root of this internet",
        server="root",
        secure="@ SOA, @ NS, @ DNSKEY, nonesuch A, island. DS, unsigned. DS",
    ),
    Zone(
        name="example",
        about="a signed top-level domain, NSEC3 without opt-out",
        server="knotd",
        algorithms=("RSASHA256",),
        denial="nsec3",
        delegation=GOOD,
        secure=f"{APEX}, nonesuch MX, a.nonesuch TLSA, unsigned DS",
    ),
    Zone(
        name="optout",
        about="a signed top-level domain with opt-out, as the large ones have it",
        server="named",
        denial="optout",
        delegation=GOOD,
        body='there TXT "not a delegation"',
        secure=f"{APEX}, there TXT, there A, signed DS",
        insecure="nonesuch A, a.b.nonesuch MX, unsigned DS, below.ent DS",
    ),
    Zone(
        name="unsigned",
        about="an unsigned top-level domain",
        signer="",
        body="www A 192.0.2.80",
        insecure="www A, www MX, nope A, @ SOA",
    ),
)

ALIASES = (
    Zone(
        name="alias.example",
        about="CNAMEs: the weakest link decides",
        server="named",
        body="""
inside    CNAME www
www       A     192.0.2.80
across    CNAME www.nsec3.example.
twice     CNAME across
wild      CNAME x.wild.nsec.example.
weak      CNAME www.unsigned.
weaker    CNAME weak
bad       CNAME www.tampered.example.
baddest   CNAME bad
missing   CNAME nope.nsec3.example.
nodata    CNAME www.nsec3.example.
outout    CNAME nope.optout.
dname     CNAME www.inside.dname.example.
*.star    CNAME www
*.weak    CNAME www.unsigned.
c1        CNAME c2
c2        CNAME c3
c3        CNAME c4
c4        CNAME c5
c5        CNAME c6
c6        CNAME c7
c7        CNAME c8
c8        CNAME www
loop      CNAME pool
pool      CNAME loop
""",
        delegation=GOOD,
        secure="inside A, across A, twice A, inside CNAME, wild TXT, missing A, nodata TXT, dname A, "
        "x.star A, x.star CNAME, x.star TXT, loop CNAME, bad CNAME, weak CNAME, c1 A",
        insecure="weak A, weaker A, weak MX, weak DS, outout A, x.weak A",
        bogus="bad A, baddest A",
    ),
    Zone(
        name="dname.example",
        about="DNAMEs: the synthesized CNAME carries no signature of its own",
        body="""
inside    DNAME nsec.example.
local     DNAME here
www.here  A     192.0.2.80
weak      DNAME unsigned.
bad       DNAME tampered.example.
chain     DNAME inside
twice     CNAME www.chain
""",
        denial="nsec3",
        delegation=GOOD,
        secure="www.inside A, mail.inside AAAA, nope.inside A, x.wild.inside TXT, www.local A, "
        "inside DNAME, inside A, www.chain A, twice A, a.b.local TXT",
        insecure="www.weak A, nope.weak A",
        bogus="www.bad A",
    ),
    Zone(
        name="dname-apex.example",
        about="a DNAME at the apex",
        host="ns.example.",
        server="knotd",
        signer="knot",
        body="@ DNAME nsec3.example.\n",
        delegation=GOOD,
        secure="www A, @ A, @ DNAME, _25._tcp.mail TLSA, nope MX",
    ),
)

DELEGATIONS = (
    Zone(
        name="signed.optout",
        about="a signed child of an opt-out zone",
        body=MAIL,
        delegation=GOOD,
        secure="@ MX, www A, www TXT, nope A, x.wild TXT",
    ),
    Zone(
        name="unsigned.optout",
        about="an unsigned child inside an opt-out span",
        signer="",
        server="named",
        body=MAIL,
        insecure="@ MX, www A, nope A, www TXT",
    ),
    Zone(
        name="below.ent.optout",
        about="an unsigned child below an empty non-terminal of an opt-out zone",
        signer="",
        body="www A 192.0.2.80",
        insecure="www A, nope A",
    ),
    Zone(
        name="signed.ent.optout",
        about="a signed child below an empty non-terminal of an opt-out zone",
        body="www A 192.0.2.80",
        delegation=GOOD,
        secure="www A, nope A, @ DS",
    ),
    Zone(
        name="unsigned.example",
        about="an insecure delegation, proven by NSEC3",
        signer="",
        server="knotd",
        body=MAIL,
        insecure="@ MX, www A, nope A, www TXT",
    ),
    Zone(
        name="unsigned.nsec.example",
        about="an insecure delegation, proven by NSEC",
        signer="",
        body=MAIL,
        secure="@ DS",
        insecure="@ NS, @ SOA, ns A, @ MX, www A, nope A, a.b.c.d A",
    ),
    Zone(
        name="signed.unsigned.example",
        about="signed, but no chain leads there",
        body=MAIL,
        delegation=GOOD,
        insecure="@ MX, www A, nope A, @ DNSKEY, @ DS",
    ),
    Zone(
        name="island",
        about="signed and no DS: an island of trust",
        body=MAIL,
        insecure="@ MX, www A, nope A, x.wild TXT",
    ),
    Zone(
        name="below.island",
        about="signed child of an island",
        server="named",
        body=MAIL,
        delegation=GOOD,
        insecure="@ MX, www A, nope A",
    ),
    Zone(
        name="island.example",
        about="a second-level island",
        server="named",
        denial="nsec3",
        body=MAIL,
        insecure="@ MX, www A, nope A, www TXT",
    ),
    Zone(
        name="child.a.b.nsec.example",
        about="a signed child two empty non-terminals down",
        server="named",
        body=MAIL,
        delegation=GOOD,
        secure="@ MX, www A, nope A, b.nsec.example. A, a.b.nsec.example. TXT, x.b.nsec.example. A, @ DS",
    ),
    Zone(
        name="child.a.b.nsec3.example",
        about="the same below NSEC3",
        signer="ldns",
        body=MAIL,
        denial="nsec3",
        delegation=GOOD,
        secure="@ MX, www A, nope A, b.nsec3.example. A, x.b.nsec3.example. A",
    ),
    Zone(
        name="l2.deep.example",
        about="several cuts below one another",
        body="a.b.c.d.e.f.g.h TXT deep\n",
        delegation=GOOD,
        secure="a.b.c.d.e.f.g.h TXT, d.e.f.g.h A, x.h A",
    ),
    Zone(
        name="l3.l2.deep.example",
        about="",
        server="named",
        algorithms=("RSASHA512",),
        denial="nsec3",
        body="www A 192.0.2.80",
        delegation=GOOD,
        secure="www A, nope A",
    ),
    Zone(
        name="l4.l3.l2.deep.example",
        about="",
        server="knotd",
        signer="knot",
        algorithms=("ED25519",),
        body="www A 192.0.2.80\n_25._tcp.mx1.x.y.z TLSA 2 0 1 " + "ab" * 32,
        delegation=GOOD,
        secure="www A, nope A, _25._tcp.mx1.x.y.z TLSA, y.z A, _25._tcp.nope.x.y.z TLSA",
    ),
    Zone(
        name="here.wildcut.example",
        about="a cut beside a wildcard of its parent",
        body="www A 192.0.2.80",
        delegation=GOOD,
        secure="www A, nope A",
    ),
    Zone(
        name="wildcut.example",
        about="a wildcard that a cut and an empty non-terminal block",
        body="* A 192.0.2.99\n*.sub MX 0 .\nx.ent A 192.0.2.1\n",
        denial="nsec3",
        server="named",
        delegation=GOOD,
        secure="anything A, any.thing A, anything TXT, ent A, y.ent A, sub A, x.sub MX, x.sub A",
    ),
)

ZONES = TOP + ALIASES + DELEGATIONS
