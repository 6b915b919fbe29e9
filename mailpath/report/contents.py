"""What every report holds, whatever it looks like: headings, circumstances, what was not tried.

Visible text all of it.  Renderers lay it out and escape it for their own language.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from mailpath.facts import Found, Status, Walk
from mailpath.judge import Verdict
from mailpath.names import u_labels
from mailpath.report.result import Result
from mailpath.visible import visible

GLYPHS = {Status.PASS: "✓", Status.WEAK: "!", Status.FAIL: "✗", Status.SKIP: "–", Status.ERROR: "?"}
#: For terminals that have no others.
ASCII_GLYPHS = {Status.PASS: "+", Status.WEAK: "!", Status.FAIL: "x", Status.SKIP: "-", Status.ERROR: "?"}

TITLES = {
    "sender": "Sender",
    "mx": "MX",
    "dnssec": "DNSSEC",
    "mta-sts": "MTA-STS",
    "tlsa": "TLSA",
    "starttls": "STARTTLS",
    "verdict": "Verdict",
}

_SOURCES = {"lab": ", in the lab", "capture": ", replayed from a capture"}


def moment(seconds: int) -> str:
    """Unix time as "2026-11-23 12:00:00 UTC"."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def named(domain: str) -> str:
    """A domain, with its U-labels beside it where it has some."""
    unicode = u_labels(domain)
    return visible(domain) if unicode is None else f"{visible(domain)} ({visible(unicode)})"


def circumstances(result: Result) -> tuple[tuple[str, str], ...]:
    """(label, text): which path, when, from where, through which resolver, by which version."""
    walk = result.walk
    sender = named(walk.path.sender) if walk.path.sender is not None else "any sender"
    when = moment(result.made)
    if result.at != result.made:
        when += f", judged as of {moment(result.at)}"
    seen = f"{visible(walk.sender.ehlo) or 'this machine'}, resolver {visible(walk.resolver)}"
    return (
        ("Path", f"{sender} to {named(walk.path.recipient)}"),
        ("Walked", f"{when}{_SOURCES.get(result.kind, '')}"),
        ("From", seen),
        ("By", f"mailpath {result.mailpath}"),
    )


def outcome(verdict: Verdict) -> str:
    """The outcome in one or three words: "plaintext on retry"."""
    return f"{verdict.outcome.value}{' on retry' if verdict.after_retry else ''}"


def possible(verdict: Verdict) -> str:
    """What an unknown outcome may be; "" where nothing is open."""
    return " or ".join(each.value for each in verdict.possible)


def not_tried(walk: Walk) -> tuple[str, ...]:
    """What the report does not know, and why; sentences, each once."""
    return tuple(dict.fromkeys(_not_tried(walk)))


def _not_tried(walk: Walk) -> Iterator[str]:
    for session in walk.starttls.sessions:
        if session.not_tried:
            yield f"No session with {session.address}: {visible(session.not_tried)}."
    for host in walk.tlsa.hosts:
        if host.not_tried:
            yield f"TLSA of {visible(host.host)}: {visible(host.not_tried)}."
    if walk.sts.policy_id is None and walk.sts.fetch is None and walk.sts.found is Found.ABSENT:
        yield "No policy was fetched, as no valid record announces one."
    if not any(session.mail_from is not None for session in walk.starttls.sessions):
        yield "No MAIL FROM was sent: whether a server takes this sender or recipient is not known."
    yield "Whether the sender holds a policy from an earlier delivery is not known."
