"""`check` of a list of recipients: one line each, in the order given, many walks at a time over one network.

A walk that waits for a slow server makes room for the next one, so that tarpits do not hold up the rest.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager

import click
import msgspec
from msgspec.structs import replace

from mailpath.commands import stdio
from mailpath.commands.asking import network_of
from mailpath.commands.check import CheckOptions, Walked, judge_of, redacted_walk, walk_on
from mailpath.commands.options import domain_of
from mailpath.commands.stdio import plain
from mailpath.dnssec import Zones
from mailpath.ending import ExitCode
from mailpath.errors import MailpathError
from mailpath.facts import Path
from mailpath.files import read_file
from mailpath.network.settings import Settings
from mailpath.online import shared_network
from mailpath.report import provenance
from mailpath.report.exit_codes import worst
from mailpath.report.headline import headline
from mailpath.report.json import report
from mailpath.report.nagios import STATES
from mailpath.report.result import Result
from mailpath.visible import visible

#: Walks at once; the seconds after which one of them makes room for another; and how many there may be then.
AT_ONCE, LINGER, IN_ALL = 16, 5.0, 64
#: Walks that may be done before the first line that is not.
AHEAD = 500
_REMARK = re.compile(r"(?:^|\s)#")
#: Bytes of a list, and recipients of one command.
MAX_BYTES, MOST = 1024 * 1024, 10_000
#: What says something about one walk, or needs the standard streams.
_ALONE = {
    "--capture": "capture",
    "--tlsrpt": "tlsrpt",
    "--replay": "replay",
    "--trust-capture": "trust_capture",
    "--envelope": "envelope",
    "--envelope-from": "envelope_from",
    "--rcpt": "rcpt",
    "--reader": "reader",
    "--full": "full",
    "-o": "output",
}


def paths_of(recipients: Iterable[str], file: str | None, sender: str | None) -> tuple[Path, ...]:
    """The paths to `recipients` and to those in `file` ("-": standard input), each once.

    A list has one recipient a line; "#" at its beginning or behind a blank begins a remark.
    Raises `click.UsageError`, `MailpathError`.
    """
    origin = domain_of(sender) if sender is not None else None
    found = dict.fromkeys(Path(recipient=domain_of(word), sender=origin) for word in recipients)
    for number, line in enumerate(_lines(file), 1):
        word = _REMARK.split(line, maxsplit=1)[0].strip()
        try:
            if word:
                found.setdefault(Path(recipient=domain_of(word), sender=origin))
        except MailpathError as error:
            error.file, error.line = file or "", number
            raise
    if not found:
        raise click.UsageError(f"{visible(file or '')}: The list names no recipient.")
    if len(found) > MOST:
        raise click.UsageError(f"One command checks {MOST} recipients at most.")
    return tuple(found)


def _lines(file: str | None) -> list[str]:
    if file is None:
        return []
    data = read_file(file, MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise click.UsageError(f"{visible(file)}: A list may have {MAX_BYTES >> 20} MiB.")
    return data.decode("utf-8-sig", "replace").splitlines()


def run(recipients: Iterable[str], file: str | None, options: CheckOptions) -> ExitCode:
    """Everything that `check` does for a list; the worst exit code.

    Raises `click.UsageError`, `MailpathError`.
    """
    for option, name in _ALONE.items():
        if getattr(options, name) not in (None, False):
            raise click.UsageError(f"{option} is for one recipient.")
    form = options.form or "text"
    if form not in _FORMS:
        raise click.UsageError(f"--format {form} is for one recipient: a list is told as text or json.")
    paths = paths_of(recipients, file, options.sender)
    judge = judge_of(options, options.sending(), all_known=form == "json", named=True)
    with network_of(options.network) as (settings, scenario):
        kind = "live" if scenario is None else "lab"
        given = provenance.given_by(settings) if scenario is None else provenance.NOTHING

        def told(walked: Walked) -> tuple[bytes, ExitCode]:
            walked = replace(walked, given=given)
            result = judge(redacted_walk(walked) if options.redact else walked)
            return _FORMS[form](result), result.status

        try:
            return worst(asyncio.run(_walk_all(paths, settings, kind, options, told)))
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from None


async def _walk_all(
    paths: Iterable[Path],
    settings: Settings,
    kind: str,
    options: CheckOptions,
    told: Callable[[Walked], tuple[bytes, ExitCode]],
) -> list[ExitCode]:
    """Walks to all, and writes what is `told` of each."""
    places, zones = Places(AT_ONCE, LINGER, IN_ALL), Zones()
    # These walk again themselves, in loops of their own.
    aside = bool(options.attacks or options.fail_on or options.redact or options.policy_age is not None)
    queue: asyncio.Queue[asyncio.Task[tuple[bytes, ExitCode]] | None] = asyncio.Queue(AHEAD)
    codes: list[ExitCode] = []

    async def one(path: Path) -> tuple[bytes, ExitCode]:
        async with places.one():
            async with shared.for_walk() as network:
                walked = await walk_on(path, network, options.at, narrated=False, zones=zones)
            return await asyncio.to_thread(told, walked) if aside else told(walked)

    async def write() -> None:
        while (task := await queue.get()) is not None:
            line, code = await task
            # Beside the loop: a reader that pauses must not make servers look slow.
            await asyncio.to_thread(stdio.write, line)
            codes.append(code)

    async with shared_network(settings, kind, IN_ALL) as shared, asyncio.TaskGroup() as group:
        group.create_task(write())
        for path in paths:
            await queue.put(group.create_task(one(path)))
        await queue.put(None)
    return codes


class Places:
    """Room for `at_once`; whoever has been there for `linger` seconds lets another in, up to `in_all`."""

    def __init__(self, at_once: int, linger: float, in_all: int) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._all = asyncio.Semaphore(in_all)
        self._linger = linger

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """One place, for as long as the block runs."""
        async with self._all:
            await self._free.acquire()
            lingering = asyncio.get_running_loop().call_later(self._linger, self._free.release)
            try:
                yield
            finally:
                if asyncio.get_running_loop().time() < lingering.when():
                    lingering.cancel()
                    self._free.release()


def _json_line(result: Result) -> bytes:
    return msgspec.json.encode(report(result)) + b"\n"


def _text_line(result: Result) -> bytes:
    line = f"{STATES[result.status]} {headline(result)}\n"
    return line.encode("ascii" if plain(sys.stdout) else sys.stdout.encoding or "utf-8", "backslashreplace")


_FORMS: dict[str, Callable[[Result], bytes]] = {"text": _text_line, "json": _json_line}
