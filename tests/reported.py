"""Situations out of public reports, and two neighbors of each kind, as scenarios of the lab."""

from __future__ import annotations

import json

from mailpath.lab.scenario import Scenario, decode

#: The digest of no octets at all, and of one line end.
NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
EMPTY_LINE = "01ba4719c80b6fe911b091a7c05124b64eeece964e09c058ef8f9805daca546b"


def _scenario(
    name: str, *lines: str, servers: str = "host = 'mx1'", sec: str = "signed", more: str = ""
) -> Scenario:
    """One signed zone with `mx1`, its further lines, and what a test adds."""
    records = json.dumps(["@ MX 10 mx1", *lines])
    text = f"""
        id = "{name}"
        title = "x"
        teaches = "x"
        hint = "x"
        [[zone]]
        sec = "{sec}"
        rr = {records}
        [[server]]
        {servers}
        {more}
    """
    return decode(text.encode(), name)


def _tlsa(name: str, data: str, *lines: str, **options: str) -> Scenario:
    return _scenario(name, f"_25._tcp.mx1 {data}", *lines, **options)


MISMATCHES = (
    _tlsa("digest-of-nothing", f"TLSA 3 1 1 {NOTHING}"),
    _tlsa("digest-of-a-line", f"TLSA 3 1 1 {EMPTY_LINE}"),
    _tlsa("certificate-as-311", "{tlsa 3 1 1 mx1 as 0 1}"),
    _tlsa("key-as-301", "{tlsa 3 0 1 mx1 as 1 1}"),
    _tlsa("issuer-as-311", "{tlsa 3 1 1 mx1/int}"),
    _tlsa("leaf-as-211", "{tlsa 2 1 1 mx1}"),
    _tlsa("pem-as-311", "{tlsa 3 1 1 mx1 as pem}"),
    _tlsa("pem-as-301", "{tlsa 3 0 1 mx1 as pem}"),
    _tlsa("sha256-as-312", "{tlsa 3 1 2 mx1 as 1 1}"),
    _tlsa("sha512-as-311", "{tlsa 3 1 1 mx1 as 1 2}"),
    _tlsa("pkix-as-111", "{tlsa 1 1 1 mx1}"),
    _tlsa("renewed", "{tlsa 3 1 1 mx1/none}"),
    _tlsa(
        "swapped",
        "{tlsa 3 1 1 mx2}",
        "@ MX 20 mx2",
        "_25._tcp.mx2 {tlsa 3 1 1 mx1}",
        more="[[server]]\nhost = 'mx2'",
    ),
    _tlsa(
        "shared",
        "CNAME _dane",
        "@ MX 20 mx2",
        "_25._tcp.mx2 CNAME _dane",
        "_dane {tlsa 3 1 1 mx1}",
        "_dane {tlsa 3 1 1 mx2}",
        more="[[server]]\nhost = 'mx2'",
    ),
    _tlsa("right-and-wrong", "{tlsa 3 1 1 mx1}", f"_25._tcp.mx1 TLSA 3 1 1 {NOTHING}"),
)

_PROVIDER = "[[zone]]\nname = 'provider.example.'\nsec = '{sec}'\nrr = {rr}"


def _provider(*lines: str, sec: str = "unsigned") -> str:
    return _PROVIDER.format(sec=sec, rr=json.dumps(lines))


def _alias(name: str, *, sec: str) -> Scenario:
    """The MX host is a CNAME to a provider's host, and the TLSA record stands at the alias."""
    target = f"mx.{name}-provider.example."
    zone = _provider(sec=sec).replace("'provider", f"'{name}-provider")
    return decode(
        f"""
        id = "{name}"
        title = "x"
        teaches = "x"
        hint = "x"
        [[zone]]
        sec = "signed"
        rr = ["@ MX 10 mail", "mail CNAME {target}", "_25._tcp.mail {{tlsa 3 1 1 {target}}}"]
        {zone}
        [[server]]
        host = "{target}"
        """.encode(),
        name,
    )


ALIASES = (
    _alias("alias-to-signed", sec="signed"),
    _alias("alias-to-unsigned", sec="unsigned"),
    _tlsa("tlsa-to-nowhere", "CNAME doesnotexist", sec="nsec3"),
    _tlsa("tlsa-by-two-aliases", "CNAME _dane", "_dane CNAME gone"),
    _tlsa("tlsa-to-stale", "CNAME _dane", "_dane {tlsa 3 1 1 mx1/none}"),
    _scenario("reports-elsewhere", "_smtp._tls CNAME tlsrpt", 'tlsrpt TXT "v=TLSRPTv1; rua=nobody"'),
    _scenario("reports-nowhere", "_smtp._tls CNAME gone"),
    _scenario("policy-elsewhere", "_mta-sts CNAME other", 'other TXT "v=STSv1; id=1;"', sec="unsigned"),
    _scenario("policy-host-nowhere", '_mta-sts TXT "v=STSv1; id=1;"', "mta-sts CNAME gone", sec="unsigned"),
    _scenario("policy-nowhere", "_mta-sts CNAME gone", "mta-sts CNAME gone"),
    _scenario("policy-broken-elsewhere", "_mta-sts CNAME other", 'other TXT "v=STSv1; id=_;"'),
    _scenario("host-nowhere", "@ MX 20 mx3", "mx3 CNAME gone"),
)


def _policy(name: str, body: str, *, more: str = "") -> Scenario:
    return _scenario(name, sec="unsigned", more=f"[sts]\nbody = {json.dumps(body)}\n{more}")


_GOOD = "version: STSv1\nmode: enforce\nmx: mx1.{}.example\nmax_age: {}\n"
POLICIES = (
    _policy("typo", "version: STSv1\nmode: enforce\nnmx: mx1.typo.example\nmax_age: 604800\n"),
    _policy("no-mx", "version: STSv1\nmode: enforce\nmax_age: 604800\n"),
    _policy("week", _GOOD.format("week", "1w")),
    _policy("odd-mode", "version: STSv1\nmode: force\nmx: mx1.odd-mode.example\nmax_age: 604800\n"),
    _policy("comma", _GOOD.format("comma.example, mx2.comma", 604800)),
    _policy("bom", "\ufeff" + _GOOD.format("bom", 604800)),
    _policy("equals", "version: STSv1\nmode = enforce\nmx: mx1.equals.example\nmax_age: 604800\n"),
    _policy("page", "<!doctype html><html><title>Welcome</title></html>"),
    _policy("day", _GOOD.format("day", 86400)),
    _policy("day-and-more", _GOOD.format("day-and-more", 86401)),
    _policy("no-time", _GOOD.format("no-time", 0)),
    _policy("closed", "x", more="listen = 'refused'"),
)

SCENARIOS = (*MISMATCHES, *ALIASES, *POLICIES)
