"""A sending machine and the domain it sends to, which changes while mail goes there.

Real: unbound, Postfix, postfix-mta-sts-resolver, and a message every 100 ms.  The lab's pace makes an hour
two seconds; whoever counts in whole seconds may be `ROUNDING` late.

Postfix asks an unbound that validates; that one asks another one, which only caches: so answers from before a
zone was signed may meet a validator that knows that it is.
"""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import interop_mta_postfix as postfix
import msgspec
from interop_mta_internet import (
    HERE,
    Grounds,
    lab_grounds,
    start_policy_daemon,
    start_resolver,
)
from interop_mta_model import Attempt, Cell
from interop_plan_prepare import POSTURES
from interop_tools import run, tool, wait_until

from mailpath.plan.world import World

PACE = 1800
#: Two unbounds and smtp(8) count TTLs in whole seconds, each of them up to one second too long.
ROUNDING = 3.0
_CACHE = "127.0.0.2"
#: Seconds that a message may take on a busy machine, before the machine is too slow for this.
FATE = 60.0
#: Settings for a test of minutes: a domain that was unreachable a moment ago is tried again, and what is
#: deferred is not tried again.
_MAIN = """\
default_destination_concurrency_failed_cohort_limit = 0
default_destination_concurrency_limit = 8
minimal_backoff_time = 4000s
"""
Question = tuple[str, str]


def paced(seconds: int) -> float:
    """Of a plan, at the lab's pace (`mailpath.lab.kept`)."""
    return max(1.0, round(seconds / PACE)) if seconds else 0.0


@dataclass
class Mail:
    """One message to one recipient.  `sent`: when it was handed over."""

    number: int
    posture: str
    sent: float
    attempt: Attempt | None = None

    @property
    def cell(self) -> Cell:
        """What happened to it, in the judge's words."""
        found = self.attempt
        if found is None:
            return Cell("never tried")
        if found.status != "sent":
            return Cell(found.status, code=found.code, text=found.text)
        outcome = "authenticated" if found.word in postfix.AUTHENTICATED else "encrypted"
        return Cell(outcome if found.word else "plaintext", found.word, found.host, found.code, found.text)


@dataclass
class Stage:
    """What stays up for all plans."""

    grounds: Grounds
    postfix: postfix.Postfix
    control: socket.socket
    _daemon: subprocess.Popen[bytes] | None = None
    _streams: int = 0

    def turn_to(self, world: World) -> float:
        """The lab is `world` from now on.  Returns when that was."""
        before = time.monotonic()
        self._tell({"scenario": msgspec.to_builtins(world.scenario())})
        return before

    def ask(self, questions: Sequence[Question]) -> None:
        """Caches have the answers now, whole TTLs of them."""
        self.forget(questions)
        self._tell({"ask": list(questions)})

    def forget(self, questions: Sequence[Question]) -> None:
        """Caches ask again for these."""
        for name, rdtype in questions:
            for cache in (True, False):
                self._unbound("flush_type", name, rdtype, cache=cache)

    def forget_validated(self, zone: str) -> None:
        """The validator asks again for all of `zone`: a cache above it may remember."""
        self._unbound("flush_zone", zone)

    def begin_anew(self, *, lasting: bool, newcomers: bool = False) -> None:
        """No cache holds anything.

        `lasting`: smtp(8) processes stay, and with them the TLSA records that each of them keeps.
        `newcomers`: senders never keep a policy, as if each mail were the first to the domain.
        """
        self.postfix.reload(100 if lasting else 1)
        if self._daemon is not None:
            self._daemon.send_signal(signal.SIGTERM)
            self._daemon.wait(15)
        for cache in (True, False):
            self._unbound("reload", cache=cache)
        grounds = self.grounds
        where = (grounds.space, grounds.folder, grounds.ca_file)
        self._daemon = start_policy_daemon(*where, grace=0, room=0 if newcomers else 1000)

    def _unbound(self, *command: str, cache: bool = False) -> None:
        folder = self.grounds.folder / "cache" if cache else self.grounds.folder
        run("unbound-control", "-c", folder / "unbound.conf", *command)

    def _tell(self, what: object) -> None:
        self.control.sendall(json.dumps(what).encode() + b"\n")
        answer = b""
        while not answer.endswith(b"\n"):
            answer += self.control.recv(4096)
        assert answer == b"\n", answer.decode()

    @contextlib.contextmanager
    def sending(self, domain: str, postures: Sequence[str]) -> Iterator[Stream]:
        """A message every 100 ms to `domain`, for each of `postures`."""
        self._streams += 1
        file = self.grounds.folder / f"sent-{self._streams}"
        script = HERE / "interop_plan_send.py"
        port = str(postfix.SUBMISSION_PORT)
        arguments: tuple[str | Path, ...] = (script, port, file, domain, *postures)
        log = self.grounds.folder / "send.log"
        process = self.grounds.space.spawn(tool("env"), sys.executable, *arguments, log=log)
        try:
            wait_until(file.exists, 20, "the first message", self.grounds.space.logs)
            yield Stream(self, domain, postures, process, file)
        finally:
            process.terminate()
            process.wait(15)


@dataclass
class Stream:
    """The mail of one domain, while it is being sent."""

    stage: Stage
    domain: str
    postures: Sequence[str]
    process: subprocess.Popen[bytes]
    file: Path
    _mail: dict[str, Mail] = field(default_factory=dict)
    _read: int = 0

    def mail(self) -> list[Mail]:
        """All of it, with what is known of its fate by now."""
        lines = self.file.read_text().splitlines(keepends=True)
        for line in lines[self._read :]:
            if not line.endswith("\n"):
                break
            self._read += 1
            number, sent = line.split()
            for posture in self.postures:
                recipient = f"{posture}+{self.file.name}-{number}@{self.domain}"
                self._mail[recipient] = Mail(int(number), posture, float(sent))
        for recipient, attempts in self.stage.postfix.attempts().items():
            if recipient in self._mail:
                self._mail[recipient].attempt = attempts[0]
        return list(self._mail.values())

    def pass_by(self, moment: float) -> list[Mail]:
        """Wait until it is `moment`, and until the mail that was sent before has met its fate."""
        time.sleep(max(0.0, moment - time.monotonic()))
        wait_until(
            lambda: any(each.sent >= moment for each in self.mail()) and not self._open(moment),
            FATE,
            "the mail on its way",
            lambda: f"{len(self._open(moment))} are: {self._open(moment)[:3]}\n{self.stage.postfix.said()}",
        )
        return self.mail()

    def _open(self, moment: float) -> list[Mail]:
        return [each for each in self.mail() if each.attempt is None and each.sent < moment]

    def end(self) -> list[Mail]:
        """Send no more, and wait for what is on its way."""
        self.process.terminate()
        self.process.wait(15)
        wait_until(
            lambda: not self._open(time.monotonic()),
            FATE,
            "the last mail",
            lambda: f"{self._open(time.monotonic())[:3]}\n{self.stage.postfix.said()}",
        )
        return self.mail()


@contextlib.contextmanager
def stage() -> Iterator[Stage]:
    """Everything is up, and no mail is sent yet."""
    with lab_grounds("interop_plan_serve.py", str(PACE)) as grounds, socket.socket(socket.AF_UNIX) as control:
        control.connect(str(grounds.folder / "lab" / "control"))
        (grounds.folder / "cache").mkdir()
        cache = (grounds.space, grounds.folder / "cache", grounds.anchor)
        start_resolver(*cache, 'module-config: "iterator"', "do-not-query-localhost: no", at=_CACHE)
        # Data that failed to validate is kept for a minute, however short its TTL is.
        bogus = ("val-bogus-ttl: 1", "do-not-query-localhost: no")
        start_resolver(grounds.space, grounds.folder, grounds.anchor, *bogus, above=_CACHE)
        home = grounds.folder / "postfix"
        sender = postfix.Postfix(grounds.space, home, grounds.ca_file, POSTURES, more=_MAIN)
        yield Stage(grounds, sender, control)
