"""What people type, and what they are told where it is no domain."""

from __future__ import annotations

import dns.name
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailpath.dnssec.messages import name_text
from mailpath.names import BadName, is_mailbox, to_dns_name, to_domain


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Enter a domain or a mail address"),
        ("<>", "There is nothing between < and >"),
        ("Mail System <>", "There is nothing between < and >"),
        ("user@", "There is nothing after the @."),
        ("User <user@>", "There is nothing after the @."),
        (".", "The root accepts no mail"),
        ("user@.", "The root accepts no mail"),
        ("a..example", "two dots in a row"),
        ("..", "two dots in a row"),
        (".example", "two dots in a row"),
        # The character is named, and so is where it stands where it is the place that is wrong.
        ("b c.example", "A domain name cannot contain a space."),
        ("b\tc.example", "A domain name cannot contain a tab."),
        ("q.*.example", r"A domain name cannot contain '\*'."),
        ("a+b.example", r"A domain name cannot contain '\+'."),
        ("o'x.example", "A domain name cannot contain an apostrophe."),
        ("0/25.example", "A domain name cannot contain '/'."),
        ("a\\.b.example", r"A domain name cannot contain '\\'."),
        ("a\x07.example", r"A domain name cannot contain U\+0007."),
        ("-a.example", "A label of a domain name cannot begin or end with a hyphen."),
        ("a-.example", "A label of a domain name cannot begin or end with a hyphen."),
        ("a.\u2603.example", r"not a valid internationalized domain name: U\+2603 '\u2603' is not allowed."),
        ("a\u202eb.example", r"not a valid internationalized domain name: U\+202E is not allowed."),
        ("\udcff.example", r"not a valid internationalized domain name: U\+DCFF is not allowed."),
    ],
)
def test_what_is_no_domain(typed: str, sentence: str) -> None:
    with pytest.raises(BadName, match=sentence):
        to_domain(typed)


@pytest.mark.parametrize(
    ("typed", "holds"),
    [
        ("a@b.example", True),
        ('"a b"@b.example', True),
        ('"a@b"@b.example', True),
        ("jürgen@b.example", True),
        ("a b@b.example", False),
        ('"a"b"@b.example', False),
        ('"a\x85b"@b.example', False),
        ("a@b.example\n", False),
        ("a\n@b.example", False),
        ("@b.example", False),
        ("a@", False),
        ("b.example", False),
        ("a" * 64 + "@b.example", True),
        ("a" * 65 + "@b.example", False),
        ("ü" * 33 + "@b.example", False),
    ],
)
def test_what_is_a_mailbox(typed: str, holds: bool) -> None:
    assert is_mailbox(typed) is holds


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("0/25.2.0.192.in-addr.arpa", "0/25.2.0.192.in-addr.arpa"),  # RFC 2317
        ("Q.*.Example", "q.*.example"),
        ("a+b.example", "a+b.example"),
        ("o'x.example.", "o'x.example"),
        ("_25._tcp.mx", "_25._tcp.mx"),
        ("-a-.example", "-a-.example"),
        ("host\\.Master.example", "host\\.master.example"),
        ("\\042.example", "*.example"),
        ("\\065\\\\.example", "a\\\\.example"),
        ("\\000\\255.example", "\\000\\255.example"),
        ("My Printer._ipp.example", "my\\032printer._ipp.example"),  # RFC 6763 section 4.1.1
        ("user@b.example", "user\\@b.example"),
        ("a\\.", "a\\."),
        ("*.Bücher.example", "*.xn--bcher-kva.example"),
        ("bücher。example", "xn--bcher-kva.example"),
        ("@", "\\@"),
        (".", "."),
    ],
)
def test_any_octet_is_legal_in_a_name(typed: str, name: str) -> None:
    assert to_dns_name(typed) == name
    assert to_dns_name(name) == name
    assert name_text(dns.name.from_text(name)) == name


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "The name is empty"),
        ("..", "two dots in a row"),
        ("*..example", "two dots in a row"),
        (".a", "two dots in a row"),
        ("a\\", "A backslash must be followed by a printable ASCII character or three digits."),
        ("a\\é", "A backslash must be followed by a printable ASCII character or three digits."),
        ("\\999.example", "\\\\999 is not an octet"),
        ("\\1x.example", "\\\\1 is not an octet"),
        ("é\\.example", "A label with non-ASCII letters cannot contain escapes."),
        ("a\nb", "Write a control character in a name as a backslash and three digits."),
        ("\u2603", "is not allowed"),
        ("a" * 64, "longer than 63 octets"),
        ("\\097" * 64, "longer than 63 octets"),
        ("a." * 128, "longer than 255 octets"),
        ("a." * 100_000, "longer than 255 octets"),
    ],
)
def test_what_is_no_name(typed: str, sentence: str) -> None:
    with pytest.raises(BadName, match=sentence):
        to_dns_name(typed)


@given(st.lists(st.binary(min_size=1, max_size=63), max_size=4))
def test_every_name_there_is_can_be_typed(labels: list[bytes]) -> None:
    wanted = name_text(dns.name.Name((*labels, b""))) if sum(map(len, labels)) < 250 else "."
    assert to_dns_name(wanted) == wanted
    spelt = ".".join("".join(f"\\{octet:03d}" for octet in label) for label in labels)
    if wanted != ".":
        assert to_dns_name(spelt) == wanted


@given(st.text(alphabet=st.sampled_from("aB-_*'@ .。\\019é\"\u202e;"), max_size=20))
def test_what_is_typed_is_a_name_or_gets_a_sentence(typed: str) -> None:
    try:
        name, told = to_dns_name(typed), ""
    except BadName as error:
        name, told = "", str(error)
    assert told.isprintable()
    if told:
        assert told.endswith(".")
    else:
        assert to_dns_name(name) == name
        assert name_text(dns.name.from_text(name)) == name
