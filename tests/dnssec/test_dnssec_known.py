"""Whose trust anchors: compared by content, DS against DNSKEY, by the names that they are of."""

from __future__ import annotations

import dns.dnssec
import dns.name
import dns.rdata
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailpath.dnssec.known import at_the_root_alone, whose, within
from mailpath.network.anchors import ROOT_ANCHORS

OLD, NEW = ROOT_ANCHORS.splitlines()
#: KSK-2017 as IANA publishes it (RFC 9718), which the first of the built-in DS records is the digest of.
KSK_2017 = (
    ". 172800 IN DNSKEY 257 3 8 AwEAAaz/tAm8yTn4Mfeh5eyI96WSVexTBAvkMgJzkKTOiW1vkIbzxeF3+/4RgWOq7HrxRixHlFlEx"
    "OLAJr5emLvN7SWXgnLh4+B5xQlNVz8Og8kvArMtNROxVQuCaSnIDdD5LKyWbRd2n9WGe2R8PzgCmr3EgVLrjyBxWezF0jLHwVN8efS3rCj"
    "/EWgvIWgb9tarpVUDK/b58Da+sqqls3eNbuv7pr+eoZG+SrDK6nWeL3c6H5Apxz7LjVc1uTIdsIXxuOLYA4/ilBmSVIzuDWfdRUfhHdY6+"
    "cn8HFRm+2hM8AnXGXws9555KrUB5qihylGa8subX2Nn6UwNR1AkUTV74bU="
)
OWN = f". DS 20326 8 2 {'ab' * 32}"


@pytest.mark.parametrize(
    "text",
    [
        ROOT_ANCHORS,
        f"{NEW}\n{OLD}\n",
        OLD,
        NEW,
        f"; a comment\n{OLD.replace('. IN', '. 3600 IN').lower()} ;;state=2 [  VALID  ]\n",
        KSK_2017,
        f"{KSK_2017}\n{NEW}\n",
        f"{KSK_2017}\n{OLD}\n",
    ],
)
def test_iana_s(text: str) -> None:
    assert whose(text) == "iana"
    assert at_the_root_alone(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "; nothing but a comment",
        "no zone file (",
        OWN,
        f"{ROOT_ANCHORS}{OWN}\n",
        f"{ROOT_ANCHORS}example. DS 20326 8 2 {'ab' * 32}\n",
        OLD.replace(".", "example.", 1),
        KSK_2017.replace(".", "example.", 1),
        KSK_2017.replace("257 3 8", "385 3 8"),  # revoked: another key (RFC 5011 section 2.1)
        f"{ROOT_ANCHORS}. A 192.0.2.1\n",
        "$GENERATE 1-1000000 a$ A 192.0.2.1\n",
        "$INCLUDE /etc/passwd\n",
    ],
)
def test_nobody_s(text: str) -> None:
    assert whose(text) == "own"


def test_of_the_same_names_some_of_the_same_anchors() -> None:
    corporate = f"corp.example. DS 1 13 2 {'00' * 32}"
    both = f"{ROOT_ANCHORS}{corporate}\n"
    assert within(both, both)
    assert within(f"{OLD}\n{corporate}", both)
    # Left out, the name would be as the zones above it say, or unsigned.
    assert not within(ROOT_ANCHORS, both)
    assert not within(corporate, both)
    assert not at_the_root_alone(both)


@given(st.text(max_size=200))
def test_no_text_breaks_it(text: str) -> None:
    assert whose(text) == "own"


def test_any_digest_that_counts_says_which_key() -> None:
    key = dns.rdata.from_text("IN", "DNSKEY", KSK_2017.split("DNSKEY ")[1])
    longer = dns.dnssec.make_ds(dns.name.root, key, "SHA384")
    assert within(KSK_2017, f". DS {longer}")
    assert within(f". DS {longer}", KSK_2017)


def test_keys_are_compared_with_keys_and_nothing_is_no_anchor() -> None:
    assert within(KSK_2017, KSK_2017)
    assert not within(KSK_2017, KSK_2017.replace("257 3 8", "385 3 8"))
    assert not within("", "")
