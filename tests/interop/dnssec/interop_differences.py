"""Names on which unbound and delv are not of one mind, or on which we differ from both on purpose.

They are not counted among the names on which all agree.  Each entry holds what each one says, and a test
sees to it that it still does.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Difference:
    """`asked`: "NAME TYPE", comma-separated, absolute names.  `why`: who is right by which RFC."""

    asked: str
    unbound: str
    delv: str
    ours: str
    why: str

    @property
    def questions(self) -> list[tuple[str, str]]:
        return [(name, rdtype) for name, rdtype in (item.split() for item in self.asked.split(","))]


UNBOUND_DELV_DIFFER = (
    Difference(
        asked="nonesuch.optout A, a.b.nonesuch.optout MX, unsigned.optout DS, below.ent.optout DS,"
        "outout.alias.example A, nope.optout.example A, a.b.nope.optout.example MX,"
        "_25._tcp.www.optout.example TLSA, x.er.still.optout.example TXT, x.wild.optout.example A,"
        "insecure.optout.example DS",
        unbound="insecure",
        delv="secure",
        ours="insecure",
        why="The proof is signed, but rests on an NSEC3 span with opt-out, in which an unsigned delegation"
        " may lie.  RFC 5155 section 9.2: AD must not be set on such an answer; unbound and we follow."
        "  delv says of the records that they were validated, which they were.",
    ),
    Difference(
        asked="soon.example MX, nope.soon.example A, x.wild.soon.example TXT",
        unbound="secure",
        delv="bogus",
        ours="bogus",
        why="The signatures begin in an hour.  unbound forgives a skew of a tenth of a signature's lifetime,"
        " up to a day (val-sig-skew-max).  RFC 4035 section 5.3.1 knows no skew, nor do delv and we: such a"
        " zone fails at some resolvers.",
    ),
    Difference(
        asked="sha1-good.example MX, nope.sha1-good.example A, x.wild.sha1-good.example TXT",
        unbound="secure",
        delv="bogus",
        ours="bogus",
        why="RFC 4509 section 3: where a SHA-256 DS is there, SHA-1 ones should not be used.  unbound heeds"
        " that only with harden-algo-downgrade, which is off by default.",
    ),
    Difference(
        asked="first-bent.example MX, nope.first-bent.example A, x.wild.first-bent.example TXT",
        unbound="secure",
        delv="bogus",
        ours="secure",
        why="Of two signatures, one by each algorithm of a rollover, one is wrong.  RFC 4035 section 5.3.3:"
        " one good signature is enough.  BIND tries the lower algorithm number first and, since the answer to"
        " KeyTrap (CVE-2023-50387), gives up after the first that fails.",
    ),
)

WE_DIFFER = (
    Difference(
        asked="revoked-ds.example MX, nope.revoked-ds.example A, x.wild.revoked-ds.example TXT",
        unbound="secure",
        delv="secure",
        ours="bogus",
        why="The only DS is that of a key with the REVOKE bit.  RFC 5011 section 2.1: such a key must not be"
        " used for anything but to prove its own revocation.  unbound knows the bit only in its own trust"
        " anchors; BIND heeds it in the keys of data, but not in the key that a DS names.",
    ),
)
