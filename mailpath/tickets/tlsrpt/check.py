"""Whether an object is a TLS report by the field rules of RFC 8460 section 4.4."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from mailpath.tickets.explain.tlsrpt_types import RESULT_TYPES

POLICY_TYPES = ("tlsa", "sts", "no-policy-found")

#: Most complaints that are listed.
MOST = 50

_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)\Z")
#: addr-spec (RFC 5322 section 3.4.1), roughly.
_MAIL = re.compile(r"(?!mailto:)[^@\s<>]+@[^@\s<>]+\Z", re.I)
_URI = re.compile(r"[a-z][a-z0-9+.-]*:[!-~]+\Z", re.I)
_DOMAIN = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*\.?\Z", re.I
)
PATTERN = re.compile(r"(?:\*\.)?[a-z0-9_.-]{1,253}\Z", re.I)
_TLSA = re.compile(r"\d{1,3} \d{1,3} \d{1,3} [0-9a-f]*\Z", re.I)


def check(report: object) -> tuple[str, ...]:
    """What is wrong with it, one sentence each; () when nothing is.  Never raises."""
    found = []
    for complaint in _report(report):
        found.append(complaint)
        if len(found) == MOST:
            break
    return tuple(found)


Rule = Callable[[Any], bool]


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _patterns(value: Any) -> bool:
    # The section's own figure has one string, its example an array.
    listed = [value] if isinstance(value, str) else value
    return _texts(listed) and all(PATTERN.match(each) for each in listed)


def _date(value: Any) -> bool:
    if not isinstance(value, str) or not _DATE.match(value):
        return False
    try:
        _moment(value)
    except ValueError:
        return False
    return True


def _moment(value: str) -> datetime:
    return datetime.fromisoformat(value.replace("Z", "+00:00"))


def _address(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(ipaddress.ip_address(value))
    except ValueError:
        return False


def _like(regex: re.Pattern[str]) -> Rule:
    return lambda value: isinstance(value, str) and regex.match(value) is not None


#: Field -> (required, rule, what it must be).
_REPORT: dict[str, tuple[bool, Rule, str]] = {
    "organization-name": (True, _text, "a name"),
    "contact-info": (True, _like(_MAIL), "a mail address"),
    "report-id": (True, _text, "an identifier"),
}
_DATES: dict[str, tuple[bool, Rule, str]] = {
    "start-datetime": (True, _date, "a date and time (RFC 3339)"),
    "end-datetime": (True, _date, "a date and time (RFC 3339)"),
}
_POLICY: dict[str, tuple[bool, Rule, str]] = {
    "policy-type": (True, lambda value: value in POLICY_TYPES, "tlsa, sts or no-policy-found"),
    "policy-string": (False, _texts, "an array of strings"),
    "policy-domain": (True, _like(_DOMAIN), "a domain in A-labels"),
    "mx-host": (False, _patterns, "an array of MX patterns"),
}
_SUMMARY: dict[str, tuple[bool, Rule, str]] = {
    "total-successful-session-count": (True, _count, "a count"),
    "total-failure-session-count": (True, _count, "a count"),
}
_DETAIL: dict[str, tuple[bool, Rule, str]] = {
    "result-type": (True, lambda value: isinstance(value, str) and value in RESULT_TYPES, "a result type"),
    "sending-mta-ip": (False, _address, "an IP address"),
    "receiving-mx-hostname": (False, _like(_DOMAIN), "a host name"),
    "receiving-mx-helo": (False, _text, "a HELO string"),
    "receiving-ip": (False, _address, "an IP address"),
    "failed-session-count": (True, _count, "a count"),
    "additional-information": (False, _like(_URI), "a URI"),
    "failure-reason-code": (False, _text, "a text"),
}


def _fields(where: str, value: Any, rules: dict[str, tuple[bool, Rule, str]]) -> Iterator[str]:
    for name, (required, rule, what) in rules.items():
        if name not in value:
            if required:
                yield f"{where}: {name} is missing."
        elif not rule(value[name]):
            yield f"{where}: {name} must be {what}."


def _report(report: Any) -> Iterator[str]:
    if not isinstance(report, dict):
        yield "The report must be an object."
        return
    yield from _fields("report", report, _REPORT)
    dates = report.get("date-range")
    if not isinstance(dates, dict):
        yield "report: date-range must be an object."
    else:
        bad = list(_fields("date-range", dates, _DATES))
        yield from bad
        if not bad and _moment(dates["end-datetime"]) < _moment(dates["start-datetime"]):
            yield "date-range: the end is before the start."
    policies = report.get("policies")
    if not isinstance(policies, list) or not policies:
        yield "report: policies must be an array with at least one entry."
        return
    for number, policy in enumerate(policies, 1):
        yield from _entry(f"policy {number}", policy)


def _entry(where: str, entry: Any) -> Iterator[str]:
    if not isinstance(entry, dict):
        yield f"{where} must be an object."
        return
    policy = entry.get("policy")
    if not isinstance(policy, dict):
        yield f"{where}: policy must be an object."
    else:
        yield from _fields(where, policy, _POLICY)
        yield from _strings(where, policy)
    summary = entry.get("summary")
    if not isinstance(summary, dict):
        yield f"{where}: summary must be an object."
        return
    yield from _fields(where, summary, _SUMMARY)
    details = entry.get("failure-details", [])
    if not isinstance(details, list):
        yield f"{where}: failure-details must be an array."
        return
    counted = 0
    for number, detail in enumerate(details, 1):
        if not isinstance(detail, dict):
            yield f"{where}, failure {number} must be an object."
            continue
        yield from _fields(f"{where}, failure {number}", detail, _DETAIL)
        count = detail.get("failed-session-count")
        counted += count if isinstance(count, int) and _count(count) else 0
    total = summary.get("total-failure-session-count")
    if isinstance(total, int) and _count(total) and counted > total:
        yield f"{where}: the failures add up to more than the summary has."


def unpacked(strings: Any) -> Any:
    """`policy-string` as an array of strings, also where all of it is one JSON array inside a string."""
    if not _texts(strings) or len(strings) != 1 or not strings[0].lstrip().startswith("["):
        return strings
    try:
        inner = json.loads(strings[0])
    except (ValueError, RecursionError):
        return strings
    return inner if _texts(inner) else strings


def _strings(where: str, policy: dict[str, Any]) -> Iterator[str]:
    """The policy-string fits the policy-type."""
    sent = policy.get("policy-string")
    strings = unpacked(sent)
    if not _texts(strings):
        return
    if strings is not sent:
        yield f"{where}: policy-string must be an array, not one in a string."
    if policy.get("policy-type") == "tlsa" and not all(_TLSA.match(each) for each in strings or ()):
        yield f"{where}: policy-string must contain TLSA records."
    if policy.get("policy-type") == "sts" and strings and not any("STSv1" in each for each in strings):
        yield f"{where}: policy-string must contain the lines of an MTA-STS policy."
