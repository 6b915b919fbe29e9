"""Every algorithm, every DS digest, and ways to lay out keys."""

from __future__ import annotations

from interop_delegations import GOOD, digests
from interop_model import Zone

_SHORT = "@ MX 10 mail\nmail A 192.0.2.25\n*.wild TXT wild\n"
_SHORT_SECURE = "@ MX, mail TXT, nope A, x.wild TXT"


def _algorithm(name: str, algorithm: str, denial: str, signer: str, server: str) -> Zone:
    return Zone(
        name=f"{name}.example",
        about=f"{algorithm} by {signer}",
        signer=signer,
        server=server,
        algorithms=(algorithm,),
        denial=denial,
        body=_SHORT,
        delegation=GOOD,
        secure=_SHORT_SECURE,
    )


ZONES = (
    _algorithm("rsasha1", "RSASHA1", "nsec", "ldns", "nsd"),
    _algorithm("rsasha1-nsec3", "NSEC3RSASHA1", "nsec3", "bind", "named"),
    _algorithm("rsasha256", "RSASHA256", "nsec", "knot", "knotd"),
    _algorithm("rsasha512", "RSASHA512", "nsec3", "bind", "nsd"),
    _algorithm("p256", "ECDSAP256SHA256", "nsec3", "ldns", "nsd"),
    _algorithm("p384", "ECDSAP384SHA384", "nsec", "knot", "knotd"),
    _algorithm("ed25519", "ED25519", "nsec", "bind", "named"),
    _algorithm("ed448", "ED448", "nsec3", "bind", "nsd"),
    _algorithm("ed448-ldns", "ED448", "nsec", "ldns", "named"),
    Zone(
        name="ds-sha1.example",
        about="a DS of SHA-1 alone",
        body=_SHORT,
        delegation=digests(1),
        secure=_SHORT_SECURE,
    ),
    Zone(
        name="ds-sha384.example",
        about="a DS of SHA-384 alone",
        body=_SHORT,
        delegation=digests(4),
        secure=_SHORT_SECURE,
    ),
    Zone(
        name="ds-all.example",
        about="DS of every digest",
        body=_SHORT,
        delegation=digests(1, 2, 4),
        secure=f"{_SHORT_SECURE}, @ DS",
    ),
    Zone(
        name="single.example",
        about="one key for everything",
        keys="single",
        server="knotd",
        signer="knot",
        body=_SHORT,
        delegation=GOOD,
        secure=_SHORT_SECURE,
    ),
    Zone(
        name="plain.example",
        about="one key for everything, without the SEP bit",
        keys="plain",
        body=_SHORT,
        delegation=GOOD,
        secure=_SHORT_SECURE,
    ),
    Zone(
        name="large.example",
        about="DNSKEY and TXT answers that need TCP",
        algorithms=("RSASHA256",),
        extra_keys=4,
        body=_SHORT + "".join(f'big TXT "{number:03} {"x" * 200}"\n' for number in range(30)),
        delegation=GOOD,
        secure=f"{_SHORT_SECURE}, @ DNSKEY, big TXT",
    ),
)
