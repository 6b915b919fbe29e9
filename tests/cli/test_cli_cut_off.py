"""A capture of one process, opened in another that has no network at all (a namespace without routes)."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., tuple[int, str, str]]

UNSHARE = shutil.which("unshare")


def can_cut_off() -> bool:
    """Namespaces need Linux, and are forbidden to users on some machines."""
    if UNSHARE is None:
        return False
    return subprocess.run([UNSHARE, "-rn", "true"], capture_output=True, check=False).returncode == 0


pytestmark = pytest.mark.skipif(not can_cut_off(), reason="needs user and network namespaces")


def cut_off(*words: str | Path) -> subprocess.CompletedProcess[bytes]:
    command = [str(UNSHARE), "-rn", sys.executable, "-m", "mailpath", *map(str, words)]
    return subprocess.run(command, capture_output=True, timeout=60, check=False)


@pytest.mark.parametrize("domain", ["two-mx-weak.example", "sts-enforce.example", "bogus.example"])
def test_the_same_verdicts_attacks_and_times(domain: str, network: Path, tmp_path: Path, run: Run) -> None:
    file = tmp_path / "file.json.gz"
    code, out, _ = run("check", domain, "--network", network, "--format", "json", "--capture", file)
    here = json.loads(out)
    done = cut_off(
        "check", "--replay", file, "--trust-capture", "--format", "json", "--attack", "strip-starttls"
    )
    assert (done.returncode, done.stderr) == (code, b"")
    there = json.loads(done.stdout)
    assert there["verdicts"] == here["verdicts"]
    assert there["findings"] == here["findings"]
    assert there["attacks"]["postfix-may"]["strip-starttls"]["outcome"] in ("plaintext", "deferred")
    later = json.loads(
        cut_off(
            "check", "--replay", file, "--trust-capture", "--format", "json", "--at", "2099-01-01T00:00:00Z"
        ).stdout
    )
    assert later["at"] == "2099-01-01T00:00:00Z"
    assert later["verdicts"]["postfix-dane"]["outcome"] == "deferred"


def test_there_is_no_network_there(network: Path) -> None:
    """The proof that the namespace cuts off: the lab, on loopback, cannot be reached from it."""
    done = cut_off("check", "dane-good.example", "--network", network, "--timeout", "0.5", "--posture", "may")
    assert done.returncode in (2, 3)
    assert b"delivered" not in done.stdout
