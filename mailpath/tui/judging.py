"""Verdicts over one stored walk, each made once.  Pure: nothing here could send a packet."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from mailpath.facts import Walk
from mailpath.tui.text import clean

if TYPE_CHECKING:
    from mailpath.judge.model import Verdict
    from mailpath.judge.sending import Sending
    from mailpath.tui.stack import Stack

#: The columns of the matrix: Postfix's levels, then its two ways to take MTA-STS in.
COLUMNS = (
    "postfix-none",
    "postfix-may",
    "postfix-encrypt",
    "postfix-verify",
    "postfix-secure",
    "postfix-dane",
    "postfix-dane-only",
    "postfix-sts",
)


class Bench:
    """Judges one walk under any posture, for the whole path and for one host alone.

    `asked`: what is sent over it, None for an ordinary message at first contact; `met`: the walk on which
    the sender fetched its policy, None for this one.
    """

    def __init__(
        self, walk: Walk, stack: Stack, asked: Sending | None = None, met: Walk | None = None
    ) -> None:
        self.walk = walk
        self.asked = asked
        self._met = met
        self._stack = stack
        self._verdicts: dict[str, Verdict] = {}
        self._sentences: dict[str, str] = {}
        self._doubts: dict[str, str] = {}
        self._alone: dict[str, Bench] = {}

    @property
    def stack(self) -> Stack:
        """What it is judged by."""
        return self._stack

    @property
    def postures(self) -> tuple[str, ...]:
        return tuple(self._stack.postures)

    @property
    def hosts(self) -> tuple[str, ...]:
        return tuple(host.name for host in self.walk.mx.hosts)

    def of_host(self, host: str | None) -> Bench:
        """The bench of the walk in which `host` were the only MX host; None: this one."""
        if host is None or host not in self.hosts:
            return self
        if host not in self._alone:
            walk = self._stack.only_host(self.walk, host)
            self._alone[host] = Bench(walk, self._stack, self.asked, self._met or self.walk)
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
            for posture in COLUMNS:
                self.verdict(posture, host)
            await asyncio.sleep(0)

    def rest(self) -> None:
        """Forget what can be judged again."""
        self._verdicts.clear()
        self._sentences.clear()
        self._doubts.clear()
        self._alone.clear()

    def verdict(self, posture: str, host: str | None = None) -> Verdict:
        """What happens under `posture`; with `host`, if that MX host were the only one."""
        if host is not None:
            return self.of_host(host).verdict(posture)
        if posture not in self._verdicts:
            try:
                known = self._stack.postures[posture]
                self._verdicts[posture] = self._stack.judge(self.walk, known, self.asked, self._met)
            except Exception as error:  # noqa: BLE001  a defect of one verdict leaves the others standing
                from mailpath.judge.events import Event
                from mailpath.judge.model import Outcome, Verdict

                why = f"mailpath itself failed here; please report it: {type(error).__name__}: {error}"
                self._verdicts[posture] = Verdict(
                    posture=posture, outcome=Outcome.UNKNOWN, reason=why, event=Event.FAILED_HERE
                )
        return self._verdicts[posture]

    def doubt(self, posture: str) -> str:
        """Why the verdict is no evidence, clean text; "" where it is."""
        if posture not in self._doubts:
            why = ""
            known = self._stack.postures.get(posture)
            if known is not None:
                why = self._stack.doubt(self.walk, known, self.asked, self._met)
            self._doubts[posture] = clean(why)
        return self._doubts[posture]

    def sentence(self, posture: str) -> str:
        """The answer to the ticket, in one line of clean text."""
        if posture not in self._sentences:
            verdict = self.verdict(posture)
            try:
                known = self._stack.postures[posture]
                said = self._stack.headline(self.walk, known, self.asked, self._met)
            except Exception:  # noqa: BLE001  then the verdict's own words have to do
                said = f"{self.walk.path.recipient}: {verdict.outcome.value} by {posture}: {verdict.reason}"
            self._sentences[posture] = clean(said)
        return self._sentences[posture]
