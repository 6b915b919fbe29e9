"""Do the tests notice when judge, match or dnssec are changed?

Takes a sample of small changes (scripts/mutations.py), puts each into a copy of the repository and runs the
tests of its folder and those elsewhere that import its module, until one fails.  A change that no test
notices is printed, unless tests/mutants.toml says why none can.  Ends with 1 when any is left unexplained.

mutmut leaves out what stands below @cache and breaks tests that count or bound work, and cosmic-ray runs one
command whatever was changed, all tests each time: neither ends here.

    make mutants ARGS="--sample 50 --seed 7 --only 'mailpath/match/*'"
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
import xml.etree.ElementTree as ET
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from queue import SimpleQueue
from typing import IO

sys.path.insert(0, str(Path(__file__).parent))

from mutations import Mutation, mutations

HERE = Path(__file__).parent.parent
# The rooms, and the folders of tests that hold them: the judge's rules are told in what the matcher finds.
FOLDERS = {"judge": ("judge",), "match": ("match", "judge"), "dnssec": ("dnssec",)}
EXPLAINED = HERE / "tests" / "mutants.toml"
FORKED = HERE / "scripts" / "mutants_forked.py"
# Only the plug-ins that these tests use: the others cost a second of each start.
PYTEST = ["-q", "-x", "-p", "pytest_asyncio.plugin", "-p", "_hypothesis_pytestplugin"]
PYTEST += ["-p", "no:cacheprovider", "--tb=no", "-m", "not interop"]
ENVIRONMENT = {
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    "MAILPATH_NO_SKIPS": "1",  # the same hypothesis examples each time
}
# A change that makes a loop endless is noticed too.  In seconds of CPU: a busy machine is no verdict.
CPU_SECONDS = 90
WALL_SECONDS = 900
MEMORY_BYTES = 4 << 30
FAILED = re.compile(r"^(?:FAILED|ERROR) (tests/\S+?\.py)", re.MULTILINE)
RUNNING: set[subprocess.Popen[str]] = set()


@dataclass(frozen=True)
class Mutant:
    path: str
    mutation: Mutation

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Stays the same when lines move."""
        return self.path, self.mutation.function, self.mutation.line, self.mutation.becomes

    def draw(self, seed: int) -> bytes:
        """Its place in the lottery, which other changes of the code leave as it is."""
        return hashlib.sha256(repr((seed, self.key)).encode()).digest()

    def __str__(self) -> str:
        change = self.mutation
        place = f"{self.path}:{change.row}" + (f" {change.function}" if change.function else "")
        return f"{place} ({change.operator})\n  - {change.line}\n  + {change.becomes}"


@dataclass
class Order:
    """Which test files a mutant meets, and in what order: first those that failed for its neighbours."""

    cost: dict[str, float]
    failed: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def of(self, mutant: Mutant) -> list[list[str]]:
        """In two runs: most changes are noticed in the first, and the second's files are never read."""
        files = [each for each in self.cost if belongs(each, mutant.path)]
        hits = self.failed[mutant.path]
        files.sort(key=lambda each: (-hits[each], self.cost[each]))
        near = [each for each in files if hits[each] or room(each) == room(mutant.path)]
        return [near, [each for each in files if each not in near]]


def room(path: str) -> str:
    return path.split("/")[1]


def belongs(test: str, path: str) -> bool:
    """A test of the folder, or one elsewhere that imports the module by its own name."""
    module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    package, _, last = module.rpartition(".")
    whole, above = re.escape(module), re.escape(package)
    imported = rf"import {whole}\b|from {whole} import|from {above} import .*\b{last}\b"
    return room(test) in FOLDERS[room(path)] or bool(re.search(imported, (HERE / test).read_text()))


def list_files() -> list[str]:
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=HERE, check=True, capture_output=True, text=True).stdout.splitlines()
    return [name for name in names if (HERE / name).is_file()]


def copy_to(folder: Path) -> Path:
    for name in list_files():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes((HERE / name).read_bytes())
    return folder


def start(
    arguments: list[str | Path], folder: Path, *, stdout: int | IO[str], keep: bool
) -> subprocess.Popen[str]:
    """A Python in a session of its own, with `folder` for its mailpath.  `keep` what was compiled: of the
    unchanged sources only, for a change within one second could be taken for the one before it."""
    environment = {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "" if keep else "1"}
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, **ENVIRONMENT, **environment},
        stdout=stdout,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    RUNNING.add(process)
    return process


def run_tests(
    folder: Path, files: list[str], *more: str, cpu: int = CPU_SECONDS, keep: bool = False
) -> tuple[int, str]:
    """(exit code, output); killed by a signal where the time limit ended it."""
    process = start(["-m", "pytest", *PYTEST, *more, *files], folder, stdout=subprocess.PIPE, keep=keep)
    resource.prlimit(process.pid, resource.RLIMIT_CPU, (cpu, cpu))
    resource.prlimit(process.pid, resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    try:
        output, _ = process.communicate(timeout=WALL_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
    finally:
        RUNNING.discard(process)
    return process.returncode, output


def stop(*_: object) -> None:
    """On SIGINT and SIGTERM: the tests run in sessions of their own, so that a change cannot end us."""
    for process in tuple(RUNNING):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    raise SystemExit(130)


def measure(folder: Path, wanted: list[str]) -> dict[str, float]:
    """Seconds that each test file takes; those of the folders have to pass unchanged."""
    tests = [name for name in list_files() if fnmatch(name, "tests/**/test_*.py")]
    tests = [name for name in tests if not name.startswith(("tests/tui/", "tests/interop/"))]
    tests = [name for name in tests if any(belongs(name, path) for path in wanted)]
    more = [
        "--maxfail=1000",
        "--continue-on-collection-errors",
        "--junitxml=times.xml",
        "-o",
        "junit_family=xunit1",
    ]
    _, output = run_tests(folder, tests, *more, cpu=1200, keep=True)
    failed = set(FAILED.findall(output))
    if any(room(name) in FOLDERS for name in failed) or not (folder / "times.xml").exists():
        sys.exit(f"The tests fail without any change:\n{output[-3000:]}")
    for name in sorted(failed):
        print(f"left out, for it fails without any change: {name}", flush=True)
    tests = [name for name in tests if name not in failed]
    cost = dict.fromkeys(tests, 0.0)
    for case in ET.parse(folder / "times.xml").iter("testcase"):
        if (name := case.attrib.get("file")) in cost:
            cost[name] += float(case.attrib["time"])
    return cost


def try_forked(folder: Path, left: list[Mutant], jobs: int, started: float) -> dict[Mutant, str]:
    """The test that noticed each change, "" for those none did: of those that can be tried in a fork.

    Only the tests of the folders are run, and have to pass unchanged.
    """
    tests = [name for name in list_files() if fnmatch(name, "tests/**/test_*.py")]
    tests = [name for name in tests if not name.startswith(("tests/tui/", "tests/interop/"))]
    paths = {each.path for each in left}
    near = {folder for path in paths for folder in FOLDERS[room(path)]}
    tests = [name for name in tests if room(name) in near]
    asked, told = folder / "asked.json", folder / "told.jsonl"
    asked.write_text(json.dumps([_asked(each) for each in left]))
    found: dict[Mutant, str] = {}
    log = folder / "forked.log"
    with log.open("w") as output:
        process = start([FORKED, asked, told, str(jobs), *tests], folder, stdout=output, keep=True)
    lines = follow(told, log, process)
    failed = json.loads(next(lines))
    if failed:
        sys.exit(f"The tests fail without any change: {failed}\n{log.read_text()[-3000:]}")
    print(f"the tests pass unchanged ({time.monotonic() - started:.0f} s)", flush=True)
    for number, line in enumerate(lines, 1):
        at, verdict = json.loads(line)
        if verdict is not None:
            found[left[at]] = verdict
        said = {None: "not in a fork", "": "not noticed in a fork"}.get(verdict, verdict)
        print(f"{number}/{len(left)} {time.monotonic() - started:.0f} s {said}: {left[at]}", flush=True)
    return found


def _asked(mutant: Mutant) -> tuple[str, str, int, int]:
    return mutant.path, mutant.mutation.source, mutant.mutation.row, mutant.mutation.end


def follow(file: Path, log: Path, process: subprocess.Popen[str]) -> Iterator[str]:
    """The lines of a file that a process is writing, until the process ends."""
    while not file.exists() and process.poll() is None:
        time.sleep(0.1)
    with file.open() as written:
        so_far = ""
        while True:
            ended = process.poll() is not None
            so_far += written.readline()
            if so_far.endswith("\n"):
                yield so_far
                so_far = ""
            elif ended:
                break
            else:
                time.sleep(0.1)
    RUNNING.discard(process)
    if process.returncode > 1:
        raise RuntimeError(f"{FORKED.name} ended with {process.returncode}:\n{log.read_text()[-3000:]}")


def try_mutant(mutant: Mutant, folder: Path, order: Order) -> str:
    """The test that notices it, "the time limit", or "" when none does."""
    place = folder / mutant.path
    original = place.read_bytes()
    place.write_text(mutant.mutation.source)
    code, output = 0, ""
    try:
        for files in order.of(mutant):
            if code == 0 and files:
                code, output = run_tests(folder, files)
    finally:
        place.write_bytes(original)
    if code == 0:
        return ""
    if code < 0:
        return "the time limit"
    if "ImportError while loading conftest" in output:
        return "the import"
    named = FAILED.findall(output)
    if not named:
        raise RuntimeError(f"pytest ended with {code}, but no test failed:\n{output[-2000:]}")
    order.failed[mutant.path][named[0]] += 1
    return named[0]


def read_explained() -> dict[tuple[str, str, str, str], str]:
    """(file, function, line, what it becomes) -> why no test can notice."""
    written = tomllib.loads(EXPLAINED.read_text())["equivalent"]
    return {(each["file"], each["function"], each["line"], each["becomes"]): each["why"] for each in written}


def find_stale(explained: set[tuple[str, str, str, str]], everything: list[Mutant]) -> list[str]:
    """Explanations of changes that the code no longer has."""
    known = {each.key for each in everything}
    return [f"{key[0]} {key[1]}: {key[2]}" for key in sorted(explained - known)]


def list_mutants() -> list[Mutant]:
    paths = [path for name in FOLDERS for path in sorted((HERE / "mailpath" / name).glob("*.py"))]
    return [
        Mutant(str(path.relative_to(HERE)), mutation)
        for path in paths
        for mutation in mutations(path.read_text())
    ]


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--sample", type=int, default=200, help="how many changes (200); 0 tries all")
    asked.add_argument("--seed", type=int, default=1, help="which sample (1)")
    asked.add_argument("--only", default="*", metavar="GLOB", help="only files like this one")
    asked.add_argument("--function", default="", help="only functions whose name contains this")
    asked.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many at a time")
    asked.add_argument("--again", action="store_true", help="try those that are explained, too")
    asked.add_argument("--quick", action="store_true", help="in forks only: scripts/mutants_forked.py")
    options = asked.parse_args()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    everything, explained = list_mutants(), read_explained()
    wanted = [
        each
        for each in everything
        if fnmatch(each.path, options.only) and options.function in each.mutation.function
    ]
    if options.sample and options.sample < len(wanted):
        wanted = sorted(wanted, key=lambda each: each.draw(options.seed))[: options.sample]
    left = [each for each in wanted if options.again or each.key not in explained]
    print(
        f"{len(wanted)} of {len(everything)} changes, {len(wanted) - len(left)} of them explained", flush=True
    )

    with tempfile.TemporaryDirectory(prefix="mailpath-mutants-") as scratch:
        tried, survivors = try_all(left, Path(scratch), options.jobs, quick=options.quick)

    stale = find_stale(set(explained), everything)
    for text in stale:
        print(f"explained in {EXPLAINED.relative_to(HERE)}, but no longer there: {text}")
    unexplained = [each for each in survivors if each.key not in explained]
    for mutant in survivors:
        print(f"{'explained' if mutant.key in explained else 'SURVIVED'}: {mutant}\n")
    print(
        f"seed {options.seed}: {tried - len(survivors)} of {tried} were noticed,"
        f" {len(unexplained)} survived unexplained, {len(left) - tried} cannot be tried in a fork"
    )
    return 1 if unexplained else 0


def try_all(left: list[Mutant], scratch: Path, jobs: int, *, quick: bool) -> tuple[int, list[Mutant]]:
    """How many of the mutants were tried, and those that no test noticed.  `quick`: only in forks."""
    began = time.monotonic()
    first = copy_to(scratch / "0")
    forked = try_forked(first, left, jobs, began)
    if quick:
        return len(forked), [mutant for mutant, noticed in forked.items() if not noticed]
    left = [mutant for mutant in left if not forked.get(mutant)]
    order = Order(measure(first, sorted({each.path for each in left})))
    folders: SimpleQueue[Path] = SimpleQueue()
    folders.put(first)
    for number in range(1, jobs):
        folders.put(shutil.copytree(first, scratch / str(number)))

    def try_one(mutant: Mutant) -> str:
        folder = folders.get()
        try:
            return try_mutant(mutant, folder, order)
        finally:
            folders.put(folder)

    survivors = []
    pool = ThreadPoolExecutor(jobs)
    try:
        tried = {pool.submit(try_one, mutant): mutant for mutant in left}
        for number, done in enumerate(as_completed(tried), 1):
            mutant, noticed, seconds = tried[done], done.result(), time.monotonic() - began
            print(f"{number}/{len(left)} {seconds:.0f} s {noticed or 'SURVIVED'}: {mutant}", flush=True)
            if not noticed:
                survivors.append(mutant)
    finally:
        pool.shutdown(cancel_futures=True)
    return len(left) + sum(map(bool, forked.values())), survivors


if __name__ == "__main__":
    sys.exit(main())
