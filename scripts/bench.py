"""`make bench`: round trips of a walk by shape, and what whole processes cost beside others.  Options:

--before DIR   an earlier version's folder: its figures stand beside, taken in turn with ours
--pairs N      runs of each process, and walks at each delay (15)
--write        writes docs/performance.md; what stands there under "Tried and left out" stays

1. Delaying forwarders stand in front of the lab's DNS, SMTP and HTTPS servers.  The slope of `mailpath
   check`'s time over the added delay is the number of round trips that follow one another.
2. CPU time (user and system) of whole processes at no delay, two in turn: the median, and the median of the
   ratios of the pairs, which a busy machine moves little.

Figures, not a test: machines are noisy.  Exit status 1 when a figure is over its limit all the same.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
from delay import Address, Delayer

from mailpath import api
from mailpath.lab import Lab
from mailpath.lab.scenario import Scenario, Server, Sts, Zone
from mailpath.network.settings import Settings, to_toml

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "performance.md"
#: Below it the page is written by hand.
BY_HAND = "\n## Tried and left out\n"
#: A signed name, asked of a resolver far away: what every zone cut could need goes out at once.
DNSSEC_LIMIT = 3
#: MX, address, connect and greeting, EHLO, STARTTLS, TLS, EHLO, QUIT.
CHAIN = 8
LIMIT = 1.1
DELAYS = (0.02, 0.12)
#: Where `CHAIN` is not the shortest: that a zone begins at an alias's target is asked once it is known.
CHAINS = {"dane-cname-target": CHAIN + 1}
HOSTS = (1, 5, 20)
POLICY_KB = 60


def scenario(
    id: str, *rr: str, sec: str = "signed", hosts: int = 1, sts: Sts | None = None, served: str = ""
) -> Scenario:
    """A recipient domain with MX hosts of its own, mx1 first.  `served`: the one server's name."""
    listed = tuple(f"@ MX {number}0 mx{number}" for number in range(1, hosts + 1))
    zone = msgspec.convert({"sec": sec, "rr": (*listed, *rr)}, Zone)
    servers = tuple(Server(host=served or f"mx{number}") for number in range(1, hosts + 1))
    return Scenario(id=id, title=id, teaches="", hint="", zone=(zone,), server=servers, sts=sts)


def tlsa(*hosts: str) -> tuple[str, ...]:
    return tuple(f"_25._tcp.{host} {{tlsa 3 1 1 {host}}}" for host in hosts)


def shapes() -> Iterator[Scenario]:
    """One domain of each shape that makes a walk ask in another order."""
    yield scenario("pkix-valid", sec="unsigned")
    yield scenario("sts-enforce", sec="unsigned", sts=Sts())
    yield scenario("sts-dane-both-good", *tlsa("mx1"), sts=Sts())
    yield scenario("dane-nsec3", *tlsa("mx1"), sec="nsec3")
    yield scenario("mx3", sec="unsigned", hosts=3)
    yield scenario("dane-mx2", *tlsa("mx1", "mx2"), hosts=2)
    yield scenario("dane-mx2-one-tlsa", *tlsa("mx1"), hosts=2)
    yield scenario("mx-cname", "mx1 CNAME real", sec="unsigned", served="real")
    yield scenario("dane-cname-target", "mx1 CNAME real", *tlsa("real"), served="real")


def crowds() -> Iterator[Scenario]:
    """What attacks are tried on: many hosts, and a long policy."""
    for number in HOSTS:
        names = (f"mx{at}" for at in range(1, number + 1))
        yield scenario(f"hosts-{number}", *tlsa(*names), hosts=number, sts=Sts())
    lines = ["version: STSv1", "mode: enforce", "max_age: 604800", "mx: mx1.long-policy.example"]
    while sum(len(line) + 2 for line in lines) < POLICY_KB * 1024:
        lines.append(f"mx: host{len(lines):06d}.some-very-long-provider-name.example")
    yield scenario("long-policy", *tlsa("mx1"), sts=Sts(body="\r\n".join(lines) + "\r\n"))


# --- round trips -----------------------------------------------------------------------------------


def address_of(text: str) -> Address:
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)


async def forwarded(delayer: Delayer, settings: Settings) -> Settings:
    """The lab's settings with every server behind a forwarder."""
    assert settings.resolver is not None
    resolver = address_of(settings.resolver)
    while True:
        front = await delayer.udp(resolver)
        try:
            await delayer.tcp(resolver, front[1])
            break
        except OSError:
            continue  # that port is free for UDP only
    dial = {}
    for published, real in settings.dial.items():
        host, port = await delayer.tcp(address_of(real))
        dial[published] = f"{host}:{port}"
    return msgspec.structs.replace(settings, resolver=f"{front[0]}:{front[1]}", dial=dial)


def environment(version: Path | None) -> dict[str, str]:
    """Of a process that runs `version` (None: this one), with byte code kept as it is once installed."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPATH": str(version or HERE.parent)}


async def timed(command: list[str], version: Path | None) -> float:
    """Wall seconds of one process.  Status 0 to 3 is how the mail fares; anything above is a failure."""
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        env=environment(version),
        cwd=version or HERE.parent,
    )
    _, err = await process.communicate()
    if process.returncode is None or process.returncode > 3:
        raise SystemExit(f"{command} failed: {err.decode(errors='replace')}")
    return time.perf_counter() - began


async def round_trips(
    lab: Lab, command: list[str], network: Path, versions: list[Path | None], rounds: int
) -> list[float]:
    """Seconds of the command, which reads `network`, per second of added delay: of each version, in turn."""
    delayer = Delayer()
    settings = to_toml(await forwarded(delayer, lab.settings))
    await asyncio.to_thread(network.write_text, settings, "utf-8")
    taken: list[dict[float, list[float]]] = [{delay: [] for delay in DELAYS} for _ in versions]
    try:
        for _ in range(rounds):
            for delay in DELAYS:
                delayer.half = delay / 2
                for version, times in zip(versions, taken, strict=True):
                    times[delay].append(await timed(command, version))
    finally:
        await delayer.close()
    near, far = DELAYS
    return [
        (statistics.median(times[far]) - statistics.median(times[near])) / (far - near) for times in taken
    ]


# --- processes -------------------------------------------------------------------------------------


def cpu_of(command: list[str], version: Path | None) -> float:
    """CPU seconds of one process."""
    null = subprocess.DEVNULL
    process = subprocess.Popen(
        command,
        stdin=null,
        stdout=null,
        stderr=null,
        env=environment(version),
        cwd=version or HERE.parent,  # where `-m mailpath` looks first
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if not 0 <= process.returncode <= 3:
        raise SystemExit(f"{command} failed")
    return usage.ru_utime + usage.ru_stime


def compared(one: Callable[[], float], other: Callable[[], float], pairs: int) -> tuple[float, float, float]:
    """The medians of both, run in turn, and that of the ratios."""
    one(), other()
    taken = []
    for number in range(pairs):
        second = other() if number % 2 else None
        first = one()
        taken.append((first, other() if second is None else second))
    ratio = statistics.median(first / second for first, second in taken)
    return *(statistics.median(each) for each in zip(*taken, strict=True)), ratio


#: Runs the command in this interpreter and prints the modules that it loaded, in the order it did.
_MODULES = """
import sys
before = set(sys.modules)
from mailpath.cli import main
sys.argv = ["mailpath", *sys.argv[1:]]
try:
    main()
except SystemExit:
    pass
print("\\n".join(m for m in sys.modules if m not in before and not m.startswith("__")), file=sys.stderr)
"""


_IMPORT_ALL = """
import importlib
for name in NAMES:
    try:
        importlib.import_module(name)
    except ImportError:
        continue
"""


def bare_imports(arguments: list[str]) -> list[str]:
    """An interpreter that imports what the command imports, and does nothing else."""
    run = subprocess.run(
        [sys.executable, "-c", _MODULES, *arguments], capture_output=True, text=True, check=True, timeout=60
    )
    names = [name for name in run.stderr.split() if name.replace(".", "").replace("_", "").isalnum()]
    return [sys.executable, "-c", f"NAMES = {names!r}\n{_IMPORT_ALL}"]


def checkdmarc_python() -> Path:
    """The Python of an environment of its own, in which checkdmarc is installed if it is not yet."""
    folder = HERE.parent / ".venv-bench"
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "checkdmarc"], check=True)
    return python


# --- the page --------------------------------------------------------------------------------------


class Page:
    """Lines as they come: printed, and kept for docs/performance.md.  `over`: figures above their limit."""

    def __init__(self, before: Path | None, pairs: int) -> None:
        self.before, self.pairs = before, pairs
        self.lines: list[str] = []
        self.over: list[str] = []

    def tell(self, *lines: str) -> None:
        print(*lines, sep="\n", flush=True)
        self.lines += lines

    def row(self, *cells: str) -> None:
        self.tell(f"| {' | '.join(cells)} |")

    def head(self, title: str, *columns: str) -> None:
        self.tell("", f"## {title}", "")
        self.row(*columns)
        self.row(*("---" for _ in columns))

    def limited(self, what: str, figure: float, limit: float) -> str:
        """The limit, for the table."""
        if figure > limit:
            self.over.append(f"{what}: {figure:.2f} is over {limit:g}")
        return f"{limit:g}"


def tell_trips(page: Page, lab: Lab, folder: Path) -> None:
    page.head("Round trips that follow one another", "shape", "before", "now", "shortest", "ratio", "limit")
    network = folder / "delayed.toml"
    asked = [
        (each.id, ["check", each.domain, "--from", "a.example", "--format", "json"]) for each in shapes()
    ]
    asked.append(("`mailpath dnssec` of an MX host", ["dnssec", "mx1.sts-dane-both-good.example", "A"]))
    for name, arguments in asked:
        command = [sys.executable, "-m", "mailpath", *arguments, "--network", str(network)]
        versions = [page.before, None] if page.before else [None]
        found = asyncio.run(round_trips(lab, command, network, versions, page.pairs))
        own = name.startswith("`")
        shortest = 1 if own else CHAINS.get(name, CHAIN)
        limit = DNSSEC_LIMIT if own else LIMIT
        before = f"{found[0]:.1f}" if page.before else ""
        ratio = found[-1] / shortest
        said = page.limited(name, ratio, limit)
        page.row(name, before, f"{found[-1]:.1f}", str(shortest), f"{ratio:.2f}", said)


def tell_processes(page: Page, lab: Lab, folder: Path) -> None:
    network = folder / "lab.toml"
    network.write_text(to_toml(lab.settings), encoding="utf-8")
    lookup = ["--network", str(network)]
    check = ["check", "sts-dane-both-good.example", "--from", "a.example", "--format", "json", *lookup]
    notice = folder / "notice.txt"
    notice.write_text(
        "<u@b.example>: host mx.b.example[192.0.2.1] said: 550 5.7.1 no TLS\n", encoding="utf-8"
    )
    page.head("Processes, CPU seconds", "command", "before", "now", "now / before", "limit")
    for name, arguments, limit in (
        ("check, one MX host with everything", check, None),
        ("dnssec", ["dnssec", "mx1.sts-dane-both-good.example", "A", "--json", *lookup], 0.2),
        ("explain 4.7.5", ["explain", "4.7.5"], 0.25),
        ("bounce", ["bounce", str(notice)], 0.25),
        *attacks(folder),
    ):
        command = [sys.executable, "-m", "mailpath", *arguments]
        before, ratio = "", ""
        if page.before:
            own, other, figure = compared(
                lambda c=command: cpu_of(c, None), lambda c=command: cpu_of(c, page.before), page.pairs
            )
            before, ratio = f"{other:.3f}", f"{figure:.2f}"
        else:
            own = statistics.median(cpu_of(command, None) for _ in range(page.pairs))
        page.row(name, before, f"{own:.3f}", ratio, page.limited(name, own, limit) if limit else "")
    page.head("`mailpath check` beside others, CPU seconds", "beside", "mailpath", "other", "ratio", "limit")
    other = [str(checkdmarc_python()), str(HERE / "bench_checkdmarc.py"), check[1], str(network)]
    for name, command, limit in (
        ("checkdmarc, what it has in common with it", other, 0.8),
        ("an interpreter that imports the same modules", bare_imports(check), 1.5),
    ):
        ours = [sys.executable, "-m", "mailpath", *check]
        own, their, figure = compared(
            lambda c=ours: cpu_of(c, None), lambda c=command: cpu_of(c, None), page.pairs
        )
        page.row(name, f"{own:.3f}", f"{their:.3f}", f"{figure:.2f}", page.limited(name, figure, limit))


def attacks(folder: Path) -> Iterator[tuple[str, list[str], float | None]]:
    """All attacks on all postures, replayed from a file."""
    limits = {"hosts-5": 1.0, "hosts-20": 3.0, "long-policy": 1.0}
    for each in crowds():
        name = f"{each.id}: all attacks, all postures"
        replay = ["check", "--replay", str(folder / f"{each.id}.json"), "--attack", "all", "--format", "json"]
        yield name, replay, limits.get(each.id)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--before", type=Path)
    parser.add_argument("--pairs", type=int, default=15)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    page = Page(given.before.resolve() if given.before else None, given.pairs)
    load = os.getloadavg()[1]
    page.tell(
        "# How fast",
        "",
        f"Made by `make bench` on {os.cpu_count()} processors, the load {load:.1f} as it began.",
        f"Medians of {given.pairs} runs each.",
        "Before and now run in turn, and a ratio is the median of those of the pairs.",
    )
    with Lab.start((*shapes(), *crowds())) as lab, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for each in crowds():
            capture = api.record_sync(each.domain, network=lab)
            api.save(capture, folder / f"{each.id}.json")
        tell_processes(page, lab, folder)
        tell_trips(page, lab, folder)
    if given.write:
        _, heading, left_out = PAGE.read_text(encoding="utf-8").partition(BY_HAND)
        PAGE.write_text("\n".join((*page.lines, "")) + heading + left_out, encoding="utf-8")
    print(*page.over, sep="\n")
    return 1 if page.over else 0


if __name__ == "__main__":
    sys.exit(main())
