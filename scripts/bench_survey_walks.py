"""What the walks of a survey cost: walks a second, CPU and questions a domain, memory as the list grows.

    python scripts/bench_survey.py walks [--domains 1000 10000] [--own 0.0] [--dead 0.05] [--tarpits 0.01]
                                         [--signed 0.2] [--delay 0.03]

The lab is generated: operators with two mail hosts each, one of which serves a fifth of all domains; a
third of the operators has TLSA records.  `--signed`: the share of signed domains; `--own`: of those with a
mail host of their own; of these, `--dead`: how many answer to no connection, `--tarpits`: how many greet
after ten minutes.  The lab runs in processes of its own, whose time does not count, nor does what is loaded
for the first domain, which is walked before the clock runs; `--delay`: seconds that each exchange takes,
waited for on our side; `--workers`: processes that walk (their questions and policies are not counted, their
time is).

Memory is what the process has in RAM, as the kernel says: every ten thousand domains, and at most.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from mailpath.lab import Lab, kept, running
from mailpath.lab import dns as dns_server
from mailpath.lab.grammar import Server, Zone
from mailpath.lab.internet import Listener
from mailpath.lab.scenario import Scenario
from mailpath.network.settings import Settings

#: Of CPU milliseconds and DNS questions a domain, above which the benchmark fails: on shared hosts.
MOST_CPU_MS, MOST_QUESTIONS = 8.0, 6.0
#: Of a list as the internet's (`--own 0.2`) of so many domains: CPU milliseconds each, MiB, and how many
#: times what it had after ten thousand domains the process has at most.
LONG, MOST_MIXED_MS, MOST_MIB, FLAT = 100_000, 12.0, 500.0, 1.1
#: Mail hosts that one process serves.
HOSTS = 5000
#: Seconds after which a tarpit greets: twice as long as anybody waits (RFC 5321 section 4.5.3.2.1).
TARPIT = 600.0

_MEASURE = """
import asyncio, gc, json, msgspec, resource, shutil, sys, time
folder, network = sys.argv[1:3]
count, delay, jobs, workers = int(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5]), int(sys.argv[6])
from mailpath.judge.presets import PRESETS
from mailpath.network.live import LiveNetwork
from mailpath.network.settings import load
from mailpath.survey.engine import Asked, Engine
from mailpath.survey.owners import OWN
from mailpath.survey.processes import Processes
from mailpath.survey.store import About, Store
from mailpath.survey.team import Team
gc.set_threshold(100_000)
held = dict.fromkeys(("ask", "fetch", "converse"), 0)
def counting(name, hold):
    async def counted(self, request):
        held[name] += 1
        if delay:
            await asyncio.sleep(delay)
        return await hold(self, request)
    return counted
for name in held:
    setattr(LiveNetwork, name, counting(name, getattr(LiveNetwork, name)))
mails = {line.strip(): 1 for line in list(open(network.replace("network.toml", "domains")))[:count]}
names = ("postfix-dane", "postfix-sts", "postfix-dane-sts", "postfix-encrypt")
about = About(sender=None, today="postfix-may", postures=names, began=0, keep="all")
# As patient as on the internet, not as this lab's slowest server needs.
settings = msgspec.structs.replace(load(network), timeout=None, greeting_timeout=30.0)
asked = Asked(
    today=PRESETS["postfix-may"], postures=tuple(PRESETS[each] for each in names), politeness=OWN, kind="lab",
    jobs=jobs,
)
def survey(store):
    return Team(store, settings, asked, Processes(workers)) if workers else Engine(store, settings, asked)
def now():
    return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize() / 2**20
async def watched(engine):
    running = asyncio.create_task(engine.run())
    while not running.done():
        await asyncio.wait([running], timeout=0.1)
        if engine.done >= 10_000 * (len(later) + 1):
            later.append(now())
    await running
later = []
first = next(iter(mails))
with Store.create(folder + "-first", about, {first: 1}) as store:
    asyncio.run(survey(store).run())
shutil.rmtree(folder + "-first")
held.update(dict.fromkeys(held, 0))
before = resource.getrusage(resource.RUSAGE_CHILDREN)
with Store.create(folder, about, mails) as store:
    del mails
    gc.freeze()
    wall, cpu = time.perf_counter(), time.process_time()
    if "--profile" in sys.argv:
        import cProfile, pstats
        profile = cProfile.Profile(time.process_time)
        profile.enable()
    asyncio.run(watched(survey(store)))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    others = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu += others.ru_utime + others.ru_stime - before.ru_utime - before.ru_stime
    if "--profile" in sys.argv:
        profile.disable()
        pstats.Stats(profile, stream=sys.stderr).sort_stats("tottime").print_stats(30)
        pstats.Stats(profile, stream=sys.stderr).sort_stats("cumtime").print_stats("mailpath", 60)
    done = store.done
print(json.dumps({
    "domains": done, "wall_s": wall, "cpu_s": cpu, **held,
    "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "later": later,
}))
"""


def scenarios(given: argparse.Namespace) -> Iterator[tuple[Scenario, bool]]:
    """The operators, then the domains; and whether each is to be surveyed."""
    for number in range(given.operators):
        signed = number % 3 == 0
        tlsa = tuple(f"_25._tcp.mx{each} {{tlsa 3 1 1 mx{each}}}" for each in (1, 2)) if signed else ()
        zone = Zone(sec="signed" if signed else "unsigned", rr=tlsa)
        yield _scenario(f"op{number}", zone, (Server(host="mx1"), Server(host="mx2"))), False
    chance = random.Random(1)
    for number in range(max(given.domains)):
        own, sick, signed, large = (chance.random() for _ in range(4))
        sec = "signed" if signed < given.signed else "unsigned"
        if own < given.own:
            server = Server(host="mx1", listen="blackhole" if sick < given.dead else "yes")
            if given.dead <= sick < given.dead + given.tarpits:
                server = Server(host="mx1", banner_delay=TARPIT)
            yield _scenario(f"d{number}", Zone(sec=sec, rr=("@ MX 10 mx1",)), (server,)), True
        else:
            operator = 0 if large < 0.2 else number % given.operators
            hosts = tuple(f"@ MX {each}0 mx{each}.op{operator}.example." for each in (1, 2))
            yield _scenario(f"d{number}", Zone(sec=sec, rr=hosts), ()), True


def _scenario(name: str, zone: Zone, servers: tuple[Server, ...]) -> Scenario:
    return Scenario(id=name, title=name, teaches="", hint="", zone=(zone,), server=servers)


class _Parts(Lab):
    """A lab whose mail hosts are served by several processes: a process has only so many files open, and an
    address of loopback only so many ports.
    """

    def _bind(self, folder: Path) -> Settings:
        listeners = self._internet.listeners
        rest = listeners[HOSTS:]
        self._internet.listeners = listeners[:HOSTS]
        settings = super()._bind(folder)
        for part, start in enumerate(range(0, len(rest), HOSTS), 1):
            reading, writing = os.pipe()
            if not os.fork():
                self._be_part(part, rest[start : start + HOSTS], writing)
            os.close(writing)
            with open(reading, "rb") as told:
                settings = settings.merged(dial=json.load(told))
        return settings

    def _be_part(self, part: int, listeners: list[Listener], writing: int) -> NoReturn:
        running.LOOPBACK = f"127.0.1.{part}"
        for each in (*self._sockets, *(bound for opened in self._open.values() for bound in opened.sockets)):
            each.close()
        self._open = {each.published: self._bind_one(each) for each in listeners}
        self._udp, self._tcp = dns_server.bind_pair(running.LOOPBACK)
        self._thread.start()
        self._ready.result()
        with open(writing, "w") as told:
            json.dump(self._dial(), told)
        sys.stdin.read()
        os._exit(0)


def serve(given: argparse.Namespace, folder: Path) -> None:
    """The lab, until standard input ends."""
    kept._NETWORKS["mail servers"] = tuple(f"11.0.{each}.0/24" for each in range(256))
    everyone = list(scenarios(given))
    with _Parts.start(tuple(each for each, _ in everyone)) as lab:
        lab.write_network_file(folder)
        (folder / "domains").write_text("".join(f"{each.domain}\n" for each, wanted in everyone if wanted))
        print("up", flush=True)
        sys.stdin.read()


def main(words: list[str]) -> int:
    """Prints a table; 1 where shared hosts cost more than they may."""
    parser = argparse.ArgumentParser(prog="bench_survey.py walks")
    parser.add_argument("--domains", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--operators", type=int, default=300)
    parser.add_argument("--own", type=float, default=0.0)
    parser.add_argument("--dead", type=float, default=0.0)
    parser.add_argument("--tarpits", type=float, default=0.0)
    parser.add_argument("--signed", type=float, default=0.2)
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--jobs", type=int, default=16)
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--serve")
    given = parser.parse_args(words)
    if given.serve:
        serve(given, Path(given.serve))
        return 0
    with lab_for(words) as folder:
        return max(_measured(folder, count, given) for count in sorted(given.domains))


@contextmanager
def lab_for(words: list[str]) -> Iterator[Path]:
    """The lab of these options, in processes of its own: the folder of its network file, and `domains`."""
    folder = Path(tempfile.mkdtemp(prefix="mailpath-bench-"))
    command = [sys.executable, __file__, *words, "--serve", str(folder)]
    lab = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert lab.stdout is not None
        if lab.stdout.readline() != "up\n":
            sys.exit("bench_survey.py: the lab did not start")
        yield folder
    finally:
        lab.communicate()
        shutil.rmtree(folder)


def measured(
    folder: Path, count: int, delay: float = 0.0, jobs: int = 16, workers: int = 0, *options: str
) -> dict[str, Any]:
    """A survey of the first `count` domains of a lab; its store is `store{count}` beside its network file."""
    store = folder / f"store{count}"
    words = [str(store), str(folder / "network.toml"), str(count), str(delay), str(jobs), str(workers)]
    command = [sys.executable, "-c", _MEASURE, *words, *options]
    ran = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def _measured(folder: Path, count: int, given: argparse.Namespace) -> int:
    options = ["--profile"] if given.profile else []
    found = measured(folder, count, given.delay, given.jobs, given.workers, *options)
    store = folder / f"store{count}"
    domains = found["domains"]
    size = sum(each.stat().st_size for each in store.iterdir()) / domains / 1024
    cpu, questions = found["cpu_s"] / domains * 1000, found["ask"] / domains
    print(
        f"{domains:7} domains: {cpu:6.2f} ms CPU and {found['wall_s'] / domains * 1000:6.2f} ms a domain,"
        f" {domains / found['wall_s']:6.1f} walks/s; questions {questions:5.2f}, policies"
        f" {found['fetch'] / domains:.3f}, sessions {found['converse'] / domains:.3f} a domain;"
        f" {found['mib']:.0f} MiB, store {size:.1f} KiB a domain",
        flush=True,
    )
    if found["later"]:
        print(" " * 17 + f"MiB every 10,000 domains: {' '.join(f'{each:.0f}' for each in found['later'])}")
    if given.own == 0.2 and domains >= LONG and not (given.delay or given.profile or given.workers):
        flat = max(found["later"]) <= FLAT * found["later"][0]
        return int(cpu > MOST_MIXED_MS or found["mib"] > MOST_MIB or not flat)
    shared = not (given.own or given.delay or given.profile or given.workers) and count >= 10_000
    return int(shared and (cpu > MOST_CPU_MS or questions > MOST_QUESTIONS))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
