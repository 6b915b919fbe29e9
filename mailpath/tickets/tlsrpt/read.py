"""A TLS report that somebody sent (RFC 8460 section 4): hostile until read.

At most 8 MiB, so many policies and failures and no more.  Reports in the wild bend the rules; what can be
read is, and the rest is listed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from mailpath.match.sts import mx_matches
from mailpath.names import as_domain
from mailpath.tickets.explain.tlsrpt_types import RESULT_TYPES, ResultType
from mailpath.tickets.tlsrpt.carried import Carried, ReportError, carried
from mailpath.tickets.tlsrpt.check import check, unpacked
from mailpath.visible import visible
from mailpath.wording.layout import hanging
from mailpath.wording.phrases import count

MAX_POLICIES = 1000
MAX_FAILURES = 5000

#: A report-id that names the recipient domain behind a UUID, as ours do, or behind the day, as Google's do.
_REPORT_ID = re.compile(r"(?:[0-9a-f-]{36}|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)_([^_]+)\Z")

#: Policy type -> the posture that keeps to it and to nothing else.
_POSTURES = {"tlsa": "postfix-dane", "sts": "postfix-sts"}
#: Result -> a posture that insists on what failed, whether or not a policy asks for it.
_INSISTING = {
    "dane-required": "postfix-dane-only",
    "certificate-host-mismatch": "postfix-secure",
    "certificate-expired": "postfix-secure",
    "certificate-not-trusted": "postfix-secure",
}


class ReportedPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """One policy with its summary.  `strings`: policy-string; counts are 0 where they cannot be read."""

    kind: str
    domain: str
    strings: tuple[str, ...] = ()
    mx: tuple[str, ...] = ()
    successful: int = 0
    failed: int = 0


class ReportedFailure(msgspec.Struct, frozen=True, kw_only=True):
    """One failure.  `means`: in plain words; `findings`: codes under which a walk shows it.

    `walk`: the recipient domain whose walk may show it again, A-labels; None where the report names none;
    `sure`: it is no guess.  `posture`: of a sender that meets it on that walk; None: the usual one.
    `mx`, `address`: of the receiving host; `sending`: of the sender; `reason`: the sender's own words;
    `compared`: what the host and the policy in the report say together, a sentence, or "".
    """

    result: str
    kind: str
    domain: str
    means: str
    count: int = 0
    mx: str | None = None
    address: str | None = None
    sending: str | None = None
    reason: str | None = None
    compared: str = ""
    walk: str | None = None
    sure: bool = True
    posture: str | None = None
    findings: tuple[str, ...] = ()


class ReceivedReport(msgspec.Struct, frozen=True, kw_only=True):
    """All of it visible text.  `problems`: where the report departs from the RFC."""

    organization: str | None
    contact: str | None
    report_id: str | None
    start: str | None
    end: str | None
    policies: tuple[ReportedPolicy, ...] = ()
    failures: tuple[ReportedFailure, ...] = ()
    problems: tuple[str, ...] = ()


def read(data: bytes, name: str = "") -> ReceivedReport:
    """The first report in `data`: JSON, gzip of it, or the mail that brought it; `name`: of the file.

    Raises `ReportError` and nothing else.
    """
    return _read(carried(data, name)[0])


def read_all(data: bytes, name: str = "") -> list[ReceivedReport]:
    """Every report in `data`, which may be a mailbox of them.  Raises `ReportError` and nothing else."""
    return [_read(each) for each in carried(data, name)]


def _read(brought: Carried) -> ReceivedReport:
    report, told = _parsed(brought.json), brought.recipient
    dates = _object(report.get("date-range"))
    entries = [entry for entry in _array(report.get("policies"))[:MAX_POLICIES] if isinstance(entry, dict)]
    policies = tuple(_policy(entry) for entry in entries)
    recipient = told or _recipient(policies) or _identified(_shown(report.get("report-id")))
    failures = [
        _failure(policy, detail, recipient)
        for policy, entry in zip(policies, entries, strict=True)
        for detail in _array(entry.get("failure-details"))[:MAX_FAILURES]
        if isinstance(detail, dict)
    ][:MAX_FAILURES]
    return ReceivedReport(
        organization=_shown(report.get("organization-name")),
        contact=_shown(report.get("contact-info")),
        report_id=_shown(report.get("report-id")),
        start=_shown(dates.get("start-datetime")),
        end=_shown(dates.get("end-datetime")),
        policies=policies,
        failures=tuple(failures),
        problems=tuple(visible(problem) for problem in check(report)),
    )


def to_dict(report: ReceivedReport) -> dict[str, Any]:
    """The fields of `ReceivedReport`, as JSON has them."""
    made = msgspec.to_builtins(report)
    assert isinstance(made, dict)
    return made


# --- parsing ---------------------------------------------------------------------------------------


def _parsed(data: bytes) -> dict[str, Any]:
    try:
        report = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ReportError(
            "The report is neither JSON in UTF-8, nor gzipped JSON, nor a mail that contains one."
        ) from error
    except RecursionError as error:
        raise ReportError("The report is nested too deeply.") from error
    except ValueError as error:
        raise ReportError(f"The report is not JSON: {visible(str(error), limit=120)}.") from error
    if not isinstance(report, dict) or "policies" not in report:
        raise ReportError("The file is JSON, but not a TLS report: it has no policies.")
    return report


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _array(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _shown(value: Any) -> str | None:
    return visible(value) or None if isinstance(value, str) else None


def _count(value: Any) -> int:
    """A count, also where it was written as a string."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 53 else 0


def _policy(entry: dict[str, Any]) -> ReportedPolicy:
    policy = _object(entry.get("policy"))
    summary = _object(entry.get("summary"))
    hosts = policy.get("mx-host")
    return ReportedPolicy(
        kind=_shown(policy.get("policy-type")) or "unknown",
        domain=_shown(policy.get("policy-domain")) or "",
        strings=_strings(unpacked(policy.get("policy-string"))),
        mx=_strings([hosts] if isinstance(hosts, str) else hosts),
        successful=_count(summary.get("total-successful-session-count")),
        failed=_count(summary.get("total-failure-session-count")),
    )


def _strings(value: Any) -> tuple[str, ...]:
    return tuple(visible(each) for each in _array(value)[:100] if isinstance(each, str))


def _recipient(policies: tuple[ReportedPolicy, ...]) -> str | None:
    """The recipient domain: that of an MTA-STS policy, or of none; a TLSA base domain is a mail host."""
    for policy in policies:
        if policy.kind != "tlsa":
            found = as_domain(policy.domain)
            if found is not None:
                return found
    return None


def _identified(report_id: str | None) -> str | None:
    found = _REPORT_ID.match(report_id or "")
    return as_domain(found[1]) if found is not None else None


def _policy_of(policy: ReportedPolicy, mx: str | None, result: str) -> tuple[str | None, bool]:
    """The recipient domain that a policy itself names, and whether that is sure.

    That of a DANE policy is the TLSA base domain (RFC 8460 section 1.1): the mail host, or what it is an
    alias of (RFC 7672 section 2.2.3).  Exchange Online puts the recipient domain there all the same, and so
    does whoever could not look up the MX records.  A host below it shows that it is no host itself.
    """
    own = as_domain(policy.domain)
    if policy.kind != "tlsa" or own is None:
        return own, True
    host = (mx or "").rstrip(".").lower()
    if host == own or (not host and result != "dnssec-invalid"):
        return None, True
    return own, host.endswith(f".{own}")


def _posture(kind: str, result: str) -> str | None:
    insisting = _INSISTING.get(result)
    return insisting if result == "dane-required" else _POSTURES.get(kind, insisting)


def _failure(policy: ReportedPolicy, detail: dict[str, Any], recipient: str | None) -> ReportedFailure:
    result = _shown(detail.get("result-type")) or "unknown"
    known = RESULT_TYPES.get(result)
    mx = _shown(detail.get("receiving-mx-hostname"))
    own, sure = _policy_of(policy, mx, result)
    reason = _shown(detail.get("failure-reason-code"))
    compared, findings = _compared(policy, mx, known)
    told = (recipient or own) if policy.kind == "tlsa" else (own or recipient)
    return ReportedFailure(
        result=result,
        kind=policy.kind,
        domain=policy.domain,
        means=_means(known, reason),
        count=_count(detail.get("failed-session-count")),
        mx=mx,
        address=_shown(detail.get("receiving-ip")),
        sending=_shown(detail.get("sending-mta-ip")),
        reason=reason,
        compared=compared,
        walk=told,
        sure=sure or told == recipient,
        posture=_posture(policy.kind, result),
        findings=findings,
    )


def _means(known: ResultType | None, reason: str | None) -> str:
    if known is None:
        return "RFC 8460 does not define this result type."
    if known is not RESULT_TYPES["validation-failure"]:
        return known.means
    more = (
        "the reason code says more" if reason else "the report does not say which, so a walk may find nothing"
    )
    return f"{known.means.rstrip('.')}; {more}."


def _compared(
    policy: ReportedPolicy, mx: str | None, known: ResultType | None
) -> tuple[str, tuple[str, ...]]:
    """The host that failed held against the policy in the same report; codes under which a walk shows it."""
    findings = known.findings if known is not None else ()
    host = as_domain(mx or "")
    lines = [line.partition(":") for line in policy.strings]
    patterns = policy.mx or tuple(value.strip() for key, _, value in lines if key.strip() == "mx")
    if policy.kind != "sts" or host is None or not patterns or (known is not None and known.policy == "sts"):
        return "", findings
    others = tuple(code for code in findings if code != "STS013")
    shown = ", ".join(patterns[:6])
    if any(mx_matches(pattern.lower(), host) for pattern in patterns):
        return f"{mx} is listed in the policy of the report: {shown}.", others
    return f"{mx} is not listed in the policy of the report: {shown}.", ("STS013", *others)


# --- text ------------------------------------------------------------------------------------------


def render_text(report: ReceivedReport) -> str:
    """The report to read, in 80 columns; ends with a newline."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: ReceivedReport) -> Iterator[str]:
    yield from _row("From", f"{report.organization or 'nobody named'}, {report.contact or 'no contact'}")
    yield from _row("Covers", f"{report.start or '?'} to {report.end or '?'}")
    for policy in report.policies:
        counts = f"{count(policy.successful, 'session')} succeeded, {policy.failed} failed"
        yield from _row("Policy", f"{policy.kind} of {policy.domain or '?'}: {counts}")
    for failure in report.failures:
        yield ""
        yield from _row("Failure", f"{failure.result}: {failure.means}")
        host = " ".join(
            part for part in (failure.mx, f"[{failure.address}]" if failure.address else "") if part
        )
        if host:
            yield from _row("Host", host)
        yield from _row("Sessions", str(failure.count))
        if failure.reason:
            yield from _row("Reason", failure.reason)
        if failure.compared:
            yield from _row("Compared", failure.compared)
        if failure.findings:
            yield from _row("Findings", ", ".join(failure.findings))
        yield from _row("Walk", _walk(failure))
    if not report.failures:
        yield from _row("Failures", "none")
    for problem in report.problems:
        yield from _row("Departs", problem)


def _walk(failure: ReportedFailure) -> str:
    posture = f" --posture {failure.posture}" if failure.posture else ""
    if failure.walk is not None:
        unsure = "" if failure.sure else " (if that is the recipient domain: the report may name a mail host)"
        return f"mailpath check {failure.walk}{posture}{unsure}"
    host = failure.mx or failure.domain or "that this concerns"
    missing = "neither the report nor its file name or mail names the recipient domain"
    return f"mailpath check DOMAIN{posture}, your domain with the mail host {host}: {missing}"


def _row(label: str, text: str) -> Iterator[str]:
    yield from hanging(label, text, indent=0, column=11)
