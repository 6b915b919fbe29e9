"""The report as plain text, to paste into a ticket: the answer first, then the path that leads to it.

Every line but the first, which is the answer and stays one line, fits into 80 columns.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from mailpath.facts import Found, Status
from mailpath.judge import Mechanism, Verdict
from mailpath.names import u_labels
from mailpath.report.headline import answer, headline
from mailpath.report.layout import hanging, table, wrapped
from mailpath.report.panels import Explained, explain
from mailpath.report.result import Result, verdict_step
from mailpath.visible import visible

GLYPHS = {Status.PASS: "✓", Status.WEAK: "!", Status.FAIL: "✗", Status.SKIP: "–", Status.ERROR: "?"}

TITLES = {
    "sender": "Sender",
    "mx": "MX",
    "dnssec": "DNSSEC",
    "mta-sts": "MTA-STS",
    "tlsa": "TLSA",
    "starttls": "STARTTLS",
    "verdict": "Verdict",
}

_SEVERITY = {"error": "✗", "warning": "!", "info": "–"}

_STEP_COLUMN = 13
_BLOCK_COLUMN = 11
_RULE = 11


def render(result: Result) -> str:
    """The whole report; ends with a newline."""
    sections = (
        [headline(result)],
        list(_circumstances(result)),
        list(_path(result)),
        list(_findings(result)),
        list(_verdicts(result)),
        list(_attempts(result)),
        list(_not_tried(result)),
    )
    return "\n\n".join("\n".join(section) for section in sections if section) + "\n"


def _moment(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _named(domain: str) -> str:
    unicode = u_labels(domain)
    return visible(domain) if unicode is None else f"{visible(domain)} ({visible(unicode)})"


def _circumstances(result: Result) -> Iterator[str]:
    """When, from where, through which resolver, by which version."""
    walk = result.walk
    source = {"lab": ", in the lab", "capture": ", replayed from a capture"}.get(result.kind, "")
    sender = _named(walk.path.sender) if walk.path.sender is not None else "any sender"
    yield from hanging("Path", f"{sender} to {_named(walk.path.recipient)}", indent=0, column=_RULE)
    when = _moment(result.made)
    if result.at != result.made:
        when += f", judged as of {_moment(result.at)}"
    yield from hanging("Walked", f"{when}{source}", indent=0, column=_RULE)
    seen = f"{visible(walk.sender.ehlo) or 'this machine'}, resolver {visible(walk.resolver)}"
    yield from hanging("From", seen, indent=0, column=_RULE)
    yield from hanging("By", f"mailpath {result.mailpath}", indent=0, column=_RULE)


def _path(result: Result) -> Iterator[str]:
    steps = [*result.walk.steps, verdict_step(result, answer(result))]
    for step in steps:
        label = f"{GLYPHS[step.status]} {TITLES[step.id]}"
        summary = f"{step.status.value.upper()}, {step.word}. {step.summary}"
        elapsed = result.elapsed.get(step.id)
        if elapsed is not None:
            summary += f" ({elapsed:.0f} ms)"
        yield from hanging(label, summary, indent=0, column=_STEP_COLUMN)


def _findings(result: Result) -> Iterator[str]:
    if not result.findings:
        yield "Findings: none"
        return
    yield "Findings"
    for each in result.findings:
        yield from _block(explain(each))


def _block(block: Explained) -> Iterator[str]:
    """What was found and how to mend it; for what is merely worth knowing one line and the remedy."""
    yield from hanging(
        f"{_SEVERITY[block.severity]} {block.code}", block.message, indent=0, column=_BLOCK_COLUMN
    )
    rows = [
        ("Found", block.found if block.found != block.message else ""),
        ("Got", "" if block.got in block.message else block.got),
    ]
    if block.severity != "info":
        rows.append(("Means", block.means))
    rows += [("Fix", block.fix), ("Source", block.source)]
    for label, text in rows:
        if text:
            yield from hanging(label, text, indent=2, column=_BLOCK_COLUMN)


def _outcome(verdict: Verdict) -> str:
    return f"{verdict.outcome.value}{' on retry' if verdict.after_retry else ''}"


def _verdicts(result: Result) -> Iterator[str]:
    """All postures side by side; the one that decides is marked.  Hosts are numbered to fit the page."""
    yield "Verdicts (* decides)"
    numbers: dict[str, int] = {}
    for verdict in result.verdicts.values():
        for host in (*(attempt.host for attempt in verdict.attempts), verdict.host):
            if host is not None:
                numbers.setdefault(host, len(numbers) + 1)
    for host, number in numbers.items():
        yield from hanging(f"[{number}]", visible(host), indent=2, column=6)
    rows = [("", "posture", "outcome", "at", "TLS", "by", "")]
    for name, verdict in result.verdicts.items():
        rows.append(
            (
                "*" if name == result.posture else "",
                name,
                _outcome(verdict),
                f"[{numbers[verdict.host]}]" if verdict.host is not None else "",
                verdict.tls_word or "",
                "" if verdict.mechanism is Mechanism.NONE else verdict.mechanism.value,
                verdict.status_code or "",
            )
        )
    yield from table(rows, indent=0, gap=1)
    for name, verdict in result.verdicts.items():
        if verdict.possible:
            possible = " or ".join(outcome.value for outcome in verdict.possible)
            yield from hanging(f"{name}:", f"may be {possible}", indent=2, column=28)


def _attempts(result: Result) -> Iterator[str]:
    verdict = result.verdict
    yield f"Attempts of {result.posture}"
    if not verdict.attempts:
        yield from hanging("", f"No host was tried: {verdict.reason}", indent=0, column=2)
    for number, attempt in enumerate(verdict.attempts, 1):
        address = f" [{attempt.address}]" if attempt.address else ""
        code = f" {attempt.status_code}" if attempt.status_code else ""
        what = f"{visible(attempt.host)}{address}: {attempt.outcome.value}{code}"
        yield from hanging(f"{number}.", what, indent=2, column=5)
        # The log's own sentence begins a line: it is what people search for.
        yield from hanging("", attempt.reason, indent=0, column=5)


def _not_tried(result: Result) -> Iterator[str]:
    """What the report does not know, and why."""
    walk = result.walk
    notes = []
    for session in walk.starttls.sessions:
        if session.not_tried:
            notes.append(f"No session with {session.address}: {visible(session.not_tried)}.")
    for host in walk.tlsa.hosts:
        if host.not_tried:
            notes.append(f"TLSA of {visible(host.host)}: {visible(host.not_tried)}.")
    if walk.sts.policy_id is None and walk.sts.fetch is None and walk.sts.found is Found.ABSENT:
        notes.append("No policy was fetched, as no valid record announces one.")
    if not any(session.mail_from is not None for session in walk.starttls.sessions):
        notes.append("No MAIL FROM was sent: whether a server takes this sender or recipient is not known.")
    notes.append("Whether the sender holds a policy from an earlier delivery is not known.")
    yield "Not tried"
    for note in dict.fromkeys(notes):
        first, *rest = wrapped(note, 76)
        yield f"  - {first}"
        yield from (f"    {line}" for line in rest)
