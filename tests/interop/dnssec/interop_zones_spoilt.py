"""Zones that were sound when they were signed: records exchanged, signatures and proofs lost or bent."""

from __future__ import annotations

import interop_surgery as surgery
from interop_delegations import GOOD
from interop_model import Zone
from interop_zones_denial import (
    MAIL,
    MAIL_WILDCARD,
)

_SOME = "@ MX, www A, nope A, x.wild TXT"
_NEGATIVE = "www TXT, er.still MX, x.wild A, nope A, a.b.nope MX"

SIGNATURES = (
    Zone(
        name="tampered.example",
        about="records exchanged behind the signer's back",
        body=MAIL,
        changes=(
            surgery.put("www", "A", "192.0.2.66"),
            surgery.put("@", "MX", "10 evil.example."),
            surgery.put("*.wild", "TXT", "forged"),
        ),
        delegation=GOOD,
        bogus="www A, @ MX, x.wild TXT",
        secure="mail A, nope A, www TXT",
    ),
    Zone(
        name="signature-gone.example",
        about="one RRset has lost its signature",
        server="named",
        body=MAIL,
        changes=(surgery.drop_signatures("www", "A"), surgery.drop_signatures("_25._tcp.mail", "TLSA")),
        delegation=GOOD,
        bogus="www A, _25._tcp.mail TLSA",
        secure="mail A, www TXT, nope A",
    ),
    Zone(
        name="all-signatures-gone.example",
        about="signatures stripped from everything but the keys",
        body=MAIL,
        changes=tuple(surgery.drop_signatures_everywhere(kind) for kind in ("A", "MX", "SOA", "NSEC", "TXT")),
        delegation=GOOD,
        bogus=_SOME,
        secure="@ DNSKEY",
    ),
    Zone(
        name="bent.example",
        about="one bit of one signature",
        body=MAIL,
        changes=(surgery.bend_signatures("www", "A"),),
        delegation=GOOD,
        bogus="www A",
        secure="mail A, www TXT",
    ),
    Zone(
        name="bent-keys.example",
        about="one bit of the DNSKEY RRset's signature",
        body=MAIL,
        changes=(surgery.bend_signatures("@", "DNSKEY"),),
        delegation=GOOD,
        bogus=f"{_SOME}, @ DNSKEY",
        secure="@ DS",
    ),
    Zone(
        name="keys-unsigned.example",
        about="the DNSKEY RRset has no signature",
        body=MAIL,
        changes=(surgery.drop_signatures("@", "DNSKEY"),),
        delegation=GOOD,
        bogus=_SOME,
    ),
    Zone(
        name="keys-gone.example",
        about="no DNSKEY RRset at all",
        body=MAIL,
        changes=(surgery.drop("@", "DNSKEY"),),
        delegation=GOOD,
        bogus=_SOME,
    ),
    Zone(
        name="edited.example",
        about="fields of signatures that are themselves signed",
        body=MAIL
        + "ttl A 192.0.2.1\nlabels A 192.0.2.2\nwindow A 192.0.2.3\nsigner A 192.0.2.4\ntag A 192.0.2.5\n",
        changes=(
            surgery.edit_signatures("ttl", "A", original_ttl=7200),
            surgery.edit_signatures("labels", "A", labels=2),
            surgery.edit_signatures("window", "A", expiration=2**32 - 1),
            surgery.edit_signatures("signer", "A", signer=surgery.EXAMPLE),
            surgery.edit_signatures("tag", "A", key_tag=1),
        ),
        delegation=GOOD,
        bogus="ttl A, labels A, window A, signer A, tag A",
        secure="www A",
    ),
    Zone(
        name="unsigned-added.example",
        about="a name that was never signed",
        body=MAIL,
        changes=(surgery.add_unsigned("forged", "A", "192.0.2.66"),),
        delegation=GOOD,
        bogus="forged A",
        secure="www A",
    ),
)

PROOFS = (
    Zone(
        name="stripped.example",
        about="every NSEC is gone",
        body=MAIL,
        changes=(surgery.drop_everywhere("NSEC"),),
        delegation=GOOD,
        secure="@ MX, www A, deep.er.still TXT",
        bogus=f"{_NEGATIVE}, {MAIL_WILDCARD}",
    ),
    Zone(
        name="stripped3.example",
        about="every NSEC3 is gone",
        body=MAIL,
        denial="nsec3",
        changes=(surgery.drop_everywhere("NSEC3"), surgery.drop("@", "NSEC3PARAM")),
        delegation=GOOD,
        secure="@ MX, www A, deep.er.still TXT",
        bogus=f"{_NEGATIVE}, {MAIL_WILDCARD}",
    ),
    Zone(
        name="unsigned-proofs.example",
        about="NSEC without signatures",
        body=MAIL,
        changes=(surgery.drop_signatures_everywhere("NSEC"),),
        delegation=GOOD,
        secure="www A, @ MX",
        bogus="nope A, www TXT, x.wild TXT",
    ),
    Zone(
        name="unsigned-soa.example",
        about="denials whose SOA has no signature",
        body=MAIL,
        changes=(surgery.drop_signatures("@", "SOA"),),
        delegation=GOOD,
        secure="www A",
        bogus="nope A, www TXT, @ SOA",
    ),
    Zone(
        name="unsigned-ns.example",
        about="the NS RRset has no signature",
        body=MAIL,
        changes=(surgery.drop_signatures("@", "NS"),),
        delegation=GOOD,
        secure="www A, nope A",
        bogus="@ NS",
    ),
    Zone(
        name="bent-proofs.example",
        about="NSEC3 with bent signatures",
        body=MAIL,
        denial="nsec3",
        changes=(surgery.bend_everywhere("NSEC3"),),
        delegation=GOOD,
        secure="www A, @ MX",
        bogus=f"{_NEGATIVE}, {MAIL_WILDCARD}",
    ),
    Zone(
        name="lying-nsec.example",
        about="an NSEC with another bitmap",
        body=MAIL,
        changes=(surgery.put("www", "NSEC", "lying-nsec.example. A TXT RRSIG NSEC"),),
        delegation=GOOD,
        secure="www A, mail TXT",
        bogus="www TXT, zzz A",
    ),
    Zone(
        name="no-cut-proof.example",
        about="delegations whose proof is gone",
        body=MAIL,
        changes=(
            surgery.drop("bare", "NSEC"),
            surgery.drop_signatures("unsigned-ds", "DS"),
            surgery.drop("ds-gone", "DS"),
        ),
        delegation=GOOD,
        secure="www A",
        bogus="bare DS, unsigned-ds DS",
    ),
    Zone(
        name="bare.no-cut-proof.example",
        about="unsigned, and nothing proves that it may be",
        signer="",
        body="www A 192.0.2.80",
        bogus="www A",
    ),
    Zone(
        name="unsigned-ds.no-cut-proof.example",
        about="its DS has no signature",
        body="www A 192.0.2.80",
        delegation=GOOD,
        bogus="www A",
    ),
    Zone(
        name="ds-gone.no-cut-proof.example",
        about="its DS is gone, but the NSEC says that there is one",
        body="www A 192.0.2.80",
        delegation=GOOD,
        bogus="www A",
    ),
)

ODD = (
    Zone(
        name="only-zsk.example",
        about="the key that the DS names has not signed the keys",
        body=MAIL,
        changes=(surgery.drop_signatures_by_sep,),
        delegation=GOOD,
        bogus=_SOME,
    ),
    Zone(
        name="odd.example",
        about="what looks odd and is allowed: a TTL above the signed one, a signer in upper case",
        body=MAIL,
        changes=(
            surgery.raise_ttl("www", "A", 86_400),
            surgery.edit_signatures("@", "MX", signer=surgery.ODD),
        ),
        delegation=GOOD,
        secure=_SOME,
    ),
    Zone(
        name="bent-dname.example",
        about="a DNAME whose signature is bent",
        body="inside DNAME nsec.example.\nwww A 192.0.2.80\n",
        changes=(surgery.bend_signatures("inside", "DNAME"),),
        delegation=GOOD,
        secure="www A",
        bogus="www.inside A, inside DNAME, nope.inside MX",
    ),
    Zone(
        name="nobody.example",
        about="a signed zone that nobody serves",
        server="nobody",
        body=MAIL,
        delegation=GOOD,
        unanswered="www A, @ MX",
    ),
)

ZONES = SIGNATURES + PROOFS + ODD
