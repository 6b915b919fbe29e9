"""What a step's panel says when it is opened: the findings explained, and the evidence they rest on.

Plain lines of visible text, for the app and the text report alike.  Foreign bytes pass `visible()` here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import TypeVar

import msgspec

from mailpath.assess.lookups import ROUTE, path_lookups
from mailpath.exchanges import SmtpExchange
from mailpath.facts import Walk
from mailpath.facts.findings import ServedFile
from mailpath.findings import CATALOGUE, Finding, Severity, find, step_of
from mailpath.findings.certificates import CERTIFICATE
from mailpath.report.panels import dnssec, envelope, starttls, sts, tlsa
from mailpath.report.panels.details import Detail, details
from mailpath.report.panels.records import answers
from mailpath.report.provenance import USUAL, Provenance, anchor_sentence, roots_sentence
from mailpath.steps.registry import REGISTRY
from mailpath.steps.step import Step

__all__ = ["Detail", "Explained", "Row", "details", "evidence", "explain", "explained", "worst_first"]

#: A panel is for reading; a hostile path may be as long as it likes.
MOST_LINES = 2000

#: Given the exchanges, for the times of a dialogue, and the roots that this machine does not know.
_EVIDENCE: dict[str, Callable[[Walk, Sequence[SmtpExchange], Collection[bytes]], Iterator[str]]] = {
    "sender": lambda walk, exchanges, own: answers((walk.sender.mx, walk.sender.spf)),
    "mx": lambda walk, exchanges, own: answers(path_lookups(walk.mx, walk.tlsa, ROUTE)),
    "dnssec": lambda walk, exchanges, own: dnssec.lines(walk),
    "mta-sts": lambda walk, exchanges, own: sts.lines(walk, own),
    "tlsa": lambda walk, exchanges, own: tlsa.lines(walk),
    "starttls": starttls.lines,
    "envelope": lambda walk, exchanges, own: envelope.lines(walk, exchanges),
}


class Row(msgspec.Struct, frozen=True):
    """One labelled line below a finding.  `lines`: records, or a file's lines, that are never wrapped."""

    label: str
    text: str
    lines: tuple[str, ...] = ()

    @property
    def blocks(self) -> tuple[str, ...]:
        """What is copied in one go: each record, or the whole file or policy."""
        return ("\n".join(self.lines),) if self.label in ("File", "Policy") else self.lines


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    """One finding, told in full; "" where there is nothing to say.

    `found`: what is published; `got`: what was there instead, both by line where they are records; `means`,
    `fix`: sentences; `records`, `file`: what `fix` speaks of; `source`: the RFC; `plan`: the goal of
    `mailpath plan` that mends it.
    """

    code: str
    severity: str
    subject: str
    title: str
    message: str
    found: str
    got: str
    means: str
    fix: str
    records: tuple[str, ...]
    file: ServedFile | None
    source: str
    found_lines: tuple[str, ...]
    got_lines: tuple[str, ...]
    policy: tuple[str, ...]
    plan: str = ""

    @property
    def rows(self) -> tuple[Row, ...]:
        """Below the message, without what that says already."""
        found = "" if self.found_lines or self.found == self.message else self.found
        got = "" if self.got_lines or self.got in self.message else self.got
        rows = (
            Row("Found", found, self.found_lines),
            Row("Got", got, self.got_lines),
            Row("Policy", "", self.policy),
            Row("Means", self.means),
            *self.remedy,
            Row(
                "Plan",
                f"mailpath plan {self.plan} shows the order in which no mail is lost" * bool(self.plan),
            ),
            Row("Source", self.source),
        )
        return tuple(row for row in rows if row.text or row.lines)

    @property
    def remedy(self) -> tuple[Row, ...]:
        """What to do, with the records and the file that it takes."""
        if self.file is None:
            return (Row("Fix", self.fix, self.records),)
        served = Row("File", self.file.url, tuple(self.file.text.split("\n")))
        return Row("Fix", self.fix), served, *((Row("Record", "", self.records),) if self.records else ())

    @property
    def brief(self) -> tuple[Row, ...]:
        """The same where room is dear: what is merely worth knowing means no more than it says."""
        return tuple(row for row in self.rows if row.label != "Means" or self.severity != "info")


def explain(finding: Finding) -> Explained:
    """`finding` with what the catalogue says of its code."""
    entry = CATALOGUE[finding.code]
    return Explained(
        code=finding.code,
        severity=finding.severity.value,
        subject=finding.subject,
        title=entry.title,
        message=finding.message,
        found=finding.found or finding.message,
        # A message that stands for what was found has already said what was got.
        got="" if not finding.found and finding.got in finding.message else finding.got,
        means=finding.means or entry.meaning,
        fix=finding.fix or entry.fix,
        records=finding.records,
        file=finding.file,
        source=entry.rfc,
        found_lines=finding.found_lines,
        got_lines=finding.got_lines,
        policy=finding.policy,
        plan=entry.plan,
    )


#: Most domains have no policy, which takes less, and no signed zone; the TLSA findings say what TLS025 says.
LACKING = ("TLS025", "STS001", "SEC001", "SEC004")
_GRAVEST = tuple(each.value for each in (Severity.ERROR, Severity.WARNING, Severity.INFO))
_Told = TypeVar("_Told", Finding, Explained)


def worst_first(found: Iterable[_Told], host: str, lacking: Sequence[str] = LACKING) -> list[_Told]:
    """The gravest first; of those as grave, a fault before what was told already or is `lacking` (in that
    order), and those of `host` (visible text) before others."""
    found = list(found)
    policy = {each.subject for each in found if each.code == "STS014"}  # says it of the same certificate

    def key(each: _Told) -> tuple[int, int, bool]:
        told = each.code in CERTIFICATE and (each.severity == Severity.INFO or each.subject in policy)
        last = lacking.index(each.code) + 1 if each.code in lacking else 0
        return _GRAVEST.index(each.severity), last or told, each.subject != host

    return sorted(found, key=key)


def explained(walk: Walk, step_id: str) -> tuple[Explained, ...]:
    """The findings of one step, explained."""
    return tuple(explain(each) for each in find(walk) if step_of(each.code) == step_id)


def evidence(
    walk: Walk,
    step_id: str,
    exchanges: Sequence[SmtpExchange] = (),
    provenance: Provenance = USUAL,
) -> tuple[str, ...]:
    """What one step saw, as plain visible lines; () for a step that has nothing of its own.

    `exchanges`: SMTP sessions as they were on the wire, for the times of those that the walk was made of.
    `provenance`: what the walk rests on; said first, where it is not what everybody trusts.
    """
    step, own = REGISTRY.get(step_id), provenance.own_certificates
    if step_id in _EVIDENCE:
        lines: Iterable[str] = _EVIDENCE[step_id](walk, exchanges, own)
    else:
        lines = step.evidence(walk) if step is not None and step.evidence is not None else ()
    return _bounded(chain(_resting(step, provenance), lines))


def _resting(step: Step | None, provenance: Provenance) -> tuple[str, ...]:
    """What this step's proofs rest on."""
    sentences = {"anchor": anchor_sentence, "roots": roots_sentence}
    said = sentences[step.rests_on](provenance) if step is not None and step.rests_on else ""
    return (said, "") if said else ()


def _bounded(lines: Iterable[str]) -> tuple[str, ...]:
    shown = tuple(islice(lines, MOST_LINES + 1))
    return shown if len(shown) <= MOST_LINES else (*shown[:-1], "… there is more than can be shown")
