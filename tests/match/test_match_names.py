"""When is a name in a certificate the name that was looked for (RFC 6125, RFC 7672 section 3.2.3)?"""

from ipaddress import IPv4Address

import msgspec
import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st

from mailpath.match import names
from mailpath.match.names import CertificateNames, any_match, certificate_names, matches, presented


@pytest.mark.parametrize(
    ("reference", "name", "expected"),
    [
        ("mx1.b.example", "mx1.b.example", True),
        ("mx1.b.example", "MX1.B.Example", True),
        ("MX1.b.example", "mx1.b.example", True),
        ("mx1.b.example", "mx2.b.example", False),
        ("mx1.b.example", "b.example", False),
        # a wildcard is one whole first label
        ("mx1.b.example", "*.b.example", True),
        ("a.mx1.b.example", "*.b.example", False),
        ("b.example", "*.b.example", False),
        ("mx1.b.example", "mx*.b.example", False),
        ("mx1.b.example", "*1.b.example", False),
        ("mx1.b.example", "mx1.*.example", False),
        ("mx1.b.example", "*.*.example", False),
        ("mx1.b.example", "**.b.example", False),
        ("mx1.c.example", "*.b.example", False),
        ("mx1.b_.example", "*.b_.example", False),
        ("mx1.-b.example", "*.-b.example", False),
        # two labels must stand behind the star
        ("b.example", "*.example", False),
        ("example", "*", False),
        ("mx_1.b.example", "*.b.example", False),
        ("xn--mx-lka.b.example", "*.b.example", True),
        ("", "", False),
        ("mx1.b.example", "mx1.b.example\0.evil.example", False),
    ],
)
def test_host_name_matches_as_openssl_does(reference, name, expected):
    assert matches(reference, name, names.POSTFIX) is expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mx1.b.example", True),
        ("deep.down.b.example", True),
        ("mx*.b.example", True),  # observed: dot-nexthop takes what no host name takes
        ("*.b.example", True),
        ("b.example", False),
        ("notb.example", False),
        ("b.example.evil.example", False),
        (".b.example", True),
        ("mx1.b.example\0.b.example", False),
    ],
)
def test_dot_reference_is_a_plain_suffix(name, expected):
    assert matches(".b.example", name, names.POSTFIX) is expected


def test_a_dot_alone_is_below_nothing():
    assert not matches(".", "b.example.", names.POSTFIX)


@pytest.mark.parametrize(
    ("reference", "name", "expected"),
    [
        ("mx1.b.example", "mx*.b.example", True),
        ("mx1.b.example", "*1.b.example", True),
        ("mx1.b.example", "m*1.b.example", False),
        ("mx1.b.example", "mx1*.b.example", True),
        ("mx1.b.example", "mail*.b.example", False),
        ("xn--1.b.example", "xn*.b.example", False),
        ("xn--mx-lka1.b.example", "*1.b.example", False),
        ("1.b.example", "*1.b.example", True),
        ("post1.b.example", "mx*.b.example", False),
        ("a*.b.example", "**.b.example", False),
        ("m_x.b.example", "m_*.b.example", False),
        ("-x.b.example", "-*.b.example", False),
        ("-ax.b.example", "-a*.b.example", False),
        ("x-1.b.example", "x-*.b.example", False),
        ("xn--1.b.example", "xn--*.b.example", False),
        ("xn--mx-lka.b.example", "*.b.example", True),
    ],
)
def test_partial_wildcards_where_a_program_allows_them(reference, name, expected):
    assert matches(reference, name, names.OPENSSL) is expected


def test_gnutls_takes_a_star_at_the_very_start_and_any_character_under_it():
    assert matches("mx1.b.example", "*1.b.example", names.GNUTLS)
    assert matches("mx_1.b.example", "*.b.example", names.GNUTLS)
    assert not matches("mx1.b.example", "mx*.b.example", names.GNUTLS)
    assert not matches("a.b.b.example", "*.b.example", names.GNUTLS)
    assert not matches("b.example", "*.example", names.GNUTLS)
    assert matches("x-.b.example", "*-.b.example", names.GNUTLS)
    assert matches("mx1.b_.example", "*.b_.example", names.GNUTLS)
    assert not matches("mx1..example", "*..example", names.GNUTLS)


def test_labels_behind_the_star_are_a_rule():
    assert matches("b.example", "*.example", names.NameRules(wildcard_min_labels=1))


def test_names_are_lower_case_and_once(pki):
    leaf = pki.root.issue("MX1.B.Example", sans=("MX1.b.example", "mx1.B.example", "*.c.example"))
    read = certificate_names(leaf.der)
    assert read.dns == ("mx1.b.example", "*.c.example")
    assert read.cn == "mx1.b.example"
    assert read.error == ""


def test_common_name_counts_only_without_dns_id(pki):
    with_san = certificate_names(pki.root.issue("mx1.b.example", sans=("other.example",)).der)
    without = certificate_names(pki.cn_only.der)
    assert any_match(("mx1.b.example",), with_san, names.POSTFIX) is None
    assert any_match(("mx1.b.example",), without, names.POSTFIX) == "mx1.b.example"
    assert any_match(("mx1.b.example",), without, names.RFC_8461) is None


def test_a_name_is_printable_and_no_longer_than_dns_allows(pki):
    longest = f"{'a' * 63}.{'b' * 63}.{'c' * 63}.{'d' * 53}.example"
    assert len(longest) == names.MAX_NAME
    good, bad = (longest, "a", "!", "~"), (f"e{longest}", "", "a b", "\x7f")
    alternatives = x509.SubjectAlternativeName([x509.DNSName(name) for name in (*good, *bad)])
    read = certificate_names(pki.root.issue("b.example", extensions=(alternatives,)).der)
    assert (read.dns, read.refused) == (good, tuple(name.encode() for name in bad))


def test_nothing_is_named_where_nothing_is_sought(pki):
    read = certificate_names(pki.leaf.der)
    assert any_match((), read) is any_match((), read, names.OPENSSL) is None


def test_san_without_dns_id_leaves_the_common_name_in_force(pki):
    address = x509.SubjectAlternativeName([x509.RFC822Name("postmaster@b.example")])
    read = certificate_names(pki.root.issue("mx1.b.example", extensions=(address,)).der)
    assert not read.has_dns_id
    assert any_match(("mx1.b.example",), read) == "mx1.b.example"
    assert any_match(("mx1.b.example",), read, names.GNUTLS) == "mx1.b.example"


@pytest.mark.parametrize(
    ("eku", "extensions"),
    [
        (ExtendedKeyUsageOID.CLIENT_AUTH, ()),
        (None, (x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("192.0.2.1"))]),)),
    ],
    ids=["for-clients", "with-an-address"],
)
def test_gnutls_takes_the_common_name_of_a_tls_server_without_any_host_id(pki, eku, extensions):
    read = certificate_names(pki.root.issue("mx1.b.example", eku=eku, extensions=extensions).der)
    assert any_match(("mx1.b.example",), read, names.POSTFIX) == "mx1.b.example"
    assert any_match(("mx1.b.example",), read, names.GNUTLS) is None


@pytest.mark.parametrize("eku", [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE])
def test_gnutls_takes_a_common_name_that_may_serve(pki, eku):
    read = certificate_names(pki.root.issue("mx1.b.example", eku=eku).der)
    assert any_match(("mx1.b.example",), read, names.GNUTLS) == "mx1.b.example"


def test_openssl_wants_an_address_that_is_a_reference_beside_the_name(pki):
    address = x509.IPAddress(IPv4Address("192.0.2.1"))
    both = x509.SubjectAlternativeName([address, x509.DNSName("mx1.b.example")])
    with_address = certificate_names(pki.root.issue("x", extensions=(both,)).der)
    without = certificate_names(pki.root.issue("x", sans=("mx1.b.example",)).der)
    assert with_address.addresses == ("192.0.2.1",)
    for references, addressed, named in (
        (("192.0.2.1",), "192.0.2.1", None),
        (("192.0.2.1", "mx1.b.example"), "mx1.b.example", None),
        (("192.0.2.2", "mx1.b.example"), None, None),
        (("mx1.b.example",), "mx1.b.example", "mx1.b.example"),
        (("192.0.2.1", "mx2.b.example"), None, None),
    ):
        assert any_match(references, with_address, names.POSTFIX) == addressed
        assert any_match(references, without, names.POSTFIX) == named
    assert any_match(("192.0.2.1", "mx1.b.example"), without, names.RFC_8461) == "mx1.b.example"


def test_several_common_names_openssl_takes_any_gnutls_none(pki):
    read = certificate_names(pki.root.issue(("first.example", "mx1.b.example")).der)
    assert read.cns == ("first.example", "mx1.b.example")
    assert any_match(("mx1.b.example",), read, names.POSTFIX) == "mx1.b.example"
    assert any_match(("mx1.b.example",), read, names.GNUTLS) is None


def test_a_name_with_a_nul_matches_nothing_and_keeps_the_common_name_out(pki):
    leaf = pki.root.issue("mx1.b.example", sans=("mx1.b.exampleX.evil.example",)).der
    forged = leaf.replace(b"exampleX.evil", b"example\0.evil")
    read = certificate_names(forged)
    assert read.refused == (b"mx1.b.example\0.evil.example",)
    assert read.dns == ()
    assert presented(read) == ()
    assert any_match(("mx1.b.example", ".evil.example"), read) is None


def test_name_with_high_bytes_does_not_spoil_the_others(pki):
    leaf = pki.root.issue("x.example", sans=("AAAA.b.example", "mx1.b.example")).der
    read = certificate_names(leaf.replace(b"AAAA.b", b"\xe4\xf6\xfc\x1b.b"))
    assert read.dns == ("mx1.b.example",)
    assert read.refused == (b"\xe4\xf6\xfc\x1b.b.example",)


def test_first_reference_that_fits_decides():
    read = CertificateNames(dns=("b.example", "mx1.b.example"), has_dns_id=True)
    assert any_match(("mx1.b.example", "b.example"), read) == "mx1.b.example"
    assert any_match(("c.example",), read) is None


def test_no_certificate_is_an_error_not_an_exception():
    assert certificate_names(b"").error.startswith("no certificate")
    assert certificate_names(b"\x30\x80").error.startswith("no certificate")


@given(st.binary(max_size=200))
def test_foreign_bytes_never_raise(data):
    assert certificate_names(data) == certificate_names(data)


@given(st.data())
def test_damaged_certificates_never_raise(pki, data):
    der = bytearray(pki.leaf.der)
    for _ in range(data.draw(st.integers(1, 4))):
        der[data.draw(st.integers(0, len(der) - 1))] = data.draw(st.integers(0, 255))
    read = certificate_names(bytes(der))
    assert all(name == name.lower() and name.isprintable() for name in read.dns)


@given(st.text(max_size=40), st.text(max_size=40))
def test_matching_any_text_never_raises_and_ignores_case(reference, name):
    assert matches(reference.upper(), name) == matches(reference.upper().lower(), name.lower())


@pytest.mark.parametrize(
    ("rules", "expected"),
    [(names.SENDMAIL, (True, True)), (names.OPENSSL, (False, True)), (names.GO, (False, False))],
    ids=["sendmail", "openssl", "go"],
)
def test_a_common_name_beside_dns_ids_counts_for_some(rules, expected):
    alone = CertificateNames(cn="mx1.b.example", cns=("mx1.b.example",))
    both = msgspec.structs.replace(alone, dns=("other.example",), has_dns_id=True)
    found = tuple(any_match(("mx1.b.example",), each, rules) for each in (both, alone))
    assert tuple(each is not None for each in found) == expected
