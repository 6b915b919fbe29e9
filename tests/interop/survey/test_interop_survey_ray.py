"""A survey on a Ray cluster of three machines, one of which is lost in the middle: the rows are those of a
survey without any, and no address ever has two sessions at a time.  The servers count.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailpath.lab import Lab
from mailpath.survey.results import Row
from mailpath.survey.store import Store, StoreError

#: Seconds for a cluster to be up, and for a survey.
LIMIT = 180.0
#: Sessions that the owner that is lost may have had under way, which are held again.
UNDER_WAY = 16


@pytest.fixture(scope="module", autouse=True)
def loopback() -> Iterator[None]:
    """Ray then leaves 127.0.0.1 as it is, where it takes an address of the machine's otherwise."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        yield


@pytest.fixture(scope="module")
def cluster(loopback: None) -> Iterator[subprocess.Popen[str]]:
    # Ray's sockets are in it: their names may have some hundred octets (unix(7)).
    folder = Path(tempfile.mkdtemp(prefix="mp"))
    (folder / "ray").mkdir()
    with (folder / "log").open("w") as log:
        running = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("interop_cluster.py")), "3"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env={**os.environ, "RAY_TMPDIR": str(folder)},
        )
    try:
        yield running
    finally:
        running.communicate(timeout=LIMIT)
        shutil.rmtree(folder, ignore_errors=True)


def line_of(cluster: subprocess.Popen[str]) -> str:
    assert cluster.stdout is not None
    return cluster.stdout.readline().strip()


def survey(network: Path, domains: Path, store: Path, *more: str) -> subprocess.Popen[bytes]:
    words = ["survey", str(domains), "--network", str(network), "--store", str(store), *more]
    words += ["--today", "postfix-may", "--posture", "postfix-dane", "--posture", "postfix-encrypt"]
    return subprocess.Popen(
        [sys.executable, "-m", "mailpath", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def ended(running: subprocess.Popen[bytes]) -> None:
    out, err = running.communicate(timeout=LIMIT)
    assert (running.returncode, err) == (1, b"")
    assert out.startswith(b"Under postfix-dane, ")


def rows_in(store: Path) -> dict[str, Row]:
    with Store(store) as opened:
        return {row.domain: row for row in opened.rows()}


def done_in(store: Path) -> int:
    try:
        with Store(store) as opened:
            return opened.done
    except StoreError:  # not yet
        return 0


def test_a_machine_is_lost_and_nobody_notices(cluster: subprocess.Popen[str], tmp_path: Path) -> None:
    domains = tmp_path / "domains"
    with Lab.start() as lab:
        network = lab.write_network_file(tmp_path)
        domains.write_text("".join(f"{each.domain}\n" for each in lab.scenarios), encoding="utf-8")
        ended(survey(network, domains, tmp_path / "whole"))
        before, store = lab.sessions, tmp_path / "store"
        running = survey(
            network, domains, store, "--engine", "ray", "--cluster", line_of(cluster), "--jobs", "6"
        )
        until = time.monotonic() + LIMIT
        while done_in(store) < 6 and running.poll() is None and time.monotonic() < until:
            time.sleep(0.01)
        assert cluster.stdin is not None
        print("kill", file=cluster.stdin, flush=True)
        assert line_of(cluster) == "killed"
        assert done_in(store) < len(lab.scenarios)
        ended(running)
        assert rows_in(store) == rows_in(tmp_path / "whole")
        seen = list(lab.seen)[len(lab.seen) - (lab.sessions - before) :]
        assert max(each.together for each in seen) == 1
        met = Counter((each.address, each.sni) for each in seen if each.sni)
        assert sum(met.values()) - len(met) <= UNDER_WAY


def test_a_cluster_that_cannot_be_reached_is_told(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mailpath", "survey", "--lab", "plaintext", "--engine", "ray"]
    ran = [
        subprocess.run(
            [*command, "--store", str(tmp_path / address), "--cluster", address],
            capture_output=True,
            text=True,
            check=False,
        )
        for address in ("127.0.0.1:1", "nowhere")
    ]
    assert "cannot be reached: Connection refused." in ran[0].stderr
    assert "cannot be reached: it is no host:port." in ran[1].stderr


def test_an_actor_that_nobody_asks_ends_itself() -> None:
    program = """
import asyncio
from mailpath.survey import cluster
cluster.DEAF = 0.5
async def main():
    assert await cluster.Actor().start() == cluster.SAME
    await asyncio.sleep(60)
asyncio.run(main())
"""
    began = time.monotonic()
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 1
    assert time.monotonic() - began < 30
