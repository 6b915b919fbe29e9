"""Facts of each step, and the walk they make up."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal

import msgspec

from mailpath.exchanges import Envelope, Failure, Stage, TlsProfile, TlsSession
from mailpath.facts.dns import Found, Lookup, Security, ZoneFact
from mailpath.records import Record

# --- Sender ----------------------------------------------------------------------------------------


class SenderFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Step 0.  `proposed`: a posture name, with the `grounds` in plain words; None when there are none.

    `port25`: FOUND when a session got out, BLOCKED when neither the recipient's MX nor the sender's
    own answers from here, NOT_TRIED otherwise.
    `resolver_fails`: types for which the resolver answers with an error whatever the name, and the RCODE.
    """

    domain: str | None = None
    ehlo: str = ""
    mx: Lookup | None = None
    spf: Lookup | None = None
    spf_record: bytes | None = None
    provider: str | None = None
    proposed: str | None = None
    grounds: tuple[str, ...] = ()
    port25: Found = Found.NOT_TRIED
    port25_reason: str = ""
    resolver_fails: dict[str, str] = {}


# --- MX --------------------------------------------------------------------------------------------


class MxKind(StrEnum):
    HOSTS = "hosts"  # one MX or more; a null MX beside others is in `MxFacts.null_beside`
    IMPLICIT = "implicit"  # no MX RRset, the domain's own address (RFC 5321 section 5.1)
    NULL = "null"  # RFC 7505
    NONE = "none"  # neither MX nor address, or no such domain
    FAILED = "failed"  # MX lookup failed or bogus (hosts are still walked where the bogus answer has some)


class MxHost(msgspec.Struct, frozen=True, kw_only=True):
    """One host of the path, in the order it is tried.

    `form`: "name", "ip-literal" (the MX names an IP address), "invalid" (no host name by the RFCs; looked up
    where some sender takes it for one).
    `v6`, `v4`: AAAA and A lookups (None for a literal).  `addresses`: every usable one, v6 first, ascending;
    `left_out`: those beyond the number that is looked at.
    `special`: address -> category for those in special-use space (RFC 6890); "" when none.
    `also_at`: further preferences under which the same host is listed.
    """

    name: str
    preference: int
    form: str = "name"
    v6: Lookup | None = None
    v4: Lookup | None = None
    addresses: tuple[str, ...] = ()
    left_out: int = 0
    special: dict[str, str] = {}
    also_at: tuple[int, ...] = ()

    @property
    def lookups(self) -> tuple[Lookup, ...]:
        """Of its addresses, AAAA first; () for a literal."""
        if self.v6 is not None and self.v4 is not None:  # as nearly always
            return self.v6, self.v4
        return tuple(lookup for lookup in (self.v6, self.v4) if lookup is not None)

    @property
    def canonical(self) -> str:
        """The CNAME-expanded name of the host (RFC 7672 section 2.2.2)."""
        for lookup in (self.v4, self.v6):
            if lookup is not None and lookup.links:
                return lookup.canonical
        return self.name


class MxFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Step 1.  `hosts` by preference, then name.  `lookup` is the MX RRset of the recipient domain.

    `left_out`: hosts of that RRset beyond the number that is looked at.
    """

    kind: MxKind
    lookup: Lookup
    hosts: tuple[MxHost, ...] = ()
    null_beside: bool = False
    left_out: int = 0


# --- DNSSEC ----------------------------------------------------------------------------------------


class DnssecFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Step 2.  Every zone that some lookup of the walk went through, root first, by name.

    `weakest`: of the MX RRset and every host's addresses.  `resolver_passes`: False when the resolver
    strips DNSSEC data.  `expires`: when the first of today's answers stops validating (Unix time).
    """

    zones: tuple[ZoneFact, ...] = ()
    weakest: Security = Security.INDETERMINATE
    resolver_passes: bool = True
    resolver_note: str = ""
    expires: int | None = None


# --- MTA-STS ---------------------------------------------------------------------------------------


class PolicyFetch(msgspec.Struct, frozen=True, kw_only=True):
    """The HTTPS fetch of the policy.  `verify_error`: None when chain and name hold at the walk's time
    by RFC 8461 (DNS-ID only), else why not.  `chain`: as the host sent it, DER, leaf first.  `limit`: as in
    `HttpsExchange`.
    """

    url: str
    host: str
    v6: Lookup | None = None
    v4: Lookup | None = None
    address: str | None = None
    status: int | None = None
    content_type: bytes | None = None
    body: bytes = b""
    chain: tuple[bytes, ...] = ()
    verify_error: str | None = None
    failure: Failure | None = None
    limit: float | None = None
    detail: str = ""


class StsPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """A policy as the RFC reads it (RFC 8461 section 3.2).  `mx`: patterns, lower-case."""

    mode: str  # "enforce", "testing", "none"
    mx: tuple[str, ...]
    max_age: int
    version: str = "STSv1"


class StsFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Step 3.  `texts`: TXT records at `_mta-sts`, strings joined.  `policy_id`: of the one valid record.

    `policy`: None unless record, fetch and policy are all good by RFC 8461; then `found` says which of
    absent and failed it is, and `reason` why.  Raw data stays for postures with other reading habits.
    """

    found: Found
    txt: Lookup | None = None
    texts: tuple[bytes, ...] = ()
    policy_id: str | None = None
    fetch: PolicyFetch | None = None
    policy: StsPolicy | None = None
    reason: str = ""
    tlsrpt: Lookup | None = None
    tlsrpt_texts: tuple[bytes, ...] = ()
    tlsrpt_rua: tuple[str, ...] = ()
    tlsrpt_reason: str = ""


# --- TLSA ------------------------------------------------------------------------------------------


class TlsaRecord(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """RFC 6698 section 2.1.  `unusable`: "" or why no RFC 7672 sender can use it."""

    usage: int
    selector: int
    mtype: int
    data: bytes
    unusable: str = ""


class TlsaSet(msgspec.Struct, frozen=True, kw_only=True):
    """The TLSA RRset sought at one base domain: `_25._tcp.<base>`.

    `left_out`: records of it beyond the number that is looked at.
    """

    base: str
    lookup: Lookup
    records: tuple[TlsaRecord, ...] = ()
    left_out: int = 0


class HostTlsa(msgspec.Struct, frozen=True, kw_only=True):
    """TLSA of one MX host: the candidates that were asked for, CNAME-expanded name first, then the
    name in the MX record (RFC 7672 section 2.2.2).  None asked: `not_tried` says why.
    """

    host: str
    candidates: tuple[TlsaSet, ...] = ()
    not_tried: str = ""


class TlsaFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Step 4, one entry per MX host, in the order of `MxFacts.hosts`."""

    hosts: tuple[HostTlsa, ...] = ()

    @property
    def lookups(self) -> tuple[Lookup, ...]:
        """Of every candidate of every host, in that order."""
        return tuple(candidate.lookup for host in self.hosts for candidate in host.candidates)


# --- STARTTLS --------------------------------------------------------------------------------------


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """One SMTP reply (RFC 5321 section 4.2).  `code` None: no valid reply; `defect` says why.
    `lines`: text behind the code, one per line, raw.  `codes`: of a reply that is not valid, what stands
    before each line: some senders go by the first, some by the last; None: the line has no code.
    """

    code: int | None
    lines: tuple[bytes, ...] = ()
    defect: str = ""
    codes: tuple[int | None, ...] = ()

    @property
    def wire(self) -> tuple[bytes, ...]:
        """The lines as they came, without what ended them."""
        last = len(self.lines) - 1
        codes = self.codes or (self.code,) * len(self.lines)
        return tuple(
            line if code is None else b"%03d%s%s" % (code, b" " if number == last else b"-", line)
            for number, (line, code) in enumerate(zip(self.lines, codes, strict=True))
        )

    @property
    def positive(self) -> bool:
        """2yz: a sender goes on, whatever the last two digits (RFC 5321 section 4.2.1)."""
        return self.code is not None and 200 <= self.code < 300

    @property
    def temporary(self) -> bool:
        """4yz: a sender comes again later (RFC 5321 section 4.2.1)."""
        return self.code is not None and 400 <= self.code < 500


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One SMTP session with one address, read from its transcript.

    Everything is None or empty from the point on where `failure` ended it (`failed_at`, `limit`, `bound`: as
    in `SmtpExchange`).
    `extensions`: EHLO keywords in upper case, with parameters, visible text.  `not_tried`: why no
    session was held ("its address is for special use (...)", "more than 5 addresses").
    """

    address: str
    port: int
    sni: str | None
    profile: TlsProfile = TlsProfile.FULL
    not_tried: str = ""
    failure: Failure | None = None
    failed_at: Stage | None = None
    limit: float | None = None
    bound: str = ""
    detail: str = ""
    greeting: Reply | None = None
    ehlo: Reply | None = None
    helo: Reply | None = None  # only after EHLO was refused
    extensions: tuple[str, ...] = ()
    starttls: Reply | None = None
    injected: bytes = b""
    tls: TlsSession | None = None
    ehlo_tls: Reply | None = None
    helo_tls: Reply | None = None  # only after EHLO was refused inside TLS
    extensions_tls: tuple[str, ...] = ()
    mail_from: Reply | None = None
    rcpt_to: Reply | None = None

    @property
    def before_tls(self) -> bool:
        """The session was held, and ended before a handshake in which a name would be sent."""
        held = not self.not_tried and self.failure not in (Failure.NOT_RECORDED, Failure.LOCAL)
        return held and self.tls is None and self.failed_at is not Stage.HANDSHAKE

    @property
    def offers_starttls(self) -> bool:
        return "STARTTLS" in self.extensions

    @property
    def requiretls(self) -> bool:
        return "REQUIRETLS" in self.extensions_tls


class StarttlsFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Step 5, by address, SNI ("" first) and profile.

    `envelope`: MAIL FROM and RCPT TO that were tried, None where nobody asked for it; `enveloped`: the
    sessions that tried them, one per address.  Their replies stand in `sessions` too, in those that came as
    far: a sender of any habit would have heard them.
    """

    sessions: tuple[Session, ...] = ()
    envelope: Envelope | None = None
    enveloped: tuple[Session, ...] = ()

    def session(self, address: str, sni: str | None, profile: TlsProfile = TlsProfile.FULL) -> Session | None:
        """The session with these settings; None if none was held."""
        for session in self.sessions:
            if session.address == address and session.sni == sni and session.profile is profile:
                return session
        return None

    def told(self, address: str, sni: str | None, profile: TlsProfile = TlsProfile.FULL) -> Session | None:
        """The session with these settings, also where it was not tried because nothing hangs on its name: all
        that were held with the address ended before TLS.
        """
        exact = self.session(address, sni, profile)
        if exact is None or not exact.not_tried:
            return exact
        held = [each for each in self.sessions if each.address == address and not each.not_tried]
        return held[0] if held and all(each.before_tls for each in held) else exact


# --- The walk --------------------------------------------------------------------------------------


class Status(StrEnum):
    """Of a step, independent of any posture."""

    PASS = "pass"  # published and works
    WEAK = "weak"  # absent, partial or testing
    FAIL = "fail"  # published and broken, or undeliverable
    SKIP = "skip"  # not applicable
    ERROR = "error"  # could not be learnt


class StepResult(Record, frozen=True, kw_only=True):
    """One panel's line: `word`, one or two upper-case words; `summary`, a plain sentence (visible text)."""

    id: str
    status: Status
    word: str
    summary: str


class Path(msgspec.Struct, frozen=True, kw_only=True):
    """Who writes to whom, A-labels.  `sender` None: nobody in particular."""

    recipient: str
    sender: str | None = None


class Walk(Record, frozen=True, kw_only=True):
    """Everything one walk found.  `at`: Unix time as of which certificates and signatures were judged.
    `roots`: trusted CA certificates (DER) that could anchor a chain seen on this walk, sorted.
    `patience`: "sender": the sending server waits as long as its kind does; "ours": no longer than we did.
    `ahead`: `at` lies after the exchanges, so that what has expired by then may be renewed in time.
    `further`: by id, what steps found that have no attribute of their own here.
    `steps`: results of all steps but the last; the verdict is the judge's.
    """

    path: Path
    at: int
    resolver: str
    sender: SenderFacts
    mx: MxFacts
    dnssec: DnssecFacts
    sts: StsFacts
    tlsa: TlsaFacts
    starttls: StarttlsFacts
    roots: tuple[bytes, ...] = ()
    patience: Literal["sender", "ours"] = "sender"
    ahead: bool = False
    further: dict[str, Any] = msgspec.field(default_factory=dict)
    steps: tuple[StepResult, ...] = ()
