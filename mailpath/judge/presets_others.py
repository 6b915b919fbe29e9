"""Presets of other documented senders.  What a source does not say is `unknown`, not guessed.

Fields that are neither set nor unknown follow the standards (`posture.py`'s defaults): they concern the
choice of host, on which these sources are silent and senders differ little.
"""

from __future__ import annotations

from typing import Any

from mailpath.judge.posture import (
    Agent,
    DaneUse,
    Fallback,
    InsecureMx,
    Level,
    OptionalCheck,
    Patience,
    Posture,
    Precedence,
    Refusal,
)

_REFUSED: dict[str, tuple[Any, ...]] = {
    "starttls_4xx": (Refusal.PLAINTEXT, Refusal.NEXT),
    "starttls_5xx": (Refusal.PLAINTEXT, Refusal.NEXT),
}
_FALLBACK: dict[str, tuple[Any, ...]] = {
    "fallback": (Fallback.NEVER, Fallback.AT_ONCE, Fallback.ON_RETRY),
}
#: On RFC 8689 the sources are silent.
_REQUIRETLS: dict[str, tuple[Any, ...]] = {"requiretls": (False, True)}
_OLDEST: dict[str, tuple[Any, ...]] = {"min_tls": ("TLSv1", "TLSv1.2")}

GMAIL = Posture(
    name="gmail",
    agent=Agent(name="gmail", resolves_here=False, sts_on_first_contact=False),
    title="Gmail: opportunistic TLS; MTA-STS, but a policy met for the first time protects the next mail",
    source="support.google.com/a/answer/9261504; lazy caching as reported from its TLS reports",
    sts=True,
    unknown={"dane": (DaneUse.OFF, DaneUse.OPPORTUNISTIC), **_REFUSED, **_FALLBACK, **_OLDEST, **_REQUIRETLS},
)

EXCHANGE_ONLINE = Posture(
    name="exchange-online",
    agent=Agent(name="exchange-online", resolves_here=False),
    title="Microsoft Exchange Online: opportunistic TLS, DANE and MTA-STS, both always on",
    source="MicrosoftDocs how-smtp-dane-works.md, enhancing-mail-flow-with-mta-sts.md",
    dane=DaneUse.OPPORTUNISTIC,
    sts=True,
    unknown={
        "precedence": (Precedence.DANE_FIRST, Precedence.STS_FIRST),
        "insecure_mx": (InsecureMx.DANE, InsecureMx.MAY),
        **_REFUSED,
        **_FALLBACK,
        **_REQUIRETLS,
    },
)

MOX = Posture(
    name="mox",
    agent=Agent(name="mox", sts_record_failure_waits=True),
    title="mox: opportunistic TLS, plaintext at once where it fails; DANE and MTA-STS, each must hold",
    source="mox queue/direct.go, smtpclient/client.go",
    dane=DaneUse.OPPORTUNISTIC,
    insecure_mx=InsecureMx.MAY,
    sts=True,
    precedence=Precedence.BOTH,
    fallback=Fallback.AT_ONCE,
    # client.go: half a minute for each line of a reply, a minute for the handshake.
    patience=Patience(greeting=30, ehlo=30, starttls=30, handshake=60, mail=30, rcpt=30),
    min_tls="TLSv1.2",
)

STALWART = Posture(
    name="stalwart",
    agent=Agent(name="stalwart"),
    title="Stalwart, default strategy: at first optional TLS with a good certificate; DANE, MTA-STS",
    source="Stalwart delivery.rs, defaults.rs (retry strategy invalid-tls)",
    dane=DaneUse.OPPORTUNISTIC,
    insecure_mx=InsecureMx.MAY,
    sts=True,
    fallback=Fallback.NEVER,
    optional_check=OptionalCheck.FIRST_ATTEMPT,
    patience=Patience(handshake=180, policy=300),  # tlsTimeout, mtaStsTimeout of MtaTlsStrategy
    min_tls="TLSv1.2",
    unknown={"precedence": (Precedence.DANE_FIRST, Precedence.BOTH), **_REFUSED, **_REQUIRETLS},
)

MADDY = Posture(
    name="maddy",
    agent=Agent(name="maddy"),
    title="maddy as shipped: TLS or nothing, DANE and MTA-STS",
    source="maddy.conf (local_policy min_tls_level encrypted), remote/connect.go",
    level=Level.ENCRYPT,
    dane=DaneUse.OPPORTUNISTIC,
    sts=True,
    min_tls="TLSv1.2",
    unknown={
        "precedence": (Precedence.DANE_FIRST, Precedence.STS_FIRST, Precedence.BOTH),
        "insecure_mx": (InsecureMx.DANE, InsecureMx.MAY),
        **_REQUIRETLS,
    },
)

CHASQUID = Posture(
    name="chasquid",
    agent=Agent(name="chasquid"),
    title="chasquid at first contact: opportunistic TLS, plaintext at once where it fails; MTA-STS, no DANE",
    source="chasquid docs/sec-levels.md, courier/smtp.go (a level once seen for a domain is kept: not shown)",
    sts=True,
    fallback=Fallback.AT_ONCE,
    min_tls="TLSv1.2",
    # courier/smtp.go: ten minutes for the whole session.
    patience=Patience(greeting=600, ehlo=600, starttls=600, handshake=600, mail=600, rcpt=600),
    unknown={**_REFUSED, **_REQUIRETLS},
)

HARAKA = Posture(
    name="haraka",
    agent=Agent(name="haraka"),
    title="Haraka: opportunistic TLS, next MX where it fails; neither DANE nor MTA-STS",
    source="Haraka docs/Outbound.md, outbound/tls.js (disable_for_failed_hosts off)",
    fallback=Fallback.NEVER,
    unknown={**_REFUSED, **_OLDEST, **_REQUIRETLS},
)

ZONE_MTA = Posture(
    name="zone-mta",
    agent=Agent(name="zone-mta"),
    title="ZoneMTA: opportunistic TLS, plaintext at once where it fails; MTA-STS, no DANE",
    source="ZoneMTA lib/tls-retry.js, config/default.js",
    sts=True,
    fallback=Fallback.AT_ONCE,
    unknown={**_REFUSED, **_REQUIRETLS},
)

OPENSMTPD = Posture(
    name="opensmtpd",
    agent=Agent(name="opensmtpd"),
    title="OpenSMTPD relay: opportunistic TLS, plaintext where it fails; neither DANE nor MTA-STS",
    source="OpenSMTPD mta_session.c, smtpd.conf(5)",
    fallback=Fallback.AT_ONCE,
    unknown={**_REFUSED, **_OLDEST, **_REQUIRETLS},
)

KUMOMTA = Posture(
    name="kumomta",
    agent=Agent(name="kumomta"),
    title="KumoMTA as shipped: optional TLS with a good certificate; MTA-STS, no DANE",
    source="docs.kumomta.com make_egress_path: enable_tls Opportunistic, no enable_dane, enable_mta_sts",
    sts=True,
    fallback=Fallback.NEVER,
    optional_check=OptionalCheck.ALWAYS,
    patience=Patience(greeting=60, starttls=5),  # banner_timeout, starttls_timeout
    unknown={**_REFUSED, **_OLDEST, **_REQUIRETLS},
)

OTHERS = (
    GMAIL,
    EXCHANGE_ONLINE,
    MOX,
    STALWART,
    MADDY,
    CHASQUID,
    HARAKA,
    ZONE_MTA,
    OPENSMTPD,
    KUMOMTA,
)
