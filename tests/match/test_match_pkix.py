"""Does a chain lead to a trusted root, at that time, for that purpose, with keys that strong?"""

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st
from judge_builders import key_usage
from msgspec.structs import asdict
from test_match_der import FIELDS, SEQ, certificate, tlv

from mailpath.match import pkix
from mailpath.match.certificate import describe
from mailpath.match.pkix import (
    Floor,
    _check_dates,
    _check_purpose,
    check_policy_host,
    digest_below,
    key_below,
    relevant_roots,
    verify,
)

AT = 1780272000
DAY = 86400


def test_good_chain_gives_the_path_to_the_root(pki):
    result = verify(pki.chain, pki.roots, AT)
    assert result.trusted
    assert result.error == ""
    assert result.path == (*pki.chain, pki.root.der)


def test_chain_may_hold_the_root_and_strangers(pki):
    chain = (pki.leaf.der, pki.other_root.der, pki.root.der, pki.intermediate.der)
    assert verify(chain, pki.roots, AT).path == (*pki.chain, pki.root.der)


@pytest.mark.parametrize(
    ("leaf", "depth", "words"),
    [
        ("self_signed", 0, "self-signed certificate"),
        ("expired", 0, "certificate has expired"),
        ("not_yet", 0, "certificate is not yet valid"),
        ("client_only", 0, "unsuitable certificate purpose"),
    ],
)
def test_errors_are_told_apart(pki, leaf, depth, words):
    result = verify((getattr(pki, leaf).der, pki.intermediate.der), pki.roots, AT)
    assert (result.trusted, result.depth, result.error) == (False, depth, words)
    assert result.path == ()


def test_intermediate_that_was_not_sent_is_not_fetched(pki):
    result = verify(pki.chain[:1], pki.roots, AT)
    assert result.error == "unable to get local issuer certificate"


def test_of_what_was_learnt_about_chains_nothing_is_left_once_it_is_forgotten(pki):
    verify(pki.chain, pki.roots, AT)
    check_policy_host(pki.chain, "mta-sts.b.example", pki.roots, AT)
    own = [each for each in vars(pkix).values() if each.__class__.__name__ == "_lru_cache_wrapper"]
    remembering = [each for each in own if each.__module__ == pkix.__name__]
    pkix.forget()
    left = {each.__name__ for each in remembering if each.cache_info().currsize}
    assert left <= {"_index", "_fold"}  # which are about roots


def test_unknown_root_is_refused(pki):
    assert not verify(pki.chain, (pki.other_root.der,), AT).trusted
    assert not verify(pki.chain, (), AT).trusted
    sent = verify((*pki.chain, pki.root.der), (pki.other_root.der,), AT)
    assert sent.error == "self-signed certificate in certificate chain"


def test_dates_count_to_the_second_whoever_reads_them(pki):
    for at, words in (
        (AT - 30 * DAY - 1, "certificate is not yet valid"),
        (AT - 30 * DAY, ""),
        (AT + 365 * DAY, ""),
        (AT + 365 * DAY + 1, "certificate has expired"),
    ):
        assert {verify(pki.chain, pki.roots, at, anchor_dates=dates).error for dates in (True, False)} == {
            words
        }


def test_dates_that_cannot_be_read_are_not_kept():
    times = tlv(0x17, b"260101000000Z"), tlv(0x17, b"soon")
    for (start, end), code in ((times, 10), (times[::-1], 9), ((times[0], times[0]), 10)):
        made = certificate(fields=(*FIELDS[:3], tlv(SEQ, start, end), *FIELDS[4:]))
        refused = _check_dates((made,), AT)
        assert refused is not None
        assert (refused.code, refused.depth) == (code, 0)
    assert _check_dates((b"junk",), AT) is None


def test_time_is_the_callers(pki):
    assert verify(pki.chain, pki.roots, AT + 360 * DAY).trusted
    assert verify(pki.chain, pki.roots, AT + 366 * DAY).error == "certificate has expired"
    assert verify(pki.chain, pki.roots, AT - 31 * DAY).error == "certificate is not yet valid"
    assert not verify(pki.chain, pki.roots, 10**18).trusted


def test_purpose_can_be_left_out(pki):
    chain = (pki.client_only.der, pki.intermediate.der)
    assert verify(chain, pki.roots, AT, purpose="any").trusted
    assert verify((pki.server_only.der, pki.intermediate.der), pki.roots, AT).trusted


def test_the_key_usage_of_the_leaf_alone_is_to_serve_tls(pki):
    """The certificates above it sign certificates, and nothing else."""
    signs = key_usage("key_cert_sign")
    issuer = pki.root.issue("CA", ca=True, extensions=(signs,))
    for usage, trusted in (("digital_signature", True), ("key_agreement", True), ("key_cert_sign", False)):
        leaf = issuer.issue("mx1.b.example", extensions=(key_usage(usage),))
        result = verify((leaf.der, issuer.der), pki.roots, AT)
        assert (result.trusted, result.depth) == (trusted, None if trusted else 0)
    assert _check_purpose((b"junk",)) is None


def test_gnutls_asks_for_no_purpose_and_ends_at_any_certificate_on_its_list(pki):
    client = (pki.client_only.der, pki.intermediate.der)
    assert verify(client, pki.roots, AT, floor=Floor.GNUTLS).trusted
    assert not verify(client, pki.roots, AT, floor=Floor.GNUTLS, purpose="server").trusted
    assert verify(pki.chain[:1], (pki.intermediate.der,), AT, floor=Floor.GNUTLS).trusted


def test_self_signed_leaf_among_the_roots_is_trusted(pki):
    assert verify((pki.self_signed.der,), (pki.self_signed.der,), AT).trusted


def test_intermediate_as_anchor_needs_partial_chain(pki):
    anchors = (pki.intermediate.der,)
    assert not verify(pki.chain, anchors, AT).trusted
    assert verify(pki.chain, anchors, AT, partial=True).path == pki.chain


def test_leaf_that_is_no_ca_cannot_issue(pki):
    forged = pki.leaf.issue("evil.example", sans=("evil.example",))
    result = verify((forged.der, *pki.chain), pki.roots, AT)
    assert (result.trusted, result.error) == (False, "invalid CA certificate")


@pytest.mark.parametrize(
    ("floor", "trusted"),
    [(Floor.NONE, True), (Floor.OPENSSL_1, False), (Floor.OPENSSL_2, False), (Floor.GNUTLS, False)],
)
def test_sha1_passes_only_without_floor(pki, floor, trusted):
    result = verify((pki.sha1,), (pki.rsa_ca.der,), AT, floor=floor)
    assert result.trusted is trusted
    assert trusted or (result.code, result.error) == (68, "CA signature digest algorithm too weak")


@pytest.mark.parametrize("floor", list(Floor))
def test_sha224_has_the_112_bits_of_the_highest_floor(pki, floor):
    leaf = pki.root.issue("mx1.b.example", sans=("mx1.b.example",), digest=hashes.SHA224())
    assert verify((leaf.der,), pki.roots, AT, floor=floor).trusted


@pytest.mark.parametrize("floor", list(Floor))
def test_how_a_root_signed_itself_does_not_matter(pki, floor):
    """Trust stores hold roots with a SHA-1 signature: nobody looks at it (check_auth_level)."""
    result = verify((pki.under_sha1.der,), (pki.sha1_root,), AT, floor=floor)
    assert result.trusted, result.error
    assert result.path == (pki.under_sha1.der, pki.sha1_root)


@pytest.mark.parametrize(
    ("floor", "trusted"),
    [(Floor.NONE, True), (Floor.OPENSSL_1, True), (Floor.OPENSSL_2, False), (Floor.GNUTLS, True)],
)
def test_rsa_1024_passes_below_112_bits(pki, floor, trusted):
    result = verify((pki.rsa_1024.der,), pki.roots, AT, floor=floor)
    assert result.trusted is trusted
    assert trusted or (result.code, result.error) == (66, "EE certificate key too weak")


def test_strength_in_bits_and_what_has_none(pki):
    """OpenSSL's levels 0, 1 and 2 (SSL_CTX_set_security_level(3)); GnuTLS's profile LOW."""
    assert [floor.bits for floor in Floor] == [0, 80, 112, 80]
    weak = pki.root.issue("CA", key=rsa.generate_private_key(65537, 1024), ca=True)
    result = verify((weak.issue("x").der, weak.der), pki.roots, AT, floor=Floor.OPENSSL_2)
    assert (result.code, result.depth) == (67, 1)
    for unknown in (b"junk", certificate()):  # of an unknown algorithm, with a key that nobody can read
        assert not any(below(unknown, floor) for below in (key_below, digest_below) for floor in Floor)


def test_no_or_unreadable_certificate(pki):
    assert verify((), pki.roots, AT).error == "no certificate was presented"
    unreadable = verify((b"scrap",), pki.roots, AT)
    assert (unreadable.error, unreadable.depth) == ("the certificate cannot be read", 0)
    assert verify((pki.leaf.der, b"junk", pki.intermediate.der), (b"junk", *pki.roots), AT).trusted


@given(st.lists(st.binary(max_size=60), max_size=4), st.integers(-(2**70), 2**70))
def test_foreign_bytes_never_raise(chain, at):
    assert not verify(tuple(chain), (), at).trusted


@given(st.data())
def test_damaged_chain_never_raises(pki, data):
    leaf = bytearray(pki.leaf.der)
    leaf[data.draw(st.integers(0, len(leaf) - 1))] ^= data.draw(st.integers(1, 255))
    assert not verify((bytes(leaf), pki.intermediate.der), pki.roots, AT, floor=Floor.OPENSSL_1).trusted
    assert describe(bytes(leaf)) == describe(bytes(leaf))


def test_relevant_roots_are_those_that_could_anchor(pki):
    everything = (pki.other_root.der, pki.root.der, pki.rsa_ca.der)
    assert relevant_roots(pki.chain, everything) == (pki.root.der,)
    assert relevant_roots((pki.intermediate.der,), everything) == (pki.root.der,)
    assert relevant_roots((pki.self_signed.der,), everything) == ()
    assert relevant_roots((pki.root.der,), everything) == (pki.root.der,)


def test_relevant_roots_follow_cross_signed_roots(pki):
    anchors = (pki.intermediate.der, pki.root.der)
    assert relevant_roots((pki.leaf.der,), anchors) == tuple(sorted(anchors))
    assert verify((pki.leaf.der,), anchors, AT).trusted


def test_relevant_roots_keep_the_verdict_at_any_time(pki):
    everything = (pki.other_root.der, pki.root.der, pki.rsa_ca.der)
    kept = relevant_roots(pki.chain, everything)
    for at in (AT - 1000 * DAY, AT, AT + 1000 * DAY):
        assert verify(pki.chain, kept, at) == verify(pki.chain, everything, at)


class TestPolicyHost:
    """RFC 8461 section 3.3."""

    def chain(self, pki, **options):
        return (pki.intermediate.issue("mta-sts.b.example", **options).der, pki.intermediate.der)

    def test_dns_id_is_good(self, pki):
        chain = self.chain(pki, sans=("mta-sts.b.example",))
        assert check_policy_host(chain, "mta-sts.b.example", pki.roots, AT) is None

    def test_wildcard_is_good(self, pki):
        chain = self.chain(pki, sans=("*.b.example",))
        assert check_policy_host(chain, "mta-sts.b.example", pki.roots, AT) is None

    def test_other_name_is_refused(self, pki):
        chain = self.chain(pki, sans=("b.example",))
        refused = check_policy_host(chain, "mta-sts.b.example", pki.roots, AT)
        assert "does not name mta-sts.b.example" in str(refused)

    def test_common_name_alone_is_refused_unless_allowed(self, pki):
        chain = self.chain(pki)
        assert "no DNS-ID" in str(check_policy_host(chain, "mta-sts.b.example", pki.roots, AT))
        assert check_policy_host(chain, "mta-sts.b.example", pki.roots, AT, allow_cn=True) is None
        other = check_policy_host(chain, "mta-sts.c.example", pki.roots, AT, allow_cn=True)
        assert other == "the certificate does not name mta-sts.c.example"

    def test_expired_and_untrusted_are_refused(self, pki):
        chain = self.chain(pki, sans=("mta-sts.b.example",), days=(-20, -1))
        assert check_policy_host(chain, "mta-sts.b.example", pki.roots, AT) == "certificate has expired"
        assert check_policy_host(chain[:1], "mta-sts.b.example", (), AT - 5 * DAY) is not None


class TestDescribe:
    def test_says_what_the_certificate_says(self, pki):
        facts = describe(pki.leaf.der)
        assert facts.subject == "CN=mx1.b.example"
        assert facts.issuer == "CN=Issuing CA"
        assert facts.sans == ("mx1.b.example",)
        assert (facts.not_before, facts.not_after) == (AT - 30 * DAY, AT + 365 * DAY)
        assert (facts.key_type, facts.key_bits) == ("EC secp256r1", 256)
        assert facts.signature_algorithm == "ecdsa-with-SHA256"
        assert (facts.is_ca, facts.self_signed, facts.error) == (False, False, "")

    def test_ca_and_self_signed(self, pki):
        assert describe(pki.root.der).is_ca
        assert describe(pki.root.der).self_signed
        assert not describe(pki.intermediate.der).self_signed

    def test_weak_ones(self, pki):
        assert describe(pki.sha1).signature_algorithm == "sha1WithRSAEncryption"
        assert (describe(pki.rsa_1024.der).key_type, describe(pki.rsa_1024.der).key_bits) == ("RSA", 1024)

    def test_junk_is_an_error_field(self):
        facts = describe(b"\x30\x03abc")
        assert facts.error.startswith("no certificate")
        assert {field for field, value in asdict(facts).items() if value} == {"error", "sha256"}

    @given(st.binary(max_size=100))
    def test_foreign_bytes_never_raise(self, data):
        assert describe(data).sha256
