"""The network file, resolver forms, and special-use addresses."""

import ipaddress
import ssl
from pathlib import Path

import certifi
import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from mailpath.network import settings as settings_module
from mailpath.network.anchors import ROOT_ANCHORS
from mailpath.network.endpoints import Kind, join, resolver, split
from mailpath.network.live import LiveNetwork
from mailpath.network.live_resolvers import system_resolvers
from mailpath.network.settings import Settings, SettingsError, anchor_text, load, roots, to_toml
from mailpath.network.special import category

FILE = """
resolver = "127.0.0.1:5300"
trust_anchor = "root.ds"
ca_file = "ca.pem"
smtp_port = 2525
https_port = 8443
timeout = 2
reply_timeout = 45
greeting_timeout = 9.5
deadline = 300
ehlo = "probe.example"
patience = "ours"
insecure_zones = ["corp.example", "home.arpa"]
allow_private = true
[dial]
"192.0.2.10:25" = "127.0.0.1:40125"
"[2001:DB8:0::10]:25" = "127.0.0.1:40126"
"""


def test_a_file(tmp_path):
    (tmp_path / "net.toml").write_text(FILE)
    settings = load(tmp_path / "net.toml")
    assert settings == Settings(
        resolver="127.0.0.1:5300",
        trust_anchor=str(tmp_path / "root.ds"),
        ca_file=str(tmp_path / "ca.pem"),
        smtp_port=2525,
        https_port=8443,
        timeout=2.0,
        reply_timeout=45.0,
        greeting_timeout=9.5,
        deadline=300.0,
        ehlo="probe.example",
        patience="ours",
        insecure_zones=("corp.example", "home.arpa"),
        allow_private=True,
        dial={"192.0.2.10:25": "127.0.0.1:40125", "[2001:db8::10]:25": "127.0.0.1:40126"},
    )
    assert settings.dialled("192.0.2.10", 25) == ("127.0.0.1", 40125)
    assert settings.dialled("2001:db8::10", 25) == ("127.0.0.1", 40126)
    assert settings.dialled("2001:db8:0:0::10", 25) == ("127.0.0.1", 40126)
    assert settings.dialled("192.0.2.10", 443) == ("192.0.2.10", 443)
    (tmp_path / "again.toml").write_text(to_toml(settings))
    assert load(tmp_path / "again.toml") == settings


def test_one_short_time_is_short_for_replies_too():
    assert (Settings().wait, Settings().reply_wait, Settings().whole_wait) == (5.0, 30.0, 120.0)
    assert Settings(timeout=5.0).reply_wait == 5.0
    assert Settings(timeout=2.0, reply_timeout=60.0).reply_wait == 60.0
    assert Settings(reply_timeout=60.0).merged(timeout=2.0).reply_wait == 60.0
    assert Settings().merged(timeout=2.0).reply_wait == 2.0


def test_zones_are_written_as_the_wire_has_them():
    typed = ("Bücher.Example.", "0/25.2.0.192.in-addr.arpa", "xn--bcher-kva.example", "a\\.b", ".")
    given = ("xn--bcher-kva.example", "0/25.2.0.192.in-addr.arpa", "a\\.b", ".")
    assert Settings().merged(insecure_zones=typed).insecure_zones == given


def test_defaults_are_a_file(tmp_path):
    (tmp_path / "net.toml").write_text("")
    assert load(tmp_path / "net.toml") == Settings()
    (tmp_path / "again.toml").write_text(to_toml(Settings()))
    assert load(tmp_path / "again.toml") == Settings()


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20))
def test_any_path_survives_the_file(tmp_path_factory, name):
    settings = Settings(ca_file="/" + name)
    file = tmp_path_factory.getbasetemp() / "any.toml"
    file.write_text(to_toml(settings), newline="")
    assert load(file).ca_file == str(Path("/" + name))


@pytest.mark.parametrize(
    ("text", "key", "sentence"),
    [
        ("resolvr = 'x'", "resolvr", "no such key"),
        ("smtp_port = 'x'", "smtp_port", "Expected `int`, got `str`"),
        ("smtp_port = 0", "smtp_port", "1 to 65535"),
        ("timeout = 0", "timeout", "more than 0"),
        ("timeout = nan", "timeout", "more than 0"),
        ("greeting_timeout = inf", "greeting_timeout", "at most 3600"),
        ("allow_private = 1", "allow_private", "Expected `bool`"),
        ("ehlo = 'a b'", "ehlo", "host name"),
        ("ehlo = 'a\\r\\nQUIT'", "ehlo", "host name"),
        ("resolver = 'dns.example'", "resolver", "not an IP address"),
        ("resolver = 'https://xn--/dns-query'", "resolver", "begin or end with a hyphen"),
        ("resolver = 'https://xn--a.example/'", "resolver", "internationalized name"),
        ("resolver = 'https://b..example/'", "resolver", "empty label"),
        ("resolver = 'https://[::1/'", "resolver", "https://host/path"),
        ("resolver = 'https://dns.example:99999/'", "resolver", "https://host/path"),
        ("resolver = 'tls://127.0.0.1#a..b'", "resolver", "empty label"),
        ("resolver = 'tls://127.0.0.1#a b'", "resolver", "cannot contain a space"),
        ("[dial]\n'192.0.2.1' = '127.0.0.1:1'", "dial.192.0.2.1", "no port"),
        ("[dial]\n'192.0.2.1:25' = 'localhost:1'", "dial.192.0.2.1:25", "not an IP address"),
        ("dial = 1", "dial", "Expected `object`"),
        ("insecure_zones = 'b.example'", "insecure_zones", "Expected `array`"),
        (
            "insecure_zones = ['b..example']",
            "insecure_zones",
            "'b..example': The name contains an empty label",
        ),
        ("insecure_zones = ['']", "insecure_zones", "The name is empty"),
        (f"insecure_zones = {[f'a{n}' for n in range(101)]}", "insecure_zones", "at most 100 negative"),
        ("x = ", "", "not TOML"),
        ("x = " + "[" * 5000, "", "deep|not TOML"),
    ],
)
def test_what_is_wrong_with_a_file(tmp_path, text, key, sentence):
    file = tmp_path / "net.toml"
    file.write_text(
        text.replace("\\r", "\r").replace("\\n", "\n") if "QUIT" not in text else text.replace("'", '"')
    )
    with pytest.raises(SettingsError, match=sentence) as caught:
        load(file)
    assert (caught.value.file, caught.value.key) == (str(file), key)
    assert str(file) in str(caught.value)


def test_a_file_that_is_not_there_or_no_text(tmp_path):
    with pytest.raises(SettingsError, match="cannot be read"):
        load(tmp_path / "none.toml")
    (tmp_path / "bin.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="UTF-8"):
        load(tmp_path / "bin.toml")


def test_options_go_over_the_file():
    base = Settings(timeout=2.0, dial={"192.0.2.1:25": "127.0.0.1:1"})
    merged = base.merged(timeout=None, smtp_port=2525, dial={"192.0.2.2:25": "127.0.0.1:2"})
    assert (merged.timeout, merged.smtp_port) == (2.0, 2525)
    assert merged.dial == {"192.0.2.1:25": "127.0.0.1:1", "192.0.2.2:25": "127.0.0.1:2"}
    for options in ({"timeout": -1}, {"smtp_port": "x"}, {"nope": 1}, {"resolver": "x"}):
        with pytest.raises(SettingsError) as caught:
            base.merged(**options)
        assert caught.value.key in options


def test_anchors(tmp_path):
    assert anchor_text(Settings()) == ROOT_ANCHORS
    (tmp_path / "root.ds").write_text(". IN DS 1 8 2 00\n")
    assert anchor_text(Settings(trust_anchor=str(tmp_path / "root.ds"))) == ". IN DS 1 8 2 00\n"
    with pytest.raises(SettingsError, match="cannot be read"):
        anchor_text(Settings(trust_anchor=str(tmp_path / "none")))
    (tmp_path / "root.ds").write_bytes(b"\xff")
    with pytest.raises(SettingsError, match="not text"):
        anchor_text(Settings(trust_anchor=str(tmp_path / "root.ds")))


def test_root_anchors_are_zone_file_text():
    import dns.zonefile

    (rrset,) = dns.zonefile.read_rrsets(ROOT_ANCHORS, rdclass=None, default_ttl=0)
    assert sorted(ds.key_tag for ds in rrset) == [20326, 38696]
    assert all(len(ds.digest) == 32 for ds in rrset)


def test_roots_of_a_file(tmp_path):
    pems = [trustme.CA().cert_pem.bytes() for _ in range(2)]
    (tmp_path / "ca.pem").write_bytes(b"# ours\n" + pems[0] + pems[1] + pems[0])
    expected = tuple(ssl.PEM_cert_to_DER_cert(pem.decode()) for pem in pems)
    assert roots(Settings(ca_file=str(tmp_path / "ca.pem"))) == expected


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("nothing", "no PEM"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "OpenSSL"),
        (None, "cannot be read"),
    ],
)
def test_roots_that_cannot_be_used(tmp_path, text, sentence):
    file = tmp_path / "ca.pem"
    if text is not None:
        file.write_text(text)
    with pytest.raises(SettingsError, match=sentence) as caught:
        LiveNetwork(Settings(ca_file=str(file)), policy_host_check=lambda chain, host: None)
    assert caught.value.key == "ca_file"


def test_roots_of_the_system_else_of_certifi(monkeypatch, tmp_path):
    assert len(roots(Settings())) > 20

    class Nowhere:
        cafile = str(tmp_path)

    monkeypatch.setattr(settings_module, "BUNDLES", ())
    monkeypatch.setattr(ssl, "get_default_verify_paths", Nowhere)
    assert len(roots(Settings())) == Path(certifi.where()).read_text().count("BEGIN CERTIFICATE")


def test_ground(tmp_path):
    settings = Settings(resolver="192.0.2.53:53", ehlo="probe.example", dial={"192.0.2.1:25": "127.0.0.1:1"})
    ground = LiveNetwork(settings, policy_host_check=lambda chain, host: None, kind="lab").ground
    assert (ground.kind, ground.resolver, ground.ehlo) == ("lab", "192.0.2.53", "probe.example")
    assert ground.dialled == ("192.0.2.1:25",)
    assert ground.trust_anchor == ROOT_ANCHORS
    assert ground.made > 1_700_000_000


@pytest.mark.parametrize(
    ("text", "kind", "host", "port", "name"),
    [
        ("192.0.2.1", Kind.PLAIN, "192.0.2.1", 53, ""),
        ("192.0.2.1:5300", Kind.PLAIN, "192.0.2.1", 5300, ""),
        ("2001:db8::1", Kind.PLAIN, "2001:db8::1", 53, ""),
        ("[2001:db8::1]:5300", Kind.PLAIN, "2001:db8::1", 5300, ""),
        ("[2001:db8::1]", Kind.PLAIN, "2001:db8::1", 53, ""),
        ("tls://192.0.2.1#dns.example", Kind.TLS, "192.0.2.1", 853, "dns.example"),
        ("tls://192.0.2.1#dns.example:8853", Kind.TLS, "192.0.2.1", 8853, "dns.example"),
        ("tls://192.0.2.1:8853#dns.example", Kind.TLS, "192.0.2.1", 8853, "dns.example"),
        ("tls://[2001:db8::1]:8853#dns.example", Kind.TLS, "2001:db8::1", 8853, "dns.example"),
        ("tls://192.0.2.1", Kind.TLS, "192.0.2.1", 853, "192.0.2.1"),
        ("https://dns.example/dns-query", Kind.HTTPS, "dns.example", 443, "dns.example"),
        ("https://dns.example:8443/q", Kind.HTTPS, "dns.example", 8443, "dns.example"),
    ],
)
def test_resolver_forms(text, kind, host, port, name):
    endpoint = resolver(text)
    assert (endpoint.kind, endpoint.host, endpoint.port, endpoint.name) == (kind, host, port, name)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "192.0.2.1:",
        "192.0.2.1:0",
        "192.0.2.1:65536",
        "192.0.2.1:١",
        "[2001:db8::1",
        "[2001:db8::1]x",
        "[]:53",
        "tls://",
        "tls://x#y",
        "tls://192.0.2.1#",
        "tls://192.0.2.1#n:x",
        "https://",
        "https://u@h/",
        "https://h:x/",
        "http://h/",
        "https://[/",
    ],
)
def test_what_is_no_resolver(text):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (any of them: the sentence is for people)
        resolver(text)
    assert str(caught.value)


@given(st.ip_addresses(), st.integers(1, 65535))
def test_split_undoes_join(host, port):
    assert split(join(str(host), port)) == (str(host), port)


def test_system_resolvers(tmp_path):
    conf = tmp_path / "resolv.conf"
    conf.write_text(
        "# x\n; y\noptions port:99\nsearch b.example\n"
        "nameserver 192.0.2.1\nnameserver fe80::1%eth0\nnameserver no\nnameserver\n"
    )
    assert [e.host for e in system_resolvers(conf)] == ["192.0.2.1", "fe80::1%eth0"]
    conf.write_text("nameserver 192.0.2.1\n" * 9)
    assert len(system_resolvers(conf)) == 3
    assert {e.because for e in system_resolvers(conf)} == {""}


@pytest.mark.parametrize(
    ("text", "why"),
    [("", "names no resolver"), ("search x\n", "names no resolver"), (None, "cannot be read")],
)
def test_no_system_resolvers(text, why, tmp_path):
    """resolver(5) asks the local host then, and a failure there says why it was asked."""
    conf = tmp_path / "resolv.conf"
    if text is not None:
        conf.write_text(text)
    (endpoint,) = system_resolvers(conf)
    assert endpoint.host == "127.0.0.1"
    assert endpoint.because.startswith(f"{conf} {why}")
    assert endpoint.because.endswith(", so 127.0.0.1 was asked")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("8.8.8.8", ""),
        ("2a00:1450:4001::1", ""),
        ("127.0.0.1", "loopback"),
        ("::1", "loopback"),
        ("10.1.2.3", "private"),
        ("192.168.1.1", "private"),
        ("fd00::1", "private"),
        ("100.64.0.1", "shared (carrier-grade NAT)"),
        ("169.254.1.1", "link-local"),
        ("fe80::1", "link-local"),
        ("192.0.2.1", "documentation"),
        ("198.51.100.1", "documentation"),
        ("203.0.113.1", "documentation"),
        ("2001:db8::1", "documentation"),
        ("0.0.0.0", "this network"),
        ("255.255.255.255", "broadcast"),
        ("224.0.0.1", "multicast"),
        ("ff02::1", "multicast"),
        ("192.0.0.9", ""),
        ("::127.0.0.1", "loopback"),
        ("::10.0.0.1", "private"),
        ("::ffff:0:10.0.0.1", "private"),
        ("2001:470::5efe:10.0.0.1", "private"),
        ("2001:470::200:5efe:192.168.1.1", "private"),
        ("2001:470::5efe:8.8.8.8", ""),
        ("::ffff:10.0.0.1", "private"),
        ("::ffff:8.8.8.8", "IPv4-mapped"),
        ("64:ff9b::10.0.0.1", "private"),
        ("64:ff9b::8.8.8.8", ""),
        ("2002:a00:1::1", "private"),
    ],
)
def test_special_use(address, expected):
    assert category(address) == expected


@given(st.ip_addresses())
def test_what_python_calls_private_has_a_category(ip):
    if (
        isinstance(ip, ipaddress.IPv4Address)
        and ip.is_private
        and ip not in ipaddress.ip_network("192.0.0.0/24")
    ):
        assert category(str(ip))
