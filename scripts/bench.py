"""`make bench`: how many round trips a walk is long, and what the process costs beside its bare imports.

1. Delaying forwarders stand in front of the lab's DNS, SMTP and HTTPS servers.  The slope of
   `mailpath check`'s time over the added delay is the number of round trips that follow one another.
2. At no delay, the whole process against an interpreter that only imports the same modules, run in turn.

Figures, not a test: machines are noisy.  Exit status 1 when a figure is over its limit all the same.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec
from delay import Address, Delayer

from mailpath.lab import Lab, scenarios
from mailpath.network.settings import Settings, to_toml

#: A signed name, asked of a resolver far away: what every zone cut could need goes out at once.
DNSSEC_LIMIT = 3
#: MX, address, connect and greeting, EHLO, STARTTLS, TLS, EHLO, QUIT.
CHAIN = 8
LIMIT = 1.1
IMPORT_LIMIT = 1.5
DELAYS = (0.0, 0.05, 0.1, 0.15)
ROUNDS = 5
#: One MX, signed, TLSA and an enforced policy: everything there is to ask.
SIGNED_WITH_POLICY = "full-protection"


def address_of(text: str) -> Address:
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)


async def forwarded(delayer: Delayer, settings: Settings) -> Settings:
    """The lab's settings with every server behind a forwarder."""
    assert settings.resolver is not None
    resolver = address_of(settings.resolver)
    front = await delayer.udp(resolver)
    await delayer.tcp(resolver, front[1])
    dial = {}
    for published, real in settings.dial.items():
        host, port = await delayer.tcp(address_of(real))
        dial[published] = f"{host}:{port}"
    return msgspec.structs.replace(settings, resolver=f"{front[0]}:{front[1]}", dial=dial)


def check_command(domain: str, network: Path) -> list[str]:
    command = [sys.executable, "-m", "mailpath", "check", domain, "--from", "a.example"]
    return [*command, "--network", str(network), "--format", "json"]


async def timed(command: list[str]) -> float:
    """Wall seconds of one process.  Status 0 to 3 is how the mail fares; anything above is a failure."""
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL
    )
    _, err = await process.communicate()
    if process.returncode is None or process.returncode > 3:
        raise SystemExit(f"{command} failed: {err.decode(errors='replace')}")
    return time.perf_counter() - began


def dnssec_command(name: str, network: Path) -> list[str]:
    return [sys.executable, "-m", "mailpath", "dnssec", name, "A", "--network", str(network), "--json"]


def slope(points: list[tuple[float, float]]) -> float:
    return statistics.linear_regression(*zip(*points, strict=True)).slope


async def round_trips(lab: Lab, command: Callable[[Path], list[str]], folder: Path) -> float:
    """Seconds of the command per second of added delay."""
    delayer = Delayer()
    settings = await forwarded(delayer, lab.settings)
    network = folder / "delayed.toml"
    network.write_text(to_toml(settings), encoding="utf-8")
    points = []
    try:
        for _ in range(ROUNDS):
            for delay in DELAYS:
                delayer.half = delay / 2
                points.append((delay, await timed(command(network))))
    finally:
        await delayer.close()
    medians = [(d, statistics.median([s for at, s in points if at == d])) for d in DELAYS]
    for delay, median in medians:
        print(f"  delay {delay * 1000:5.0f} ms   median {median * 1000:7.0f} ms")
    return slope(medians)


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


def bare_imports(command: list[str]) -> list[str]:
    """An interpreter that imports what the command imports, and does nothing else."""
    run = subprocess.run(
        [sys.executable, "-c", _MODULES, *command[3:]], capture_output=True, text=True, check=True, timeout=60
    )
    names = [name for name in run.stderr.split() if name.replace(".", "").replace("_", "").isalnum()]
    return [sys.executable, "-c", f"NAMES = {names!r}\n{_IMPORT_ALL}"]


async def start_up(lab: Lab, domain: str, folder: Path) -> tuple[float, float]:
    network = folder / "lab.toml"
    network.write_text(to_toml(lab.settings), encoding="utf-8")
    command = check_command(domain, network)
    bare = await asyncio.to_thread(bare_imports, command)
    whole_times, bare_times = [], []
    for _ in range(4 * ROUNDS):
        whole_times.append(await timed(command))
        bare_times.append(await timed(bare))
    return statistics.median(whole_times), statistics.median(bare_times)


def main() -> int:
    chosen = next((s for s in scenarios() if s.id == SIGNED_WITH_POLICY), None)
    if chosen is None:
        raise SystemExit(f"the lab has no scenario {SIGNED_WITH_POLICY}")
    with Lab.start() as lab, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print(f"Round trips of `mailpath check {chosen.domain}` (signed, TLSA, enforced policy):")
        trips = asyncio.run(round_trips(lab, partial(check_command, chosen.domain), folder))
        print(f"  slope {trips:.2f} round trips; shortest chain {CHAIN}; limit {CHAIN * LIMIT:.1f}")
        deep = f"mx1.{chosen.domain}"
        print(f"Round trips of `mailpath dnssec {deep} A`:")
        dnssec = asyncio.run(round_trips(lab, partial(dnssec_command, deep), folder))
        print(f"  slope {dnssec:.2f} round trips; limit {DNSSEC_LIMIT}")
        whole, bare = asyncio.run(start_up(lab, chosen.domain, folder))
        print("The whole process at no delay, against its bare imports:")
        print(f"  {whole * 1000:.0f} ms / {bare * 1000:.0f} ms = {whole / bare:.2f}; limit {IMPORT_LIMIT}")
    good = trips <= CHAIN * LIMIT and dnssec <= DNSSEC_LIMIT and whole / bare < IMPORT_LIMIT
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
