"""What is known of a survey's domains, and the work to know more: other postures, an attack, another time.

The walks that are kept are walked again aside, those in sight first; what is found comes piece by piece.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from mailpath.survey.again import FOUND
from mailpath.survey.results import Count
from mailpath.survey.viewing import Domains, Entry, Head, Seen, Totals
from mailpath.tui.kept import KeptSurvey, Read
from mailpath.tui.session import sentence
from mailpath.wording.phrases import amount
from mailpath.wording.times import span

if TYPE_CHECKING:
    from mailpath.tui.screens.survey import SurveyScreen

log = logging.getLogger(__name__)


class SurveyJudge:
    """`seen`: through what all is seen; `pins`: the postures compared with today's, in order."""

    def __init__(self, screen: SurveyScreen, survey: KeptSurvey, posture: str) -> None:
        """`posture`: the one that is chosen first, if the survey has it."""
        self._screen = screen
        self._survey = survey
        self._wanted = posture
        self.read: Read | None = None
        self.seen = Seen(look=FOUND, today="", posture="")
        self.pins: tuple[str, ...] = ()
        self._totals: Totals | None = None
        self._left = ""
        self.unkept = 0  # domains that were walked, and cannot be judged again

    @property
    def domains(self) -> Domains:
        """Every domain; there once the store is read."""
        assert self.read is not None
        return self.read.domains

    @property
    def everything(self) -> Count:
        """All domains and mails."""
        return Count(domains=len(self.domains), mails=sum(self.domains.mails))

    @property
    def work(self) -> str:
        """What is under way, a clause; "" for nothing."""
        return self._left

    async def load(self) -> None:
        """Read the store, or read it again."""
        read = await self._survey.read()
        about, before = read.about, self.seen
        self.read = read
        there = zip(read.domains.kept, read.domains.rows, strict=True)
        self.unkept = sum(not kept and bool(row.outcomes) for kept, row in there)
        self.pins = self.pins or tuple(name for name in about.postures if name != about.today)
        self.pins = self.pins or (about.today,)
        first = self._wanted if self._wanted in self.pins else self.pins[0]
        today, posture = before.today or about.today, before.posture or first
        self.see(Seen(look=before.look, today=today, posture=posture))

    def see(self, seen: Seen, pins: Sequence[str] | None = None) -> None:
        """Look at all through `seen`; what is not known of it is worked out from here on."""
        self.seen = seen
        self.pins = tuple(pins) if pins is not None else self.pins
        names = tuple(dict.fromkeys((seen.today, *self.pins, seen.posture)))
        self._totals = Totals(self.domains, seen.look, seen.today, names)
        self._left = ""
        self._screen.list_again()
        known = [name for name in names if self.read is not None and name in self.read.postures]
        numbers = self.domains.missing(seen.look, known)
        if numbers:
            self._screen.run_worker(self._judge(seen, known, numbers), exclusive=True, group="judge")
        else:
            self._screen.workers.cancel_group(self._screen, "judge")

    def choose(self, posture: str) -> None:
        """Tell the causes under `posture`."""
        seen = replace(self.seen, posture=posture)
        if posture in self.pins:  # all that is needed of it is known, or being worked out
            self.seen = seen
            self._screen.list_again(stay=True)
        else:
            self.see(seen)

    def figures(self) -> dict[str, Mapping[str, Count]]:
        """By posture, what is of which kind; under an attack today's posture is one of them."""
        assert self._totals is not None
        first = [self.seen.today] if self.seen.look.attack else []
        return {name: self._totals.of(name) for name in dict.fromkeys([*first, *self.pins])}

    async def _judge(self, seen: Seen, postures: Sequence[str], numbers: Sequence[int]) -> None:
        domains, began = self.domains, time.monotonic()
        numbers = _first(self._screen.table.in_sight, numbers)
        done = 0
        try:
            while done < len(numbers):
                self._tell(done, len(numbers), time.monotonic() - began)
                todo = [domains.names[number] for number in numbers[done : done + 500]]
                found = await self._survey.judge(todo, seen.look, postures)
                judged = numbers[done : done + len(found)]
                for number, cells in zip(judged, found, strict=True):
                    domains.put(number, seen.look, cells)
                if self._totals is not None:
                    self._totals.again(judged)
                done += len(found)
                self._screen.draw_again()
        except Exception as error:
            log.exception("judging %s again", self._survey.folder)
            self._screen.warn(sentence(error, "The survey could not be judged again"))
        finally:
            self._left = ""
        self._screen.list_again(stay=True)

    def _tell(self, done: int, of: int, seconds: float) -> None:
        left = f", about {span(round(seconds / done * (of - done)))} left" if done else ""
        self._left = f"{done:,} of {amount(of, 'domain')} judged{left}"
        self._screen.draw_work()


def _first(in_sight: Sequence[Entry], numbers: Sequence[int]) -> list[int]:
    """`numbers`, what is in sight first."""
    wanted = set(numbers)
    seen = [each for each in in_sight if not isinstance(each, Head) and each in wanted]
    return list(dict.fromkeys([*seen, *numbers]))
