"""What a hand-built walk found, and what a judge and the panels say of it: enough of each to draw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from mailpath.attacks import attacker
from mailpath.facts import (
    DnssecFacts,
    Found,
    Lookup,
    MxFacts,
    MxHost,
    MxKind,
    Path,
    SenderFacts,
    StarttlsFacts,
    Status,
    StepResult,
    StsFacts,
    TlsaFacts,
    Walk,
)
from mailpath.judge.events import Event
from mailpath.judge.message_options import Message as SentMessage
from mailpath.judge.message_options import MessageOptions
from mailpath.judge.model import Attempt, Mechanism, Outcome, Verdict
from mailpath.report.panels import Row

AT = 1_700_000_000
NOT_VERIFIED = "Server certificate not verified"
NOT_ANNOUNCED = "REQUIRETLS is required, but host mx1.b.example does not offer it"


@dataclass(frozen=True)
class Explained:
    code: str
    severity: str
    subject: str
    found: str
    got: str
    means: str
    fix: str
    source: str
    plan: str = ""
    policy: tuple[str, ...] = ()

    @property
    def remedy(self) -> tuple[Row, ...]:
        return (Row("Fix", self.fix),)


@dataclass(frozen=True)
class Posture:
    name: str
    title: str

    def toward(self, recipient: str) -> Posture:
        """No recipient has a posture of its own."""
        return self


@dataclass(frozen=True)
class Scenario:
    id: str
    domain: str
    sender: str
    title: str
    teaches: str
    hint: str
    about: str = ""


NAMES = (
    "rfc",
    *(
        f"postfix-{n}"
        for n in ["none", "may", "encrypt", "verify", "secure", "dane", "dane-only", "sts", "dane-sts"]
    ),
    *("exim", "exim-none", "exim-verify", "exim-require-dane"),
    *("google", "microsoft"),
)
POSTURES = {name: Posture(name, f"What {name} enforces, told in a sentence that wraps.") for name in NAMES}

SCENARIOS = {
    s.id: s
    for s in (
        Scenario(
            "plain",
            "plain.example",
            "a.example",
            "No TLS at all",
            "A server that offers no STARTTLS takes mail in the clear, or not at all.",
            "switch between may and encrypt",
        ),
        Scenario(
            "dane-stale",
            "b.example",
            "a.example",
            "DANE after a key change",
            "The certificate was renewed with a new key and the TLSA record was forgotten: "
            "senders that follow DANE stop delivering, all others notice nothing.",
            "switch between may and dane",
        ),
    )
}

RESULTS = (
    StepResult(
        id="sender",
        status=Status.SKIP,
        word="NO HINTS",
        summary="a.example: nothing tells what its servers enforce.",
    ),
    StepResult(id="mx", status=Status.PASS, word="2 HOSTS", summary="mx1.b.example (10), mx2.b.example (20)"),
    StepResult(
        id="dnssec", status=Status.PASS, word="SECURE", summary="MX, addresses and TLSA are signed and valid"
    ),
    StepResult(
        id="mta-sts",
        status=Status.WEAK,
        word="TESTING",
        summary="a policy that is only tested: mx: *.b.example",
    ),
    StepResult(
        id="tlsa",
        status=Status.FAIL,
        word="MISMATCH",
        summary="mx1.b.example: 0 of 1 usable records match the certificate",
    ),
    StepResult(
        id="starttls", status=Status.PASS, word="TLS 1.3", summary="both hosts offer STARTTLS, TLS 1.3"
    ),
)

DIGEST = "8d02f3a1c6b7e94d5a0b1c2d3e4f5061728394a5b6c7d8e9f0a1b2c3d4e54fa1"
OTHER = "5b7e0912837465afbecd0123456789abcdef0123456789abcdef0123456c9300"


def walk(hosts: int = 2, results: tuple[StepResult, ...] = RESULTS, **changes: Any) -> Walk:
    lookup = Lookup(name="b.example", rdtype="MX", found=Found.FOUND, canonical="b.example")
    names = [f"mx{n}.b.example" for n in range(1, hosts + 1)]
    found = Walk(
        path=Path(sender="a.example", recipient="b.example"),
        at=AT,
        resolver="192.0.2.53",
        sender=SenderFacts(domain="a.example", proposed="postfix-dane"),
        mx=MxFacts(
            kind=MxKind.HOSTS,
            lookup=lookup,
            hosts=tuple(
                MxHost(name=name, preference=10 * (n + 1), addresses=(f"192.0.2.{10 + n}",))
                for n, name in enumerate(names)
            ),
        ),
        dnssec=DnssecFacts(),
        sts=StsFacts(found=Found.ABSENT),
        tlsa=TlsaFacts(),
        starttls=StarttlsFacts(),
        steps=results,
    )
    return replace(found, **changes)


def judge(
    found: Walk, posture: Posture, asked: MessageOptions | None = None, _: Walk | None = None
) -> Verdict:
    """mx1 fails DANE, nobody announces REQUIRETLS, everything else delivers: enough of a judge to draw."""
    if asked is not None and asked.message is SentMessage.REQUIRETLS:
        return Verdict(
            posture=posture.name,
            outcome=Outcome.BOUNCED,
            reason=NOT_ANNOUNCED,
            event=Event.REQUIRETLS_UNANNOUNCED,
            status_code="5.7.30",
        )
    attempts: list[Attempt] = []
    for host in found.mx.hosts:
        event = Event.SENT_TLS
        strict = "dane" in posture.name or posture.name == "rfc"
        bad = strict and host.name.startswith("mx1.")
        if bad:
            outcome, reason, code = Outcome.DEFERRED, NOT_VERIFIED, "4.7.5"
            event = Event.TLSA_MISMATCH
        elif posture.name.endswith("none"):
            outcome, reason, code = Outcome.PLAINTEXT, "delivered without TLS", None
            event = Event.SENT_PLAIN
        elif strict:
            outcome, reason, code = Outcome.AUTHENTICATED, "TLSA 3 1 1 matches the certificate", None
        else:
            outcome, reason, code = Outcome.ENCRYPTED, "delivered over TLS; nothing was verified", None
        attempts.append(
            Attempt(
                host=host.name,
                address=host.addresses[0],
                outcome=outcome,
                reason=reason,
                event=event,
                status_code=code,
                mechanism=Mechanism.DANE_EE if outcome is Outcome.AUTHENTICATED else Mechanism.NONE,
            )
        )
        if not bad:
            break
    last = attempts[-1]
    return Verdict(
        posture=posture.name,
        outcome=last.outcome,
        reason=last.reason,
        event=last.event,
        tls_word="Verified" if last.outcome is Outcome.AUTHENTICATED else None,
        host=last.host,
        address=last.address,
        mechanism=last.mechanism,
        status_code=last.status_code,
        attempts=tuple(attempts),
    )


def headline(
    found: Walk, posture: Posture, asked: MessageOptions | None = None, _: Walk | None = None
) -> str:
    verdict = judge(found, posture, asked)
    code = f" ({verdict.status_code})" if verdict.status_code else ""
    where = f"{verdict.outcome.value} by {posture.name} at {verdict.host}"
    return f"{found.path.recipient}: {where}: {verdict.reason}{code}"


def explained(found: Walk, step: str) -> tuple[Explained, ...]:
    if step != "tlsa":
        return ()
    return (
        Explained(
            code="TLSA007",
            severity="error",
            subject="mx1.b.example",
            found=f"_25._tcp.mx1.b.example. TLSA 3 1 1 {DIGEST}",
            got=f"SPKI SHA-256 {OTHER}",
            means="The key on the server changed; the DNS record was not updated.",
            fix=f"Publish 3 1 1 {OTHER}, wait one TTL, then remove the old record.",
            source="RFC 7671 section 8.1",
        ),
    )


@dataclass(frozen=True)
class Detail:
    label: str
    text: str


def details(found: Walk, step: str) -> tuple[Detail, ...]:
    if step != "dnssec":
        return ()
    signature = "the first signature to end is that over b.example MX by key 12345"
    return (
        Detail("Secure", "b.example MX, mx1.b.example A, _25._tcp.mx1.b.example TLSA"),
        Detail("Valid", f"until 2023-11-28 22:13 UTC (14 days left): {signature}"),
    )


def evidence(found: Walk, step: str, exchanges: Any = ()) -> tuple[str, ...]:
    return (
        f"_25._tcp.mx1.b.example.  3600  IN  TLSA  3 1 1 {DIGEST}",
        f"   computed from the chain of 192.0.2.10:        3 1 1 {OTHER}",
        *(f"220 line {number} of the dialogue of step {step}" for number in range(30)),
    )


def attacked(found: Walk) -> Walk:
    """A man in the middle at the first host, as the STARTTLS line would have it."""
    line = StepResult(
        id="starttls",
        status=Status.FAIL,
        word="MISMATCH",
        summary="TLS 1.3, but the server's certificate is another one",
    )
    steps = tuple(line if result.id == "starttls" else result for result in found.steps)
    first, *others = found.mx.hosts
    hosts = (replace(first, addresses=(attacker.ADDRESS,)), *others)
    return replace(found, steps=steps, mx=replace(found.mx, hosts=hosts))


def expired(found: Walk) -> Walk:
    """The signatures have run out."""
    line = StepResult(
        id="dnssec", status=Status.FAIL, word="BOGUS", summary="b.example MX is bogus: expired signatures"
    )
    return replace(found, steps=tuple(line if result.id == "dnssec" else result for result in found.steps))


LONG = "mx1.a-long-name-that-nobody-would-cut.b.example"
