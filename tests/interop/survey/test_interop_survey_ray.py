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
from collections.abc import Iterator
from pathlib import Path

import pytest
from interop_surveys import list_of, met, rows_in, seen_since, started
from interop_tools import wait_until

from mailpath.lab import Lab
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


def ended(running: subprocess.Popen[bytes]) -> None:
    out, err = running.communicate(timeout=LIMIT)
    assert (running.returncode, err) == (1, b"")
    assert out.startswith(b"Under postfix-dane, ")


def done_in(store: Path) -> int:
    try:
        with Store(store) as opened:
            return opened.done
    except StoreError:  # not yet
        return 0


def test_a_machine_is_lost_and_nobody_notices(cluster: subprocess.Popen[str], tmp_path: Path) -> None:
    with Lab.start() as lab:
        network, domains = lab.write_network_file(tmp_path), str(list_of(lab, tmp_path))
        ended(started(network, tmp_path / "whole", domains))
        before, store = lab.sessions, tmp_path / "store"
        running = started(
            network, store, domains, "--engine", "ray", "--cluster", line_of(cluster), "--jobs", "6"
        )
        wait_until(
            lambda: done_in(store) >= 6 or running.poll() is not None, LIMIT, "six domains", pause=0.01
        )
        assert cluster.stdin is not None
        print("kill", file=cluster.stdin, flush=True)
        assert line_of(cluster) == "killed"
        assert done_in(store) < len(lab.scenarios)
        ended(running)
        assert rows_in(store) == rows_in(tmp_path / "whole")
        seen = seen_since(lab, before)
        assert max(each.together for each in seen) == 1
        assert len(met(seen)) - len(set(met(seen))) <= UNDER_WAY


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
