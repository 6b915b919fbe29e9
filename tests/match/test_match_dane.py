"""Do TLSA records match what a server presented (RFC 6698, RFC 7671, RFC 7672)?"""

from hashlib import sha256, sha512

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from mailpath.facts import TlsaRecord
from mailpath.match import dane
from mailpath.match.dane import EXIM_GNUTLS, MOX, POSTFIX, RFC, SENDMAIL, computed, match, unusable
from mailpath.match.pkix import Flaw

AT = 1780272000
DAY = 86400
NAMES = ("mx1.b.example", "b.example")
ALL = pytest.mark.parametrize("rules", [RFC, POSTFIX, EXIM_GNUTLS], ids=["rfc", "postfix", "exim"])


def tlsa(usage, selector, mtype, of):
    """The record for the certificate `of` (DER)."""
    return TlsaRecord(usage=usage, selector=selector, mtype=mtype, data=computed((selector, mtype), of))


def tlsa_of(shape, of):
    usage, selector, mtype = shape
    return tlsa(usage, selector, mtype, of)


def wrong(usage=3, selector=1, mtype=1):
    return TlsaRecord(usage=usage, selector=selector, mtype=mtype, data=bytes({1: 32, 2: 64}[mtype]))


# --- records ---------------------------------------------------------------------------------------


def test_computed_is_what_a_record_says(pki):
    spki = pki.leaf.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert computed((0, 0), pki.leaf.der) == pki.leaf.der
    assert computed((1, 0), pki.leaf.der) == spki
    assert computed((0, 1), pki.leaf.der) == sha256(pki.leaf.der).digest()
    assert computed((1, 1), pki.leaf.der) == sha256(spki).digest()
    assert computed((1, 2), pki.leaf.der) == sha512(spki).digest()
    assert computed((1, 1), b"junk") == b""
    assert computed((7, 1), pki.leaf.der) == b""
    assert computed((1, 9), pki.leaf.der) == b""


@pytest.mark.parametrize(
    ("usage", "selector", "mtype", "data", "words"),
    [
        (0, 0, 1, bytes(32), "PKIX usages"),
        (1, 1, 1, bytes(32), "RFC 7672 section 3.1.3"),
        (7, 1, 1, bytes(32), "unknown certificate usage 7"),
        (255, 1, 1, bytes(32), "unknown certificate usage 255"),
        (3, 2, 1, bytes(32), "unknown selector 2"),
        (3, 1, 9, bytes(32), "unknown matching type 9"),
        (3, 1, 255, bytes(32), "unknown matching type 255"),
        (3, 1, 1, bytes(31), "the digest has 31 bytes"),
        (3, 1, 2, bytes(32), "the digest has 32 bytes"),
        (3, 1, 1, b"", "the digest has 0 bytes"),
        (3, 0, 0, b"garbage", "not a certificate"),
        (2, 0, 0, b"", "not a certificate"),
        (3, 1, 0, b"garbage", "not a public key"),
    ],
)
def test_unusable_says_why(usage, selector, mtype, data, words):
    assert words in unusable(TlsaRecord(usage=usage, selector=selector, mtype=mtype, data=data))


@pytest.mark.parametrize("shape", [(u, s, m) for u in (2, 3) for s in (0, 1) for m in (0, 1, 2)], ids=str)
def test_every_smtp_shape_is_usable(pki, shape):
    assert unusable(tlsa_of(shape, pki.leaf.der)) == ""


def test_full_data_with_bytes_behind_it_is_no_certificate(pki):
    record = TlsaRecord(usage=3, selector=0, mtype=0, data=pki.leaf.der + b"\0")
    assert unusable(record) == "the data is not a certificate"


@ALL
def test_no_records_and_unusable_records_have_their_own_verdicts(pki, rules):
    assert match((), pki.chain, NAMES, AT, rules).verdict == "none"
    useless = (tlsa(1, 1, 1, pki.leaf.der), TlsaRecord(usage=3, selector=1, mtype=9, data=bytes(32)))
    assert match(useless, pki.chain, NAMES, AT, rules).verdict == "unusable"


def test_garbage_in_full_is_unusable_for_postfix_and_failing_for_exim(pki):
    garbage = (TlsaRecord(usage=3, selector=0, mtype=0, data=b"garbage"),)
    assert match(garbage, pki.chain, NAMES, AT, POSTFIX).verdict == "unusable"
    assert match(garbage, pki.chain, NAMES, AT, EXIM_GNUTLS).verdict == "mismatch"
    assert unusable(TlsaRecord(usage=3, selector=0, mtype=0, data=b""), EXIM_GNUTLS) == "no data"


# --- DANE-EE ---------------------------------------------------------------------------------------


@ALL
@pytest.mark.parametrize("shape", [(3, 0, 0), (3, 0, 1), (3, 0, 2), (3, 1, 0), (3, 1, 1), (3, 1, 2)])
def test_dane_ee_matches_the_leaf(pki, rules, shape):
    result = match((tlsa_of(shape, pki.self_signed.der),), (pki.self_signed.der,), (), AT, rules)
    assert (result.verdict, result.usage, result.depth) == ("matched", 3, 0)


@ALL
@pytest.mark.parametrize("leaf", ["expired", "not_yet", "client_only", "cn_only"])
def test_dane_ee_looks_at_no_name_no_date_no_purpose(pki, rules, leaf):
    der = getattr(pki, leaf).der
    assert match((tlsa(3, 1, 1, der),), (der,), ("elsewhere.example",), AT, rules).matched


@ALL
def test_dane_ee_looks_at_no_signature(pki, rules):
    assert match((tlsa(3, 1, 1, pki.sha1),), (pki.sha1,), NAMES, AT, rules).matched


@pytest.mark.parametrize(("rules", "matched"), [(RFC, True), (SENDMAIL, False), (MOX, True)])
def test_dane_ee_looks_at_the_strength_of_the_key_where_the_sender_does(pki, rules, matched):
    der = pki.rsa_1024.der
    result = match((tlsa(3, 1, 1, der),), (der,), NAMES, AT, rules)
    assert (result.matched, result.flaw is Flaw.WEAK) == (matched, not matched)


@ALL
def test_dane_ee_compares_the_leaf_alone(pki, rules):
    result = match((tlsa(3, 1, 1, pki.intermediate.der),), pki.chain, NAMES, AT, rules)
    assert result.verdict == "mismatch"
    assert result.reason == "The server's certificate matches none of the DANE-EE records."
    [comparison] = result.comparisons
    assert comparison.depth == 0
    assert comparison.computed == computed((1, 1), pki.leaf.der)
    assert not comparison.equal


@ALL
def test_usage_1_beside_usage_3_does_not_count(pki, rules):
    records = (tlsa(1, 1, 1, pki.leaf.der), wrong())
    result = match(records, pki.chain, NAMES, AT, rules)
    assert result.verdict == "mismatch"
    assert result.usable == (wrong(),)


@ALL
def test_one_match_of_several_is_enough(pki, rules):
    records = (wrong(), tlsa(3, 1, 1, pki.leaf.der), wrong(usage=2))
    assert match(records, pki.chain, NAMES, AT, rules).matched


def test_digest_agility_leaves_only_the_strongest(pki):
    records = (wrong(mtype=2), tlsa(3, 1, 1, pki.leaf.der))
    result = match(records, pki.chain, NAMES, AT, POSTFIX)
    assert result.verdict == "mismatch"
    assert result.passed_over == (tlsa(3, 1, 1, pki.leaf.der),)
    assert match(records, pki.chain, NAMES, AT, RFC).verdict == "mismatch"
    assert match(records, pki.chain, NAMES, AT, EXIM_GNUTLS).matched


@ALL
def test_digest_agility_is_per_usage_and_selector_and_spares_full_data(pki, rules):
    for right in (tlsa(3, 0, 1, pki.leaf.der), tlsa(3, 1, 0, pki.leaf.der)):
        assert match((wrong(mtype=2), right), pki.chain, NAMES, AT, rules).matched


def test_digest_agility_ignores_records_of_the_wrong_length(pki):
    short = TlsaRecord(usage=3, selector=1, mtype=2, data=bytes(10))
    assert match((short, tlsa(3, 1, 1, pki.leaf.der)), pki.chain, NAMES, AT, POSTFIX).matched


# --- DANE-TA ---------------------------------------------------------------------------------------


@ALL
@pytest.mark.parametrize("shape", [(2, 0, 0), (2, 0, 1), (2, 0, 2), (2, 1, 0), (2, 1, 1), (2, 1, 2)])
def test_dane_ta_matches_the_issuer_sent(pki, rules, shape):
    result = match((tlsa_of(shape, pki.intermediate.der),), pki.chain, NAMES, AT, rules)
    assert (result.verdict, result.usage, result.depth) == ("matched", 2, 1)
    assert result.name == "mx1.b.example"


@ALL
def test_dane_ta_matches_a_root_that_is_sent_in_any_order(pki, rules):
    records = (tlsa(2, 0, 1, pki.root.der),)
    for chain in ((*pki.chain, pki.root.der), (pki.leaf.der, pki.root.der, pki.intermediate.der)):
        assert match(records, chain, NAMES, AT, rules).depth == 2


@ALL
@pytest.mark.parametrize("of", ["self_signed", "self_signed_ca"])
def test_dane_ta_digest_of_the_leaf_never_matches(pki, rules, of):
    der = getattr(pki, of).der
    for shape in ((2, 0, 0), (2, 0, 1), (2, 1, 1)):
        assert match((tlsa(*shape, der),), (der,), NAMES, AT, rules).verdict == "mismatch"


@pytest.mark.parametrize("of", ["self_signed", "self_signed_ca", "leaf"])
@pytest.mark.parametrize(
    ("rules", "verdict"), [(RFC, "mismatch"), (POSTFIX, "mismatch"), (EXIM_GNUTLS, "matched")]
)
def test_a_leaf_sent_twice_is_its_own_anchor_to_libdane_alone(pki, of, rules, verdict):
    der = getattr(pki, of).der
    for chain in ((der, der), (der, der, pki.intermediate.der)):
        result = match((tlsa(2, 1, 1, der),), chain, NAMES, AT, rules)
        assert result.verdict == verdict
        assert result.depth == (1 if verdict == "matched" else None)
        own = result.reason == "The trust anchor is the server's own certificate."
        assert own is (verdict == "mismatch")


@ALL
def test_dane_ta_digest_needs_the_anchor_in_the_chain(pki, rules):
    result = match((tlsa(2, 0, 1, pki.root.der),), pki.chain, NAMES, AT, rules)
    assert result.verdict == "mismatch"
    assert "in its chain" in result.reason


@pytest.mark.parametrize("shape", [(2, 0, 0), (2, 1, 0)])
@pytest.mark.parametrize(("sent", "depth"), [(1, 1), (2, 2)])
def test_full_anchor_in_dns_needs_none_in_the_chain(pki, shape, sent, depth):
    anchor = pki.intermediate if sent == 1 else pki.root
    records = (tlsa_of(shape, anchor.der),)
    for rules in (RFC, POSTFIX):
        result = match(records, pki.chain[:sent], NAMES, AT, rules)
        assert (result.verdict, result.depth) == ("matched", depth)
    assert match(records, pki.chain[:sent], NAMES, AT, EXIM_GNUTLS).verdict == "mismatch"


def test_a_bare_key_in_dns_is_an_anchor_of_what_is_good_otherwise(pki):
    records = (tlsa(2, 1, 0, pki.intermediate.der),)
    assert match(records, pki.chain[:1], NAMES, AT, RFC).matched
    assert not match(records, pki.chain[:1], NAMES, AT, MOX).matched  # it needs the certificate
    assert not match(records, (pki.expired.der,), NAMES, AT, RFC).matched
    assert not match((tlsa(2, 1, 0, pki.rsa_ca.der),), (pki.sha1,), NAMES, AT, RFC).matched
    refused = match(records, pki.chain[:1], (), AT, RFC)
    assert refused.reason.endswith(" does not name any name.")


@pytest.mark.parametrize("shape", [(3, 0, 0), (3, 1, 0)])
def test_what_dane_ee_holds_in_full_is_no_anchor(pki, shape):
    assert not match((tlsa_of(shape, pki.intermediate.der),), pki.chain[:1], NAMES, AT, RFC).matched


@pytest.mark.parametrize("shape", [(2, 0, 0), (2, 1, 0)])
def test_full_anchor_of_somebody_else_matches_nothing(pki, shape):
    result = match((tlsa_of(shape, pki.other_root.der),), pki.chain, NAMES, AT, RFC)
    assert result.verdict == "mismatch"


@pytest.mark.parametrize("kind", ["ed25519", "rsa", "pss"])
def test_full_key_in_dns_of_every_kind(pki, kind):
    keys = {"ed25519": ed25519.Ed25519PrivateKey.generate, "pss": lambda: pki.rsa_ca.key}
    anchor = pki.rsa_ca if kind == "rsa" else pki.make("TA", keys[kind](), ca=True, pss=kind == "pss")
    leaf = anchor.issue("x", sans=("b.example",), pss=kind == "pss").der
    assert match((tlsa(2, 1, 0, anchor.der),), (leaf,), NAMES, AT, RFC).matched
    assert not match((tlsa(2, 1, 0, pki.root.der),), (leaf,), NAMES, AT, RFC).matched


@ALL
def test_dane_ta_wrong_name_is_a_mismatch_that_says_so(pki, rules):
    leaf = pki.intermediate.issue("x", sans=("wrong.example",)).der
    chain = (leaf, pki.intermediate.der)
    result = match((tlsa(2, 1, 1, pki.intermediate.der),), chain, NAMES, AT, rules)
    assert (result.verdict, result.name_refused) == ("mismatch", True)
    assert "does not name mx1.b.example or b.example" in result.reason


@ALL
@pytest.mark.parametrize("san", ["b.example", "*.b.example", "MX1.b.example"])
def test_dane_ta_takes_any_of_the_reference_names(pki, rules, san):
    chain = (pki.intermediate.issue("x", sans=(san,)).der, pki.intermediate.der)
    assert match((tlsa(2, 1, 1, pki.intermediate.der),), chain, NAMES, AT, rules).matched


@ALL
def test_dane_ta_takes_the_common_name_without_dns_id(pki, rules):
    chain = (pki.cn_only.der, pki.intermediate.der)
    assert match((tlsa(2, 1, 1, pki.intermediate.der),), chain, NAMES, AT, rules).matched


@ALL
@pytest.mark.parametrize(("leaf", "words"), [("expired", "has expired"), ("not_yet", "not yet valid")])
def test_dane_ta_checks_the_dates_of_the_leaf(pki, rules, leaf, words):
    chain = (getattr(pki, leaf).der, pki.intermediate.der)
    result = match((tlsa(2, 1, 1, pki.intermediate.der),), chain, NAMES, AT, rules)
    assert result.verdict == "mismatch"
    assert words in result.reason
    assert (result.flaw is Flaw.EXPIRED) is (leaf == "expired")


@ALL
@pytest.mark.parametrize(("days", "words"), [((-300, -1), "has expired"), ((1, 300), "is not yet valid")])
def test_dane_ta_checks_the_dates_of_a_self_issued_anchor(pki, rules, days, words):
    anchor = pki.make("Old Root", pki.root.key, ca=True, days=days)
    chain = (anchor.issue("x", sans=NAMES).der, anchor.der)
    result = match((tlsa(2, 1, 1, anchor.der),), chain, NAMES, AT, rules)
    assert (result.verdict, words in result.reason) == ("mismatch", True)


@pytest.mark.parametrize(
    ("rules", "verdict"), [(RFC, "mismatch"), (POSTFIX, "matched"), (EXIM_GNUTLS, "mismatch")]
)
def test_the_dates_of_another_anchor_are_nothing_to_openssl(pki, rules, verdict):
    anchor = pki.root.issue("Old CA", ca=True, days=(-300, -1))
    chain = (anchor.issue("x", sans=NAMES).der, anchor.der)
    result = match((tlsa(2, 1, 1, anchor.der),), chain, NAMES, AT, rules)
    assert (result.verdict, "has expired" in result.reason) == (verdict, verdict == "mismatch")


@pytest.mark.parametrize(("days", "words"), [((-300, -1), "has expired"), ((1, 300), "is not yet valid")])
def test_below_such_an_anchor_the_dates_count(pki, days, words):
    leaf = pki.intermediate.issue("x", sans=NAMES, days=days)
    result = match((tlsa(2, 1, 1, pki.intermediate.der),), (leaf.der, *pki.chain[1:]), NAMES, AT, POSTFIX)
    assert (result.verdict, words in result.reason) == ("mismatch", True)


@ALL
def test_dane_ta_refuses_sha1_below_the_anchor(pki, rules):
    result = match((tlsa(2, 1, 1, pki.rsa_ca.der),), (pki.sha1, pki.rsa_ca.der), NAMES, AT, rules)
    assert result.verdict == "mismatch"
    assert "digest algorithm too weak" in result.reason


@ALL
def test_dane_ta_anchor_that_did_not_issue_the_leaf_is_nothing(pki, rules):
    chain = (pki.leaf.der, pki.other_root.der)
    result = match((tlsa(2, 1, 1, pki.other_root.der),), chain, NAMES, AT, rules)
    assert "unable to get local issuer certificate" in result.reason
    assert result.flaw is Flaw.TLSA


def test_dane_ta_purpose_counts_for_openssl_not_for_libdane(pki):
    chain, records = (pki.client_only.der, pki.intermediate.der), (tlsa(2, 1, 1, pki.intermediate.der),)
    assert "purpose" in match(records, chain, NAMES, AT, POSTFIX).reason
    assert match(records, chain, NAMES, AT, EXIM_GNUTLS).matched


@ALL
def test_bad_anchor_and_good_end_entity(pki, rules):
    chain = (pki.intermediate.issue("x", sans=("wrong.example",)).der, pki.intermediate.der)
    records = (wrong(usage=2), tlsa(3, 1, 1, chain[0]))
    assert match(records, chain, NAMES, AT, rules).usage == 3


def test_no_chain(pki):
    assert match((wrong(),), (), NAMES, AT).reason == "The server presented no certificate."


# --- foreign bytes ---------------------------------------------------------------------------------

RECORDS = st.builds(
    TlsaRecord,
    usage=st.integers(0, 255),
    selector=st.integers(0, 3),
    mtype=st.integers(0, 3),
    data=st.binary(max_size=70),
)


@given(st.lists(RECORDS, max_size=4), st.lists(st.binary(max_size=40), max_size=3))
def test_foreign_bytes_never_raise_and_never_match_an_anchor(records, chain):
    for rules in (RFC, POSTFIX, EXIM_GNUTLS):
        result = match(tuple(records), tuple(chain), NAMES, AT, rules)
        assert result == match(tuple(records), tuple(chain), NAMES, AT, rules)
        assert result.usage in (None, dane.DANE_EE)


@given(st.permutations(range(4)))
def test_order_of_records_does_not_matter(pki, order):
    records = (wrong(), wrong(usage=2), tlsa(2, 1, 1, pki.intermediate.der), tlsa(3, 0, 1, pki.root.der))
    result = match(tuple(records[i] for i in order), pki.chain, NAMES, AT)
    assert (result.verdict, result.usage) == ("matched", 2)
