"""What a parent says of a child and the child does not keep; and changes that only look wrong."""

from __future__ import annotations

import interop_delegations as delegations
import interop_surgery as surgery
from interop_delegations import GOOD
from interop_model import DAY, Zone
from interop_zones_denial import MAIL

_SOME = "@ MX, www A, nope A, x.wild TXT"

WINDOWS = (
    Zone(
        name="expired.example",
        about="every signature ran out three days ago",
        body=MAIL,
        window=(-30 * DAY, -3 * DAY),
        delegation=GOOD,
        bogus=f"{_SOME}, www TXT, _25._tcp.mail TLSA",
        secure="@ DS",
    ),
    Zone(
        name="expired3.example",
        about="the same with NSEC3, by ldns",
        signer="ldns",
        server="named",
        body=MAIL,
        denial="nsec3",
        window=(-30 * DAY, -3 * DAY),
        delegation=GOOD,
        bogus=_SOME,
    ),
    Zone(
        name="future.example",
        about="every signature begins in three days",
        body=MAIL,
        window=(3 * DAY, 30 * DAY),
        delegation=GOOD,
        bogus=f"{_SOME}, www TXT, _25._tcp.mail TLSA",
        secure="@ DS",
    ),
    Zone(
        name="soon.example",
        about="every signature begins in an hour",
        body=MAIL,
        window=(3600, 30 * DAY),
        delegation=GOOD,
        bogus=_SOME,
    ),
    Zone(
        name="expired-island.example",
        about="expired, but no DS says that it must be valid",
        body=MAIL,
        window=(-30 * DAY, -3 * DAY),
        insecure=_SOME,
    ),
)

TRUST = (
    Zone(
        name="wrong-digest.example",
        about="a DS with the right tag and another digest",
        body=MAIL,
        delegation=delegations.wrong_digest,
        bogus=_SOME,
        secure="@ DS",
    ),
    Zone(
        name="wrong-key.example",
        about="a DS for a key that is not there",
        body=MAIL,
        delegation=delegations.wrong_key,
        bogus=_SOME,
        secure="@ DS",
    ),
    Zone(
        name="below.wrong-key.example",
        about="sound, below a broken zone",
        body=MAIL,
        delegation=GOOD,
        bogus=_SOME,
    ),
    Zone(
        name="unsigned.wrong-key.example",
        about="unsigned, below a broken zone",
        signer="",
        body=MAIL,
        bogus="@ MX, www A",
    ),
    Zone(
        name="one-good-ds.example",
        about="two bad DS beside a good one",
        body=MAIL,
        delegation=delegations.one_good,
        secure=_SOME,
    ),
    Zone(
        name="sha1-good.example",
        about="SHA-1 right, SHA-256 wrong (RFC 4509 section 3)",
        body=MAIL,
        delegation=delegations.sha1_good_sha256_bad,
        bogus=_SOME,
    ),
    Zone(
        name="unknown-digest.example",
        about="DS of an unknown digest type alone",
        body=MAIL,
        delegation=delegations.unknown_digest,
        insecure=_SOME,
        secure="@ DS",
    ),
    Zone(
        name="below.unknown-digest.example",
        about="below it nothing can be proven",
        body=MAIL,
        delegation=GOOD,
        insecure=_SOME,
    ),
    Zone(
        name="unknown-digest-beside.example",
        about="an unknown digest type beside a good DS",
        body=MAIL,
        delegation=delegations.unknown_digest_beside_good,
        secure=_SOME,
    ),
    Zone(
        name="unknown-both.example",
        about="one DS of an unknown algorithm, one of an unknown digest",
        body=MAIL,
        delegation=delegations.unknown_both,
        insecure=_SOME,
    ),
    Zone(
        name="unknown-algorithm.example",
        about="an unknown algorithm alone",
        body=MAIL,
        changes=(surgery.unknown_algorithm,),
        delegation=GOOD,
        insecure=_SOME,
        secure="@ DS",
    ),
    Zone(
        name="rsamd5.example",
        about="an algorithm that nobody should know any more",
        signer="ldns",
        algorithms=("RSAMD5",),
        bits=1024,
        body=MAIL,
        delegation=GOOD,
        insecure=_SOME,
        secure="@ DS",
    ),
    Zone(
        name="unknown-beside-good.example",
        about="DS of an unknown algorithm beside a good one",
        body=MAIL,
        delegation=delegations.unknown_algorithm_beside_good,
        secure=_SOME,
    ),
    Zone(
        name="unknown-beside-wrong.example",
        about="DS of an unknown algorithm beside a wrong one",
        body=MAIL,
        delegation=delegations.unknown_algorithm_beside_wrong,
        bogus=_SOME,
    ),
    Zone(
        name="revoked-beside.example",
        about="a revoked key beside the good ones",
        keys="revoked",
        body=MAIL,
        delegation=delegations.not_revoked,
        secure=_SOME,
    ),
    Zone(
        name="revoked-before.example",
        about="the DS is that of the revoked key before it was revoked",
        keys="revoked",
        body=MAIL,
        delegation=delegations.before_revocation,
        bogus=_SOME,
    ),
    Zone(
        name="revoked-ds.example",
        about="the DS is that of the revoked key",
        keys="revoked",
        body=MAIL,
        delegation=delegations.revoked,
        bogus=_SOME,
    ),
    Zone(
        name="unsigned-ds.example",
        about="an unsigned zone with a DS",
        signer="",
        body=MAIL,
        delegation=lambda zone, keys: [delegations.Ds(12345, 13, 2, "ab" * 32)],
        bogus="@ MX, www A, nope A",
    ),
)

ROLLOVER = (
    Zone(
        name="two-algorithms.example",
        about="algorithm rollover: two algorithms, both good",
        algorithms=("RSASHA256", "ECDSAP256SHA256"),
        body=MAIL,
        delegation=GOOD,
        secure=f"{_SOME}, www TXT",
    ),
    Zone(
        name="two-one-ds.example",
        about="the same, DS for the old one only",
        server="named",
        algorithms=("RSASHA256", "ECDSAP256SHA256"),
        denial="nsec3",
        body=MAIL,
        delegation=delegations.only_algorithm(8),
        secure=_SOME,
    ),
    Zone(
        name="two-one-bent.example",
        about="the second algorithm's signatures are all wrong: any good path suffices",
        algorithms=("RSASHA256", "ECDSAP256SHA256"),
        body=MAIL,
        changes=(surgery.bend_algorithm(13),),
        delegation=GOOD,
        secure=_SOME,
    ),
    Zone(
        name="two-one-gone.example",
        about="the second algorithm's signatures are all gone (RFC 6840 section 5.11)",
        algorithms=("RSASHA256", "ECDSAP256SHA256"),
        body=MAIL,
        changes=(surgery.drop_algorithm(8),),
        delegation=GOOD,
        secure=_SOME,
    ),
    Zone(
        name="two-wrong-one.example",
        about="DS for the algorithm whose signatures are gone",
        algorithms=("RSASHA256", "ECDSAP256SHA256"),
        body=MAIL,
        changes=(surgery.drop_algorithm(8),),
        delegation=delegations.only_algorithm(8),
        bogus=_SOME,
    ),
    Zone(
        name="prepublished.example",
        about="keys that do not sign yet or sign only the keys",
        extra_keys=2,
        body=MAIL,
        delegation=GOOD,
        secure=_SOME,
    ),
)

ZONES = WINDOWS + TRUST + ROLLOVER
