"""The presets: postures of known senders.  Data only; the fields are explained in `posture.py`."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from mailpath.judge.heard import Reading
from mailpath.judge.posture import (
    Agent,
    DaneUse,
    Fallback,
    Family,
    InsecureMx,
    Level,
    Patience,
    Posture,
    Precedence,
    Reference,
    Refusal,
    Sni,
    Suites,
    Words,
)
from mailpath.judge.presets_others import OTHERS
from mailpath.match import dane, names, sts
from mailpath.match.hosts import HostNames
from mailpath.match.pkix import Floor

# --- the standards ---------------------------------------------------------------------------------

RFC = Posture(
    name="rfc",
    agent=Agent(name="rfc", greeting_5xx=Refusal.BOUNCE_IF_LAST, helo_5xx=Refusal.BOUNCE_IF_LAST),
    title="the ideal sender: opportunistic TLS, DANE as RFC 7672, MTA-STS as RFC 8461",
    source="RFC 5321, 7435, 7505, 7671, 7672, 8461, 8996",
    dane=DaneUse.OPPORTUNISTIC,
    sts=True,
)

# --- Postfix 3.7 -----------------------------------------------------------------------------------

_POSTFIX_3_7 = Agent(
    name="postfix-3.7",
    source="Postfix 3.7.11: postconf(5), src/smtp, src/tls, and observed",
    family=Family.POSTFIX,
    null_mx_beside=Refusal.BOUNCE,
    ip_literal_mx=True,
    host_names=HostNames.POSTFIX,
    aliases_name_hosts=True,
    greeting_5xx=Refusal.NEXT,
    duplicates=True,
    balance_families=True,
    helo_5xx=Refusal.BOUNCE,
    odd_reply=Refusal.BOUNCE,
    replies=Reading.LAST_CODE,
    helo_where_blotted=True,
    starttls_5xx_required=Refusal.BOUNCE,
    sni_unusable=Sni.NONE,
    sha1_handshake=False,
    name_rules=names.POSTFIX,
    words=Words(
        dane="Verified",
        half_dane="Trusted",
        authenticated="Verified",
        trusted="Trusted",
        untrusted="Untrusted",
        anonymous="Anonymous",
    ),
    dane_rules=dane.POSTFIX,
    dane_references=(Reference.BASE, Reference.MX_OWNER_EXPANDED, Reference.MX_OWNER),
    sts_dialect=sts.MTA_STS_RESOLVER,
    sts_references=(Reference.STS_PATTERNS,),
    sts_name_rules=names.POSTFIX,
)

_POSTFIX = Posture(
    name="postfix-none",
    title="Postfix 3.7, smtp_tls_security_level = none: no TLS",
    source=_POSTFIX_3_7.source,
    agent=_POSTFIX_3_7,
    level=Level.NONE,
    address_limit=5,
    session_limit=2,
    sni=Sni.NONE,
    min_tls_authenticated="TLSv1",
    sts_checks_mx=False,
    precedence=Precedence.STS_FIRST,
    requiretls=False,  # from 3.11 on; its smtp_requiretls_policy = enforce:
    requiretls_verifies=False,
)

_POSTFIX_MAY = replace(
    _POSTFIX,
    name="postfix-may",
    title="Postfix 3.7, level may: TLS if it works, certificate ignored",
    level=Level.MAY,
)
_POSTFIX_DANE = replace(
    _POSTFIX_MAY,
    name="postfix-dane",
    title="Postfix 3.7, level dane: DANE where TLSA records are secure, else may",
    dane=DaneUse.OPPORTUNISTIC,
)
_RESOLVER = "postfix-mta-sts-resolver 1.5.1, observed"
#: defaults.py: `timeout`, of the whole request.
_RESOLVER_PATIENCE = Patience(policy=4)

POSTFIX = (
    _POSTFIX,
    _POSTFIX_MAY,
    replace(
        _POSTFIX,
        name="postfix-encrypt",
        title="Postfix 3.7, level encrypt: TLS or nothing, certificate ignored",
        level=Level.ENCRYPT,
    ),
    replace(
        _POSTFIX,
        name="postfix-verify",
        title="Postfix 3.7, level verify: a trusted certificate for the MX host name",
        level=Level.VERIFY,
        references=(Reference.MX,),
    ),
    replace(
        _POSTFIX,
        name="postfix-secure",
        title="Postfix 3.7, level secure: a trusted certificate for the recipient domain",
        level=Level.SECURE,
        references=(Reference.NEXTHOP, Reference.DOT_NEXTHOP),
    ),
    _POSTFIX_DANE,
    replace(
        _POSTFIX_DANE,
        name="postfix-dane-only",
        title="Postfix 3.7, level dane-only: DANE or nothing",
        dane=DaneUse.MANDATORY,
    ),
    replace(
        _POSTFIX_DANE,
        name="postfix-dane-policy",
        title="Postfix 3.7, dane from a policy table over a global may: no DANE behind unsigned MX records",
        source=f"{_POSTFIX.source}; postconf(5) smtp_tls_dane_insecure_mx_policy on versions before 3.7.13",
        insecure_mx=InsecureMx.MAY,
    ),
    replace(
        _POSTFIX_MAY,
        name="postfix-sts",
        title="Postfix 3.7, level may with MTA-STS by postfix-mta-sts-resolver",
        source=f"{_POSTFIX.source}; {_RESOLVER}",
        sts=True,
        patience=_RESOLVER_PATIENCE,
    ),
    replace(
        _POSTFIX_DANE,
        name="postfix-dane-sts",
        title="Postfix 3.7, level dane with MTA-STS by postfix-mta-sts-resolver: the policy replaces DANE",
        source=f"{_POSTFIX.source}; {_RESOLVER}",
        sts=True,
        patience=_RESOLVER_PATIENCE,
    ),
)

# --- Postfix 3.10 and later ------------------------------------------------------------------------

_LATER = "Postfix 3.10: postconf(5), RELEASE_NOTES, src/smtp/smtp_tls_policy.c; not observed"

#: As 3.7, but for how it works with an MTA-STS plugin that sends TLSRPT attributes.
_POSTFIX_3_10 = replace(
    _POSTFIX_3_7,
    name="postfix-3.10",
    source=_LATER,
    sts_dialect=replace(sts.MTA_STS_RESOLVER, any_depth=False),
    sts_references=(Reference.MX,),
)

POSTFIX_LATER = (
    replace(
        _POSTFIX_DANE,
        name="postfix-3.10-dane-policy",
        agent=_POSTFIX_3_10,
        title="Postfix 3.10, dane from a policy table over a global may: half-DANE as with a global dane",
        source=f"{_LATER}; smtp_tls_dane_insecure_mx_policy, default since 3.10.0 (also 3.7.13)",
    ),
    replace(
        _POSTFIX_MAY,
        name="postfix-3.10-sts",
        agent=_POSTFIX_3_10,
        title="Postfix 3.10.5, level may with MTA-STS by postfix-mta-sts-resolver with TLSRPT attributes",
        source=f"{_LATER}; smtp_tls_enforce_sts_mx_patterns = yes, default since 3.10.5",
        sts=True,
        patience=_RESOLVER_PATIENCE,
        sts_checks_mx=True,
    ),
    replace(
        _POSTFIX_DANE,
        name="postfix-tlspol",
        # It answers with level secure where the MX is not signed, and Postfix looks at no TLSA then.
        agent=replace(
            _POSTFIX_3_10, name="postfix-3.10-tlspol", half_dane_beside_sts=False, sts_dialect=sts.RFC
        ),
        title="Postfix 3.10.5 with postfix-tlspol: DANE first, else the MTA-STS policy",
        source=f"{_LATER}; postfix-tlspol README: a failing DANE lookup never falls to MTA-STS",
        sts=True,
        patience=Patience(policy=2),  # mta-sts.go: 2 s for each of its tries
        precedence=Precedence.DANE_FIRST,
        sts_checks_mx=True,
    ),
)

# --- Exim 4.96 -------------------------------------------------------------------------------------

_EXIM_4_96 = Agent(
    name="exim-4.96",
    source="Exim 4.96 (GnuTLS): spec.txt, src/transports/smtp.c, src/host.c, and observed",
    family=Family.EXIM,
    host_names=HostNames.EXIM,
    logs_canonical_host=True,
    limit_spares_worse=True,
    greeting_5xx=Refusal.BOUNCE_IF_LAST,
    helo_5xx=Refusal.BOUNCE_IF_LAST,
    ehlo_421_ends=False,
    replies=Reading.FIRST_CODE,
    suites=Suites.GNUTLS,
    tls_ehlo_ignored=True,
    floor=Floor.GNUTLS,
    floor_authenticated=Floor.GNUTLS,
    name_rules=names.GNUTLS,
    key_usage_fails=True,
    injection_fails=True,
    trusted_needs_name=True,
    words=Words(
        dane="CV=dane",
        half_dane="CV=dane",
        authenticated="CV=yes",
        trusted="CV=yes",
        untrusted="CV=no",
        anonymous="CV=no",
    ),
    tlsa_at_alias=False,
    dane_rules=dane.EXIM_GNUTLS,
    dane_references=(Reference.CANONICAL,),
    dane_name_falls_to_pkix=True,
    dane_stays=True,
    dane_missing=Refusal.BOUNCE,
    dane_missing_goes_on=True,
    dane_unusable_delivers=True,
)
_EXIM = Posture(
    name="exim",
    title="Exim 4.96 as shipped: opportunistic TLS, DANE where the MX, address and TLSA are secure",
    source=_EXIM_4_96.source,
    agent=_EXIM_4_96,
    dane=DaneUse.OPPORTUNISTIC,
    address_limit=5,
    fallback=Fallback.AT_ONCE,
    sni=Sni.NONE,
    min_tls_authenticated="TLSv1",
    anonymous_suites=False,
    insecure_mx=InsecureMx.MAY,
    requiretls=False,
)
_EXIM_OPPORTUNISTIC = replace(
    _EXIM,
    name="exim-opportunistic",
    title="Exim 4.96, hosts_try_dane empty: TLS if it works, at once without it where it fails",
    dane=DaneUse.OFF,
)

EXIM = (
    _EXIM,
    replace(
        _EXIM_OPPORTUNISTIC,
        name="exim-none",
        title="Exim 4.96, hosts_avoid_tls = *: no TLS",
        level=Level.NONE,
    ),
    _EXIM_OPPORTUNISTIC,
    replace(
        _EXIM_OPPORTUNISTIC,
        name="exim-noclear",
        title="Exim 4.96, tls_tempfail_tryclear = false: no plaintext after TLS has failed",
        fallback=Fallback.NEVER,
        starttls_4xx=Refusal.NEXT,
    ),
    replace(
        _EXIM_OPPORTUNISTIC,
        name="exim-require-tls",
        title="Exim 4.96, hosts_require_tls = *: TLS or nothing, certificate ignored",
        level=Level.ENCRYPT,
    ),
    replace(
        _EXIM_OPPORTUNISTIC,
        name="exim-verify",
        title="Exim 4.96, tls_verify_hosts = *: a trusted certificate for the MX host name",
        level=Level.VERIFY,
    ),
    replace(
        _EXIM,
        name="exim-require-dane",
        title="Exim 4.96, hosts_require_dane = *: DANE or nothing",
        dane=DaneUse.MANDATORY,
    ),
)

_ALL = (RFC, *POSTFIX, *EXIM, *POSTFIX_LATER, *OTHERS)
PRESETS: Mapping[str, Posture] = {preset.name: preset for preset in _ALL}
assert len(PRESETS) == len(_ALL), "two presets have one name"


class UnknownPosture(KeyError):
    """No posture has that name; the message lists those there are."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name

    def __str__(self) -> str:
        return f"There is no posture {self.name!r}. There are: {', '.join(PRESETS)}."


def posture(name: str) -> Posture:
    """The preset `name`; a bare Postfix level ("dane") means "postfix-dane".  Raises `UnknownPosture`."""
    found = PRESETS.get(name) or PRESETS.get(f"postfix-{name}")
    if found is None:
        raise UnknownPosture(name)
    return found


def describe() -> tuple[tuple[str, str], ...]:
    """(name, one line that says what it is) of every preset, in order."""
    return tuple((preset.name, preset.title) for preset in PRESETS.values())
