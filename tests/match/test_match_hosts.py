"""What senders take for the name of a host."""

import pytest

from mailpath.match.hosts import HostNames, is_address, is_anybodys, is_host_name, is_loopback

RFC, POSTFIX, EXIM = HostNames


@pytest.mark.parametrize(
    ("name", "whose"),
    [
        ("mx1.b.example", (RFC, POSTFIX, EXIM)),
        ("MX1.B.EXAMPLE", (RFC, POSTFIX, EXIM)),
        ("m--x.b.example", (RFC, POSTFIX, EXIM)),
        ("_mx_.b.example", (RFC, POSTFIX, EXIM)),
        ("xn--mnchen-3ya.b.example", (RFC, POSTFIX, EXIM)),
        ("1.2.b.example", (RFC, POSTFIX, EXIM)),
        ("localhost", (RFC, POSTFIX, EXIM)),
        ("*.b.example", (POSTFIX,)),
        ("a.*.b.example", ()),
        ("*a.b.example", ()),
        ("a/b.b.example", (EXIM,)),
        ("/b.b.example", ()),
        ("-x.b.example", ()),
        ("x-.b.example", ()),
        ("m+x.b.example", ()),
        ("m\\.x.b.example", ()),
        ("m\\228x.b.example", ()),
        ("m\u00e4x.b.example", ()),
        ("", ()),
    ],
)
def test_host_names(name, whose):
    assert tuple(rule for rule in HostNames if is_host_name(name, rule)) == whose
    assert is_anybodys(name) == bool(whose)


@pytest.mark.parametrize(
    ("name", "yes"),
    [("192.0.2.1", True), ("2001:db8::1", True), ("192.0.2", False), ("[192.0.2.1]", False), ("mx1", False)],
)
def test_addresses(name, yes):
    assert is_address(name) is yes


@pytest.mark.parametrize(
    ("address", "yes"),
    [("127.0.0.1", True), ("::1", True), ("192.0.2.1", False), ("2001:db8::1", False), ("localhost", False)],
)
def test_the_addresses_of_the_machine_itself(address, yes):
    assert is_loopback(address) is yes
