"""Killed (-9) at ten random moments and resumed: the rows are those of an undisturbed survey, and no server
is asked again for what was learnt.  The servers count: mail hosts, policy hosts, and the resolver."""

from __future__ import annotations

import contextlib
import random
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import dns.flags
import dns.message
import dns.rdatatype
import pytest
from interop_surveys import list_of, met, rows_in, seen_since, started
from interop_tools import wait_until

from mailpath.exchanges import DnsExchange, HttpsExchange, SmtpExchange
from mailpath.lab import Lab
from mailpath.lab.dns import Responder
from mailpath.survey.database import Database
from mailpath.survey.packing import unpacked
from mailpath.survey.store import StoreError

KILLS = 10
#: Seconds for one survey; and for which an answer holds yet, so that a walk does not find it expired.
LIMIT, HOLDS = 120.0, 60.0
Key = tuple[str, ...]


class Counted:
    """A lab whose servers count what they are asked."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self.lab = lab
        self.network = lab.write_network_file(folder)
        self.list = list_of(lab, folder)
        self.questions: list[Key] = []
        self._sessions = self._questions = 0

    def forget(self) -> None:
        """Count anew."""
        self._sessions, self._questions = self.lab.sessions, len(self.questions)

    @property
    def asked(self) -> list[Key]:
        """By what each was asked for: the name of a TLS session at an address, a DNS question."""
        return [*met(seen_since(self.lab, self._sessions)), *self.questions[self._questions :]]

    @property
    def together(self) -> int:
        """The most sessions that an address has seen at one time."""
        return max(each.together for each in self.lab.seen)


@pytest.fixture
def counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Counted]:
    respond = Responder.respond
    with Lab.start() as lab:
        counted = Counted(lab, tmp_path)

        def counting(self: Responder, wire: bytes, *, limit: int | None) -> bytes | None:
            query = dns.message.from_wire(wire, ignore_trailing=True)
            asked = query.question[0]
            name = str(asked.name).lower().rstrip(".") or "."
            checked = str(bool(query.flags & dns.flags.CD))
            counted.questions.append((name, dns.rdatatype.to_text(asked.rdtype), checked))
            return respond(self, wire, limit=limit)

        monkeypatch.setattr(Responder, "respond", counting)
        yield counted


def learnt(folder: Path) -> set[Key]:
    """What the store holds, and will for a while."""
    found: set[Key] = set()
    with contextlib.closing(Database(folder, writes=False)) as database:
        rows = database.all("SELECT data FROM contents WHERE until > ?", time.time() + HOLDS)
        for exchange in (unpacked(data) for (data,) in rows if data[1:2] != b"r"):
            if isinstance(exchange, DnsExchange):
                question = exchange.question
                found.add((question.name, question.rdtype, str(question.checking_disabled)))
            elif isinstance(exchange, HttpsExchange):
                found.add((exchange.request.address, exchange.request.url.split("/")[2]))
            elif isinstance(exchange, SmtpExchange) and exchange.tls is not None and exchange.request.sni:
                found.add((exchange.request.address, exchange.request.sni))
    return found


def ended(running: subprocess.Popen[bytes]) -> None:
    """The survey has come to its end: 1, as something breaks."""
    _, said = running.communicate(timeout=LIMIT)
    assert running.returncode == 1, said


def written(store: Path) -> int:
    """How many exchanges are in the store."""
    with contextlib.suppress(StoreError), contextlib.closing(Database(store, writes=False)) as database:
        count: int = database.one("SELECT count(*) FROM contents")[0]
        return count
    return 0


@pytest.mark.parametrize("engine", ["local", "processes:2"])
def test_ten_kills_change_nothing(counted: Counted, tmp_path: Path, engine: str) -> None:
    whole, store = tmp_path / "whole", tmp_path / "store"
    options = ("--engine", engine, "--jobs", "4")
    ended(started(counted.network, whole, *options, str(counted.list)))
    # An answer that denies something without a proof is asked for twice, and each process has its own.
    twice = {key for key, count in Counter(counted.asked).items() if count > 1}
    total, moments = written(whole), random.Random()
    counted.forget()
    more = [str(counted.list)]
    for number in range(KILLS):
        before, known = written(store), learnt(store) if number else set()
        running = started(counted.network, store, *options, *more)
        least = before + moments.randrange(1, max(2, (total - before) // (KILLS - number)))
        wait_until(
            lambda: written(store) >= least or running.poll() is not None,  # noqa: B023
            LIMIT,
            "the store to grow",
            pause=0.005,
        )
        assert running.poll() is None, f"it ended before it was killed {KILLS} times"
        time.sleep(moments.uniform(0, 0.02))
        running.kill()
        running.communicate()
        assert not set(counted.asked) & known - twice
        counted.forget()
        more = ["--resume"]
    known = learnt(store)
    assert len(known) > total / 4
    ended(started(counted.network, store, *options, *more))
    assert not set(counted.asked) & known - twice
    assert rows_in(store) == rows_in(whole)
    assert counted.together == 1
