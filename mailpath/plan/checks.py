"""Commands that gate a step: they fail before it is done, and exit with 0 once every server shows it.

The servers themselves are asked, one by one: a cache holds what was so some time ago.  None has a backslash,
which is not shown as it is (`mailpath.visible`).
"""

from __future__ import annotations

from collections.abc import Sequence
from shlex import quote

from mailpath.plan.model import PolicyFile

_S_CLIENT = "openssl s_client -starttls smtp -connect"
_DIGEST = "openssl x509 -noout -pubkey | openssl pkey -pubin -outform DER | openssl dgst -sha256 | grep -qi"


def records_served(owner: str, rdtype: str, has: Sequence[str], lacks: Sequence[str]) -> str:
    """Every name server has these records, and has not those.  `has`, `lacks`: their data."""
    words = [f"--has {quote(each)}" for each in has] + [f"--lacks {quote(each)}" for each in lacks]
    return f"mailpath dnssec {quote(owner)} {rdtype} {' '.join(words)}"


def record_alone(owner: str, rdtype: str, zone: str) -> str:
    """No name server of `zone` has more than one record there."""
    return _at_each_server(zone, f'test "$(dig +short {quote(owner)} {rdtype} @$s | wc -l)" -eq 1')


def signatures_served(zone: str) -> str:
    """Every name server sends signatures, though no DS record vouches for them yet."""
    return _at_each_server(zone, f"dig +short +dnssec {quote(zone)} SOA @$s | grep -q '^SOA '")


def _at_each_server(zone: str, command: str) -> str:
    return f'(n=$(dig +short {quote(zone)} NS); test "$n" && for s in $n; do {command} || exit 1; done)'


def zone_validates(zone: str, *, secure: bool) -> str:
    """Its answers are secure; or else, without a DS record above, at least not bogus."""
    asked = f"mailpath dnssec {quote(zone)} SOA"
    return asked if secure else f"({asked}; test $? -lt 2)"


def policy_served(file: PolicyFile) -> str:
    """The policy host serves this text, with a certificate that holds."""
    fetched = f"curl --fail --silent --show-error {quote(file.url)} | tr -s '[:space:]' ' ' | sed 's/ $//'"
    return f'test "$({fetched})" = {quote(" ".join(file.text.split()))}'


def tls_offered(host: str, addresses: Sequence[str], *, trusted: bool) -> str:
    """Each address does TLS; `trusted`: with a certificate from a public CA that is valid for `host`."""
    verify = f" -verify_hostname {quote(host)} -verify_return_error" if trusted else ""
    asked = f"{_S_CLIENT} $a:25 -servername {quote(host)}{verify} </dev/null >/dev/null 2>&1"
    return _at_each(addresses or (host,), asked)


def key_shown(host: str, addresses: Sequence[str], digest: str, *, rsa: bool | None = None) -> str:
    """Each address shows the key with this SHA-256.  `rsa`: to clients that know only RSA, or only ECDSA."""
    only = "" if rsa is None else f" -tls1_2 -cipher {'aRSA' if rsa else 'aECDSA'}"
    shown = f"{_S_CLIENT} $a:25 -servername {quote(host)}{only} </dev/null 2>/dev/null"
    return _at_each(addresses, f"{shown} | {_DIGEST} {quote(digest)}")


def _at_each(addresses: Sequence[str], command: str) -> str:
    named = " ".join(quote(f"[{each}]") if ":" in each else quote(each) for each in addresses)
    return f"(for a in {named}; do {command} || exit 1; done)"


def mail_delivered(recipient: str) -> str:
    """Mail arrives, as well protected as may be (1 is less than both sides ask for)."""
    return f"(mailpath check {quote(recipient)}; test $? -lt 2)"
