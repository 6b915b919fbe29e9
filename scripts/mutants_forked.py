"""Tries changes of functions in forks of one process that has the tests collected: a change costs the tests
that notice it and no start, a tenth of a second instead of several.

    python scripts/mutants_forked.py ASKED.json TOLD.jsonl JOBS TEST_FILE...

ASKED.json: a list of [path, changed source, first row of the change, last row].  TOLD.jsonl: first the tests
that fail without any change, [] where all is well; then a line for each change as its verdict is known,
[number, verdict].  A verdict is the test that failed, "the time limit", "" when none did in `SIEVE_SECONDS`,
or null where this way is none: the change is not within a function (a table, a default, a field), or it broke
more than a test.

In a fork the code of the function is replaced where it stands, so that whoever imported it has the changed
one.  What was computed while importing is as before: what no test notices here has to be tried the long way.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import select
import signal
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any

import pytest

#: Of CPU.  A change that so many tests let through is one for the long way.
SIEVE_SECONDS = 3.0
CPU_SECONDS = 60
WALL_SECONDS = 400
MEMORY_BYTES = 4 << 30
CO_OPTIMIZED = 1  # of functions; the bodies of modules and classes lack it (inspect.CO_OPTIMIZED)
Place = tuple[str, int]  # a file, and a line of it


@dataclass
class Learned:
    """Of a run without a change.  `of`: per line the tests that come by it, by number; `seconds` of each."""

    failed: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    of: defaultdict[Place, list[int]] = field(default_factory=lambda: defaultdict(list))


@dataclass
class Child:
    pid: int
    began: float
    told: bytes = b""


class Forked:
    """The plug-in: instead of running the tests it forks once for each change."""

    def __init__(self, asked: list[tuple[str, str, int, int]], told: Path, jobs: int) -> None:
        self._asked, self._told, self._jobs = asked, told, jobs
        self._root = Path.cwd()
        self._pipe: int | None = None  # of a child: where its verdict goes
        self._failed: list[str] = []
        self._hits: defaultdict[str, Counter[int]] = defaultdict(Counter)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if not report.failed:
            return
        self._failed.append(report.nodeid)
        if self._pipe is not None:
            os.write(self._pipe, report.nodeid.encode())
            os._exit(0)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        with self._told.open("w", encoding="utf-8") as told:
            learned = self._learn(session.items)
            print(json.dumps(learned.failed), file=told, flush=True)
            if not learned.failed:
                for number, verdict in self._try_all(session.items, learned):
                    print(json.dumps([number, verdict]), file=told, flush=True)
        return True

    # --- Without a change -----------------------------------------------------------------------

    def _learn(self, items: Sequence[pytest.Item]) -> Learned:
        """In a fork of its own, so that nothing has been run when the changes are."""
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            os.environ["PYTEST_DEBUG_TEMPROOT"] = str(self._temporary("first"))
            with os.fdopen(writing, "w", encoding="utf-8") as pipe:
                json.dump(self._watch(items), pipe)
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading, encoding="utf-8") as pipe:
            text = pipe.read()
        os.waitpid(pid, 0)
        if not text:
            return Learned(failed=["(the first run did not end)"])
        failed, seconds, called = json.loads(text)
        learned = Learned(failed, seconds)
        for number, places in enumerate(called):
            for file, line in places:
                learned.of[file, line].append(number)
        return learned

    def _watch(self, items: Sequence[pytest.Item]) -> tuple[list[str], list[float], list[list[Place]]]:
        rooms = tuple({str((self._root / path).parent) + os.sep for path, *_ in self._asked})
        seconds: list[float] = []
        called: list[list[Place]] = []
        met: set[Place] = set()

        def watch_line(frame: FrameType, event: str, argument: object) -> Any:
            met.add((frame.f_code.co_filename, frame.f_lineno))
            return watch_line

        def watch(frame: FrameType, event: str, argument: object) -> Any:
            return watch_line if frame.f_code.co_filename.startswith(rooms) else None

        threading.settrace(watch)
        for item, following in zip(items, [*items[1:], None], strict=True):
            began = time.process_time()
            met.clear()
            sys.settrace(watch)
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            sys.settrace(None)
            called.append(sorted(met))
            seconds.append(time.process_time() - began)
        return self._failed, seconds, called

    def _temporary(self, name: str) -> Path:
        folder = self._root / "temporary" / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    # --- With one -------------------------------------------------------------------------------

    def _try_all(self, items: Sequence[pytest.Item], learned: Learned) -> Iterator[tuple[int, str | None]]:
        numbers = {item.nodeid: number for number, item in enumerate(items)}
        functions = _functions(self._root / "mailpath")
        waiting = list(enumerate(self._asked))[::-1]
        children: dict[int, tuple[int, Child]] = {}
        gc.collect()
        gc.freeze()  # what a collection in a child writes on is copied
        while waiting or children:
            while waiting and len(children) < self._jobs:
                number, (path, source, row, end) = waiting.pop()
                changed = _changed(str(self._root / path), source)
                found = changed and functions.get(changed[:2])
                if not changed or not found:
                    yield number, None
                    continue
                lines = [(changed[0], line) for line in range(row, end + 1)]
                tests = {each for line in lines for each in learned.of.get(line, ())}
                hits = self._hits[path]
                order = sorted(tests, key=lambda each: (-hits[each], learned.seconds[each]))
                reading, child = self._fork(number, found, changed[2], [items[each] for each in order])
                children[reading] = (number, child)
            for reading, (number, child) in list(self._ended(children)):
                del children[reading]
                verdict = self._verdict(child)
                if verdict in numbers:
                    self._hits[self._asked[number][0]][numbers[verdict]] += 1
                yield number, verdict

    def _fork(
        self, number: int, functions: list[FunctionType], code: CodeType, items: list[pytest.Item]
    ) -> tuple[int, Child]:
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                os.setsid()
                os.close(reading)
                self._pipe = writing
                resource.setrlimit(resource.RLIMIT_CPU, _cpu_from_now())
                resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
                os.environ["PYTEST_DEBUG_TEMPROOT"] = str(self._temporary(str(number)))
                until = time.process_time() + SIEVE_SECONDS
                for function in functions:
                    function.__code__ = code
                for item, following in zip(items, [*items[1:], None], strict=True):
                    item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                    if time.process_time() > until:
                        break
                os.write(writing, b"\0none")
            finally:
                os._exit(0)
        os.close(writing)
        return reading, Child(pid, time.monotonic())

    def _ended(self, children: dict[int, tuple[int, Child]]) -> Iterator[tuple[int, tuple[int, Child]]]:
        ready, _, _ = select.select(list(children), [], [], 1)
        for reading, (number, child) in children.items():
            if reading in ready:
                more = os.read(reading, 65536)
                child.told += more
                if more:
                    continue  # until its end
            elif time.monotonic() - child.began < WALL_SECONDS:
                continue
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)  # with what its tests have started
            os.close(reading)
            yield reading, (number, child)

    def _verdict(self, child: Child) -> str | None:
        _, status = os.waitpid(child.pid, 0)
        if child.told == b"\0none":
            return ""
        if child.told:
            return child.told.decode()
        return "the time limit" if os.WIFSIGNALED(status) else None


def _cpu_from_now() -> tuple[int, int]:
    limit = int(time.process_time()) + CPU_SECONDS
    return limit, limit


def _functions(folder: Path) -> dict[Place, list[FunctionType]]:
    """The functions of our own modules by where they begin."""
    found: defaultdict[Place, list[FunctionType]] = defaultdict(list)
    for each in gc.get_objects():
        if isinstance(each, FunctionType) and each.__code__.co_filename.startswith(str(folder) + os.sep):
            found[each.__code__.co_filename, each.__code__.co_firstlineno].append(each)
    return found


def _changed(file: str, source: str) -> tuple[str, int, CodeType] | None:
    """The one function whose code another source changes: its place, and the code that it then has."""
    before = compile(Path(file).read_text(encoding="utf-8"), file, "exec")
    after = compile(source, file, "exec")
    found = list(_differences(before, after))
    if len(found) != 1 or found[0] is None:
        return None
    old, new = found[0]
    if len(old.co_freevars) != len(new.co_freevars):
        return None
    return file, old.co_firstlineno, new


def _differences(before: CodeType, after: CodeType) -> Iterator[tuple[CodeType, CodeType] | None]:
    """Pairs of functions that differ; None where the body of a module or class does."""
    if (before.co_code, before.co_names) != (after.co_code, after.co_names):
        yield None
        return
    if len(before.co_consts) != len(after.co_consts):
        yield None
        return
    for old, new in zip(before.co_consts, after.co_consts, strict=True):
        if isinstance(old, CodeType) and isinstance(new, CodeType):
            if not old.co_flags & CO_OPTIMIZED:
                yield from _differences(old, new)
            elif _shape(old) != _shape(new):
                runs_at_once = old.co_name.startswith("<") and old.co_name != "<lambda>"
                yield None if runs_at_once else (old, new)
        elif repr((type(old), old)) != repr((type(new), new)):
            yield None


def _shape(code: CodeType) -> Any:
    """What a function does, wherever its lines stand.  By repr: 1 equals True."""
    consts = [_shape(each) if isinstance(each, CodeType) else repr(each) for each in code.co_consts]
    return code.co_code, code.co_names, code.co_freevars, code.co_varnames, consts


def main(asked: str, told: str, jobs: str, *files: str) -> int:
    changes = [tuple(each) for each in json.loads(Path(asked).read_text(encoding="utf-8"))]
    plugin = Forked(changes, Path(told), int(jobs))
    options = [
        "-q",
        "-p",
        "pytest_asyncio.plugin",
        "-p",
        "_hypothesis_pytestplugin",
        "-p",
        "no:cacheprovider",
    ]
    return int(pytest.main([*options, "--tb=no", "-m", "not interop", *files], plugins=[plugin]))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
