"""A host is called the weaker one only where mail that an attacker diverts to it is left there."""

from __future__ import annotations

import pytest
from judge_builders import SELF, SELF2, STALE, WEB, WEB2, aborts, down, ee, mx, path, plain, policy, tls

from mailpath.facts import Walk
from mailpath.findings import find

BOTH = policy("mx1.b.example", "mx2.b.example")
DANE = mx("mx1", tls(SELF), tlsa=(ee(SELF),))

#: Case, walk, what mail to mx2 is; "" where no attacker gains by steering it there.
PATHS = [
    ("mx2 has the certificate of mx1", path(mx("mx1", tls(WEB)), mx("mx2", tls(WEB), at=20), sts=BOTH), ""),
    ("and one of its own", path(mx("mx1", tls(WEB)), mx("mx2", tls(SELF2), at=20), sts=BOTH), ""),
    ("and none", path(mx("mx1", tls(WEB)), mx("mx2", plain, at=20), sts=BOTH), ""),
    ("TLSA that does not match", path(DANE, mx("mx2", tls(SELF2), tlsa=(STALE,), at=20), signed=True), ""),
    ("TLSA and no TLS", path(DANE, mx("mx2", plain, tlsa=(ee(SELF2),), at=20), signed=True), ""),
    ("TLSA that cannot be had", path(DANE, mx("mx2", tls(WEB2), tlsa_fails=True, at=20), signed=True), ""),
    ("only the certificates differ", path(mx("mx1", tls(WEB)), mx("mx2", tls(SELF2), at=20)), ""),
    ("mx2 is down", path(DANE, mx("mx2", down, at=20), signed=True), ""),
    ("no TLSA", path(DANE, mx("mx2", tls(WEB2), at=20), signed=True), "encrypted but not authenticated"),
    ("no TLSA and no TLS", path(DANE, mx("mx2", plain, at=20), signed=True), "in the clear"),
    ("no STARTTLS", path(mx("mx1", tls(SELF)), mx("mx2", plain, at=20)), "in the clear"),
    ("a handshake that fails", path(mx("mx1", tls(SELF)), mx("mx2", aborts, at=20)), "in the clear"),
    (
        "a policy in testing mode",
        path(mx("mx1", tls(WEB)), mx("mx2", plain, at=20), sts=policy("mx1.b.example", mode="testing")),
        "in the clear",
    ),
]


@pytest.mark.parametrize(("case", "walk", "said"), PATHS)
def test_the_judge_confirms_a_weaker_host(case: str, walk: Walk, said: str) -> None:
    told = [each for each in find(walk) if each.code == "TLS015"]
    assert [each.message.rsplit("mail to it is ", 1)[-1] for each in told] == ([f"{said}."] if said else [])
    assert all(each.subject == "mx2.b.example" for each in told)
