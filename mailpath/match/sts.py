"""MTA-STS: the TXT record, the policy, and which MX hosts it names (RFC 8461).

MTA-STS lets a domain without DNSSEC demand authenticated TLS.  It publishes a policy over HTTPS, so the
public CAs vouch for it instead of signed DNS:

* Discovery (section 3.1).  A TXT record at `_mta-sts.<domain>` says that there is a policy, and carries its
  id, 1 to 32 letters and digits.  Records that do not begin with `v=STSv1;` are dropped; exactly one must
  remain.
* Fetch (sections 3.2 and 3.3).  The policy is at `https://mta-sts.<domain>/.well-known/mta-sts.txt`, behind a
  certificate that public CAs vouch for; redirects are not followed.  It consists of lines `key: value`, field
  names and values in exact case.  Unknown fields are ignored; if a field is repeated, the first one counts.
* Cache (section 5.1).  A sender keeps the policy for `max_age` seconds, and fetches it again when the id
  changes.  DNS is not signed, so an attacker can hide the TXT record: the cache is what protects, from the
  second message on.  The very first fetch is taken on trust.
* Match (section 4.1).  An `mx` pattern is a host name, or `*.` and a name, where the star is exactly one
  label.  Under `mode: enforce` a sender delivers only to MX hosts that match a pattern and present a
  certificate from a public CA for their name; under `testing` it delivers anyway and reports; `none`
  withdraws the policy.

DANE comes first where a domain has both (section 2).  A program that reads record and policy otherwise is a
`StsParsing`.
"""

from __future__ import annotations

import codecs
import re
from functools import lru_cache

import msgspec

from mailpath.facts import StsPolicy
from mailpath.match.sts_dialects import RFC, StsParsing
from mailpath.wording.phrases import clause

#: RFC 8461 section 3.2, in seconds: one year.
MAX_AGE = 31_557_600
MAX_LINES = 2000
MODES = ("enforce", "testing", "none")
FIELDS = ("version", "mode", "max_age", "mx")

_FIELD = re.compile(r"([A-Za-z0-9][A-Za-z0-9_.-]{0,31}):[ \t]*(\S(?:.*\S)?)[ \t]*\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_HOSTS = rf"(?:\*\.)?{_LABEL}(?:\.{_LABEL})*"
_PATTERN = re.compile(rf"{_HOSTS}\Z")
#: A line that names a host: what a long policy consists of.
_MX = re.compile(rf"mx:[ \t]*({_HOSTS})[ \t]*\Z")
#: What is left of a byte that is not UTF-8 (surrogateescape).
_NOT_UTF8 = re.compile(r"[\udc80-\udcff]")
_DIGITS = re.compile(r"[0-9]{1,10}\Z")


class JudgedLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a policy, raw, without its line end.  `verdict`: "ok", "ignored", "bad"."""

    text: bytes
    verdict: str
    note: str = ""


class PolicyResult(msgspec.Struct, frozen=True, kw_only=True):
    """`policy`: None if the body is no valid policy; then `reason` is a plain sentence (raw text).

    `wants`: the field that is missing, if that is why.
    """

    policy: StsPolicy | None = None
    reason: str = ""
    lines: tuple[JudgedLine, ...] = ()
    wants: str = ""


# --- the policy ------------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def parse_policy(body: bytes, content_type: bytes | None, parsing: StsParsing = RFC) -> PolicyResult:
    """The policy in `body`, as served with Content-Type `content_type` (None: no such header).

    Never raises.  Judges the lines of an invalid policy too.  Remembers its results: each posture asks anew.
    """
    if len(body) > parsing.most and not parsing.cuts:
        return PolicyResult(reason="The policy is larger than 64 KiB.")
    body = body[: parsing.most]
    lines = _split_laxly(body, content_type) if parsing.charset else _split_strictly(body)
    judged, fields = ([], None) if lines is None else _judge(lines, parsing)
    shown = tuple(judged)
    if parsing.content_type and not _is_plain(content_type):
        return PolicyResult(reason="The Content-Type is not text/plain.", lines=shown)
    if fields is None:
        return PolicyResult(reason="The policy is not in the charset that its Content-Type names.")
    bad = next((line for line in judged if line.verdict == "bad"), None)
    if bad is not None and parsing.policy_grammar:
        return PolicyResult(reason=f"A line of the policy is not valid: {bad.note}.", lines=shown)
    policy, reason, key = _make_policy(fields, parsing)
    wants = key if key not in fields else ""
    return PolicyResult(policy=policy, reason=reason, lines=_mark(shown, key, reason, parsing), wants=wants)


def _mark(
    lines: tuple[JudgedLine, ...], key: str, reason: str, parsing: StsParsing
) -> tuple[JudgedLine, ...]:
    """`lines`, in which that of the field `key`, or meant for it, is to blame for there being no policy."""
    if not key:
        return lines
    keys = [line.text.decode("utf-8", "surrogateescape").partition(":")[0].strip() for line in lines]
    own = [at for at, each in enumerate(keys) if each == key]
    found = own or [at for at, each in enumerate(keys) if _suggest(each) == key]
    if not found:
        return lines
    chosen = found[-1 if own and parsing.last_wins else 0]
    note = clause(reason) if own else lines[chosen].note
    bad = msgspec.structs.replace(lines[chosen], verdict="bad", note=note)
    return (*lines[:chosen], bad, *lines[chosen + 1 :])


@lru_cache(maxsize=64)
def _suggest(key: str) -> str:
    """The known field that `key` looks like, or ""."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(key.lower()[:40], FIELDS)), "")


def _is_plain(content_type: bytes | None) -> bool:
    media_type = (content_type or b"").decode("latin-1").lower().partition(";")[0]
    return media_type.strip() == "text/plain"


def _split_strictly(body: bytes) -> list[str]:
    """Lines that end in LF or CRLF, or with the body.  Bytes that are not UTF-8 survive as surrogates."""
    lines = body.decode("utf-8", "surrogateescape").split("\n")
    if len(lines) > 1 and not lines[-1]:
        lines.pop()
    return [line.removesuffix("\r") for line in lines]


def _split_laxly(body: bytes, content_type: bytes | None) -> list[str] | None:
    """Lines as Python splits them, in the charset that Content-Type names; None if they are not in it."""
    codec = _find_codec(content_type)
    if codec is None:
        return None
    try:
        return body.decode(codec).splitlines()
    except UnicodeDecodeError:
        return None


#: Codecs that decode a page of text in linear time.  Others in Python (idna, punycode) do not.
_TEXT_CODEC = re.compile(r"(?:ascii|utf-8(?:-sig)?|utf-(?:16|32)(?:-[bl]e)?|iso8859-\d+|cp\d+|koi8-[rtu])\Z")


def _find_codec(content_type: bytes | None) -> str | None:
    from email.message import Message

    message = Message()
    header = (content_type or b"").decode("ascii", "replace")
    message["Content-Type"] = re.sub(r"[\r\n]", " ", header[:1000])
    charset = message.get_param("charset", "ascii")
    if not isinstance(charset, str) or not re.match(r"[A-Za-z0-9_.:-]{1,40}\Z", charset):
        return None
    try:
        name = codecs.lookup(charset).name
    except LookupError:
        return None
    return name if _TEXT_CODEC.match(name) else None


def _judge(lines: list[str], parsing: StsParsing) -> tuple[list[JudgedLine], dict[str, list[str]]]:
    """The verdict on each line, and the values of each field in order."""
    judged: list[JudgedLine] = []
    fields: dict[str, list[str]] = {}
    for line in lines[:MAX_LINES]:
        strict = parsing.policy_grammar
        read = _read_strict_field if strict else _read_lax_field
        key, value, note = read(line, parsing)
        verdict = "bad" if note else "ok"
        if not note and key not in FIELDS:
            meant = _suggest(key)
            verdict, note = "ignored", f"unknown field; did you mean {meant}?" if meant else "unknown field"
        elif key != "mx" and key in fields:
            verdict = "ok" if parsing.last_wins else "ignored"
            note = f"given twice; the {'last' if parsing.last_wins else 'first'} counts"
        if verdict != "bad":
            fields.setdefault(key, []).append(value)
        judged.append(JudgedLine(text=line.encode("utf-8", "surrogateescape"), verdict=verdict, note=note))
    if len(lines) > MAX_LINES:
        judged.append(JudgedLine(text=b"", verdict="bad", note="too many lines"))
    return judged, fields


def _read_strict_field(line: str, parsing: StsParsing = RFC) -> tuple[str, str, str]:
    """(key, value, why the line is invalid) by RFC 8461 section 3.2."""
    if host := _MX.match(line):
        return "mx", host[1], ""
    if line.startswith("\ufeff"):
        return "", "", "begins with a byte order mark (BOM)"
    if not line.strip(" \t"):
        return "", "", "an empty line"
    if ":" not in line:
        return "", "", "a line without a colon"
    if _NOT_UTF8.search(line):
        return "", "", "bytes that are not UTF-8"
    found = _FIELD.match(line)
    if found is None or _CONTROL.search(found[2]):
        return "", "", "not a field name, a colon and a value"
    if found[1] == "mx" and re.search(r"[\s,;]", found[2]):
        return "", "", "one mx line names one host only"
    pattern = found[2].removesuffix(".") if parsing.mx_dot else found[2]
    if found[1] == "mx" and not _PATTERN.match(pattern):
        return "", "", "mx is neither a host name nor *. and a domain"
    return found[1], found[2], ""


def _read_lax_field(line: str, parsing: StsParsing) -> tuple[str, str, str]:
    key, _, value = line.rstrip().partition(":")
    if parsing.trims:
        key = key.strip()
    if parsing.ignores_case:  # JavaScript's trim() takes a byte order mark away too
        key, value = key.strip("\ufeff").lower(), value.lower() if key.lower() == "mode" else value
    return key, value.lstrip(), ""


def _make_policy(fields: dict[str, list[str]], parsing: StsParsing) -> tuple[StsPolicy | None, str, str]:
    """The policy in these fields; or None, why there is none, and the field that is to blame."""
    which = -1 if parsing.last_wins else 0
    single = {key: values[which] for key, values in fields.items()}
    if single.get("version") != "STSv1":
        return None, "The version is missing or not STSv1.", "version"
    age = _read_max_age(single.get("max_age"), parsing)
    if age is None:
        missing = "missing, " if "max_age" not in single else ""
        return None, f"The max_age is {missing}not a number of seconds, or more than a year.", "max_age"
    mode = single.get("mode")
    if mode is None:
        return None, "The mode is missing.", "mode"
    if mode not in MODES:
        return None, "The mode is not enforce, testing or none.", "mode"
    patterns = tuple(dict.fromkeys(pattern.lower() for pattern in fields.get("mx", ())))
    if not patterns and mode != "none" and parsing.mx_needed:
        return None, "There is no mx line.", "mx"
    return StsPolicy(mode=mode, mx=patterns, max_age=age), "", ""


def _read_max_age(value: str | None, parsing: StsParsing) -> int | None:
    if value is None:
        return None if parsing.max_age else 0
    if parsing.policy_grammar:
        if not _DIGITS.match(value):
            return None
        age = int(value)
    else:
        try:
            age = int(value)  # which accepts "+1", "1_000" and the digits of other scripts too
        except ValueError:
            return None
    if age > MAX_AGE and parsing.cap_max_age:
        return MAX_AGE
    return age if (0 if parsing.zero_age else 1) <= age <= MAX_AGE else None


# --- mx patterns -----------------------------------------------------------------------------------


def lists(policy: StsPolicy, host: str) -> bool:
    """Does a pattern of the policy name `host` (RFC 8461 section 4.1)?"""
    return any(mx_matches(pattern, host) for pattern in policy.mx)


def mx_matches(pattern: str, host: str, parsing: StsParsing = RFC) -> bool:
    """Does the mx `pattern` of a policy name `host` (both without a trailing dot, any case)?"""
    pattern, host = pattern.lower(), host.lower()
    if parsing.any_depth:
        suffix = pattern.lstrip("*")
        if suffix.startswith("."):
            return len(host) > len(suffix) > 1 and host.endswith(suffix)
        return suffix == host
    if pattern.startswith("*."):
        label, _, parent = host.partition(".")
        return bool(label) and bool(parent) and parent == pattern[2:]
    return pattern == host


def postfix_match(policy: StsPolicy) -> tuple[str, ...] | None:
    """The names that postfix-mta-sts-resolver hands to Postfix as `secure match=`; ".domain" for "*.domain".

    None if Postfix cannot read the result (only empty patterns, or a space or comma in one): it then defers
    with 4.7.5, "client TLS configuration problem".
    """
    patterns = [pattern.lstrip("*") for pattern in policy.mx]
    if not any(patterns) or any(re.search(r"[\s,]", pattern) for pattern in patterns):
        return None
    return tuple(dict.fromkeys(name for pattern in patterns for name in pattern.split(":") if name))
