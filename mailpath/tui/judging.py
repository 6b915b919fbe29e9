"""One stored walk judged and explained, each part once.  Pure: nothing here could send a packet.

The judge and the reports, with the TLS library below them, are imported when they are first asked: the first
frame does not wait for them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from mailpath.tui.text import clean

if TYPE_CHECKING:
    from mailpath.exchanges import SmtpExchange
    from mailpath.facts import StepResult, Walk
    from mailpath.judge import Attempt, Posture, Verdict
    from mailpath.judge.message_options import MessageOptions
    from mailpath.report.panels import Detail, Explained
    from mailpath.report.provenance import Provenance
    from mailpath.report.reply import Reader, Reply
    from mailpath.report.result import Result
    from mailpath.tickets.pasted import Pasted

log = logging.getLogger(__name__)

#: The first columns of the matrix, behind the user's own: Postfix's levels, then its ways to take MTA-STS in.
COLUMNS = (
    "postfix-none",
    "postfix-may",
    "postfix-encrypt",
    "postfix-verify",
    "postfix-secure",
    "postfix-dane",
    "postfix-dane-only",
    "postfix-sts",
    "postfix-dane-sts",
)


def own_of(postures: Iterable[str]) -> list[str]:
    """Those from the user's config file: a session puts them before the presets, which begin with `rfc`."""
    listed = list(postures)
    return listed[: listed.index("rfc")] if "rfc" in listed else []


def columns(postures: Iterable[str], pins: Iterable[str] = ()) -> list[str]:
    """Every posture, as the matrix has them: pinned ones first, then the user's own, then `COLUMNS`."""
    listed = list(postures)
    return [name for name in dict.fromkeys([*pins, *own_of(listed), *COLUMNS, *listed]) if name in listed]


class Body(NamedTuple):
    """What an open panel shows."""

    blocks: Sequence[Explained] = ()
    details: Sequence[Detail] = ()
    evidence: Sequence[str] = ()


class JudgedWalk:
    """Judges one walk under any posture, for the whole path and for one host alone.

    `asked`: what is sent over it, None for an ordinary message at first contact; `met`: the walk on which
    the sender fetched its policy, None for this one.  `provenance`: what it rests on; None: on what
    everybody trusts.
    """

    def __init__(
        self,
        walk: Walk,
        postures: Mapping[str, Posture],
        asked: MessageOptions | None = None,
        met: Walk | None = None,
        provenance: Provenance | None = None,
    ) -> None:
        self.walk = walk
        self.postures = {name: each.toward(walk.path.recipient) for name, each in postures.items()}
        self.asked = asked
        self.met = met
        self.provenance = provenance
        self._verdicts: dict[str, Verdict] = {}
        self._sentences: dict[str, str] = {}
        self._doubts: dict[str, str] = {}
        self._alone: dict[str, JudgedWalk] = {}

    @cached_property
    def hosts(self) -> tuple[str, ...]:
        return tuple(host.name for host in self.walk.mx.hosts)

    @property
    def replayed(self) -> bool:
        """Whether the walk's own time is a recording's, and not now."""
        return self.provenance is not None and self.provenance.replayed

    def of_host(self, host: str | None) -> JudgedWalk:
        """The walk in which `host` were the only MX host; None: this one."""
        if host is None or host not in self.hosts:
            return self
        if host not in self._alone:
            met = self.met or self.walk
            self._alone[host] = type(self)(
                self.only_host(host), self.postures, self.asked, met, self.provenance
            )
        return self._alone[host]

    async def prepare(self) -> None:
        """Judge all that is on the screen at once, for a hundred verdicts take longer than a key may wait.

        Gives way to the event loop between them.
        """
        for posture in self.postures:
            self.verdict(posture)
            self.sentence(posture)
            self.doubt(posture)
            await asyncio.sleep(0)
        for host in self.hosts:
            for posture in (*own_of(self.postures), *COLUMNS):
                self.verdict(posture, host)
            await asyncio.sleep(0)

    def release(self) -> None:
        """Forget what can be judged again."""
        for known in (self._verdicts, self._sentences, self._doubts, self._alone):
            known.clear()

    def verdict(self, posture: str, host: str | None = None) -> Verdict:
        """What happens under `posture`; with `host`, if that MX host were the only one."""
        if host is not None:
            return self.of_host(host).verdict(posture)
        if posture not in self._verdicts:
            try:
                self._verdicts[posture] = self.judge(self.postures[posture])
            except Exception as error:  # a defect of one verdict leaves the others standing
                log.exception("judging %s", posture)
                from mailpath.judge import Outcome, Verdict
                from mailpath.judge.events import Event

                why = f"mailpath itself failed here; please report it: {type(error).__name__}: {error}"
                self._verdicts[posture] = Verdict(
                    posture=posture, outcome=Outcome.UNKNOWN, reason=why, event=Event.FAILED_HERE
                )
        return self._verdicts[posture]

    def doubt(self, posture: str) -> str:
        """Why the verdict is no evidence, clean text; "" where it is."""
        if posture not in self._doubts:
            known = self.postures.get(posture)
            self._doubts[posture] = clean(self.doubt_of(known)) if known is not None else ""
        return self._doubts[posture]

    def sentence(self, posture: str) -> str:
        """The answer to the ticket, in one line of clean text."""
        if posture not in self._sentences:
            verdict = self.verdict(posture)
            try:
                said = self.headline(self.postures[posture])
            except Exception:  # then the verdict's own words have to do
                log.exception("the headline under %s", posture)
                said = f"{self.walk.path.recipient}: {verdict.outcome.value} by {posture}: {verdict.reason}"
            self._sentences[posture] = clean(said)
        return self._sentences[posture]

    def severities(self) -> Mapping[str, Sequence[str]]:
        """By step, of its findings."""
        found: dict[str, Sequence[str]] = {}
        for result in self.walk.steps:
            try:
                found[result.id] = [str(block.severity).lower() for block in self.blocks(result.id)]
            except Exception:  # its panel will say so
                log.exception("the findings of %s", result.id)
        return found

    # --- The layers below ---

    def judge(self, posture: Posture) -> Verdict:
        from mailpath.judge.because import explained
        from mailpath.judge.message_options import USUAL

        def judged(sender: Posture) -> Verdict:
            return (self.asked or USUAL).verdict(self.walk, sender, self.met)

        return explained({posture.name: judged(posture)}, [posture], judged)[posture.name]

    def attempts(self, posture: str) -> list[tuple[Attempt, str]]:
        """What was tried under `posture`, each with the sentence to read about it: the log's, and what that
        does not say.
        """
        from mailpath.report.reasons import beside

        tried = self.verdict(posture).attempts
        asides = [clean(beside(self.postures[posture], each)) for each in tried]
        return [
            (each, f"{clean(each.reason)} ({aside})" if aside else clean(each.reason))
            for each, aside in zip(tried, asides, strict=True)
        ]

    def headline(self, posture: Posture) -> str:
        from mailpath.report.headline import headline

        return headline(self._result(posture), named=False)

    def reply(self, posture: str, reader: Reader, made: int, refused: Pasted | None = None) -> Reply:
        """What to answer the ticket.  `made`: Unix time of the exchanges; `refused`: a pasted refusal of
        which the walk shows no cause.
        """
        from mailpath.report.reply import reply

        return reply(self._result(self.postures[posture], made), reader, refused)

    def _result(self, posture: Posture, made: int | None = None) -> Result:
        from mailpath.judge.message_options import USUAL
        from mailpath.report.provenance import USUAL as EVERYBODYS
        from mailpath.report.result import build

        return build(
            self.walk,
            (posture,),
            {},
            deciding=(posture.name,),
            provenance=self.provenance or EVERYBODYS,
            made=made,
            sending=self.asked or USUAL,
            met=self.met,
        )

    def doubt_of(self, posture: Posture) -> str:
        from mailpath.judge.message_options import USUAL
        from mailpath.report.provenance import doubt

        if self.provenance is None:
            return ""
        return doubt(self.provenance, self.walk, posture, self.asked or USUAL, self.met)

    def only_host(self, host: str) -> Walk:
        from mailpath.whatif import only_host

        return only_host(self.walk, host)

    def envelope(self) -> StepResult | None:
        """The line of the envelope test; None where nobody asked for it."""
        from mailpath.report.panels.envelope import result

        return result(self.walk)

    def blocks(self, step: str) -> Sequence[Explained]:
        """The findings of `step`, explained."""
        from mailpath.report.panels import explained

        return explained(self.walk, step)

    def explain(self, step: str, exchanges: Sequence[SmtpExchange]) -> Body:
        """What the panel of `step` says.  `exchanges`: the SMTP sessions as they were on the wire, for their
        times."""
        from mailpath.report.panels import details, evidence
        from mailpath.report.provenance import USUAL

        origin = self.provenance or USUAL
        return Body(
            self.blocks(step),
            tuple(details(self.walk, step)),
            evidence(self.walk, step, exchanges, origin),
        )
