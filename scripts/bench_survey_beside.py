"""A survey beside checkdmarc, CPU a domain: `python scripts/bench_survey.py beside [--domains 400]`.

On shared hosts, then on domains with a mail host of their own; both tools in turn, on the same lab, and of
checkdmarc what it has in common with a survey (see `bench_checkdmarc`).  Neither its start nor ours counts,
nor what either loads for its first domain.  Fails where a survey does not come up to what is asked of it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
from pathlib import Path

import bench
import bench_survey_walks as walks

#: By the share of domains with a mail host of their own: how many times our time checkdmarc takes at least.
LEAST = {0.0: 2.0, 1.0: 1.0}
ROUNDS = 3


def main(words: list[str]) -> int:
    """Prints a line each; 1 where checkdmarc takes less time than it should beside us."""
    parser = argparse.ArgumentParser(prog="bench_survey.py beside")
    parser.add_argument("--domains", type=int, default=400)
    parser.add_argument("--operators", type=int, default=10)
    given = parser.parse_args(words)
    python = bench.checkdmarc_python()
    return max(_beside(python, share, given) for share in LEAST)


def _beside(python: Path, share: float, given: argparse.Namespace) -> int:
    options = ["--domains", str(given.domains), "--operators", str(given.operators), "--own", str(share)]
    with walks.lab_for(options) as folder:
        ratios, ours, theirs = [], [], []
        for turn in range(ROUNDS):
            found = walks.measured(folder, given.domains - turn)  # each has a store of its own
            ours.append(found["cpu_s"] / found["domains"] * 1000)
            command = [
                str(python),
                str(bench.HERE / "bench_checkdmarc.py"),
                f"@{folder / 'domains'}",
                str(folder / "network.toml"),
                str(given.domains - turn),
            ]
            ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
            other = json.loads(ran.stdout)
            theirs.append(other["cpu_s"] / other["domains"] * 1000)
            ratios.append(theirs[-1] / ours[-1])
    ratio = statistics.median(ratios)
    kind = "with a mail host of their own" if share else "on shared hosts"
    print(
        f"{given.domains} domains {kind}: {statistics.median(ours):.2f} ms a domain, checkdmarc"
        f" {statistics.median(theirs):.2f}: {ratio:.2f} times that",
        flush=True,
    )
    return int(ratio < LEAST[share])
