"""Lists of TLS versions and of excluded suites, as Postfix reads them (tls_proto_mask_lims.c, ciphers(1))."""

from __future__ import annotations

import re

from mailpath.judge.posture import VERSIONS
from mailpath.records import Record

_VERSIONS = {each.lower(): each for each in VERSIONS}
#: OpenSSL 3 has no suites of these kinds, or they are none that a server could be left with.
_GONE = frozenset(
    """
    anull adh aecdh enull null export exp export40 export56 low des 3des rc2 rc4 md5 idea seed psk srp krb5
    dss adss edh-rsa-des-cbc3-sha des-cbc3-sha des-cbc-sha rc4-sha rc4-md5 kdhd kdhr kdhe-psk akrb5 sslv2 gost
    """.split()  # noqa: SIM905 - as one reads it
)


class Versions(Record, frozen=True, kw_only=True):
    """`oldest`: the oldest version that is on.  `doubt`: what a posture cannot say of it, `wrong`: why it
    cannot be used; "" for nothing.  Visible text.
    """

    oldest: str = VERSIONS[0]
    doubt: str = ""
    wrong: str = ""


def versions(text: str) -> Versions:
    """What `!SSLv2, >=TLSv1.2, TLSv1.3` leaves."""
    names = list(VERSIONS)
    floor, ceiling = 0, len(names) - 1
    included: set[int] = set()
    excluded: set[int] = set()
    for word in re.split(r"[,\s:]+", text.strip()):
        found = re.fullmatch(r"(!|>=|<=)?([a-z0-9.]{0,12})", word.lower())
        if not word:
            continue
        version = found[2] if found else ""
        if version == "sslv2" and found and found[1] in ("!", ">="):
            continue
        if version not in _VERSIONS or found is None:
            return Versions(wrong="It names no TLS version that there is")
        number = names.index(_VERSIONS[version])
        if found[1] == ">=":
            floor = number
        elif found[1] == "<=":
            ceiling = number
        else:
            (excluded if found[1] else included).add(number)
    on = sorted((included or set(range(len(names)))).intersection(range(floor, ceiling + 1)) - excluded)
    if not on:
        return Versions(wrong="It leaves no TLS version")
    doubt = ""
    gap = next((names[each] for each in range(on[0], on[-1]) if each not in on), None)
    if on[-1] < len(names) - 1:
        doubt = f"A server that speaks nothing older than {names[on[-1] + 1]} cannot be told."
    elif gap is not None:
        doubt = f"A server that speaks only {gap} cannot be told."
    return Versions(oldest=names[on[0]], doubt=doubt)


def excludes_anonymous(text: str) -> bool:
    """Whether no suite without a certificate is left."""
    words = {each.lower() for each in _words(text)}
    return "anull" in words or {"adh", "aecdh"} <= words


def understood_exclusions(text: str) -> list[str]:
    """The exclusions that may leave a server of today without a common suite."""
    return [each for each in _words(text) if each.lower() not in _GONE]


def _words(text: str) -> list[str]:
    return [each for each in re.split(r"[,\s:]+", text.strip()) if each]
