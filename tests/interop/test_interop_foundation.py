"""The ground of the interop tests: programs, packages, and a namespace that leaves nothing behind."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import interop_namespace
import interop_tools
import pytest


def test_a_missing_program_is_a_failure_that_names_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interop_tools, "_PATH", "")
    with pytest.raises(AssertionError, match="apt-get install ldnsutils"):
        interop_tools.tool("ldns-signzone")


def test_packages_are_those_of_the_programs() -> None:
    listed = Path(__file__).with_name("packages.txt").read_text().split()
    assert set(listed) >= set(interop_tools.PACKAGES.values())
    assert listed == sorted(set(listed))


def test_every_program_is_installed() -> None:
    for program in interop_tools.PACKAGES:
        assert Path(interop_tools.tool(program)).is_absolute()


def test_a_failing_program_says_why() -> None:
    with pytest.raises(AssertionError, match=r"(?s)ended with 3.*because"):
        interop_tools.checked([sys.executable, "-c", "import sys; print('because'); sys.exit(3)"])


def test_a_namespace_has_its_addresses_and_no_way_out() -> None:
    with interop_namespace.namespace(["10.53.9.1"]) as space:
        assert "10.53.9.1/32" in space.run("ip", "-brief", "address")
        assert space.run("ip", "route").strip() == "", "no route leads out"
        devices = space.run("ip", "-brief", "link", "show", "up").splitlines()
        assert [line.split()[0] for line in devices] == ["lo"]


def failing(log: Path) -> None:
    with interop_namespace.namespace(["10.53.9.1"]) as space:
        space.spawn(sys.executable, "-c", "import time; time.sleep(600)", log=log)
        raise RuntimeError(f"{space.name}: {space.logs()}")


def test_servers_end_with_their_namespace_even_after_a_failure(tmp_path: Path) -> None:
    log = tmp_path / "sleeper.log"
    with pytest.raises(RuntimeError, match=r"sleeper.log \(running\)") as raised:
        failing(log)
    name = str(raised.value).partition(":")[0]
    assert name not in interop_tools.run("ip", "netns")
    for process in Path("/proc").glob("[0-9]*/fd/1"):
        assert not (process.is_symlink() and os.path.realpath(process) == str(log)), f"{process} still runs"


def test_a_confined_program_is_run_from_a_copy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    flag = tmp_path / "enabled"
    flag.write_text("Y\n")
    monkeypatch.setattr(interop_namespace, "_APPARMOR", flag)
    copy = interop_namespace._unconfined(Path(interop_tools.tool("knotd")), tmp_path)
    assert copy.parent == tmp_path / "programs"
    assert "Knot DNS" in interop_tools.checked([str(copy), "--version"])
    flag.write_text("N\n")
    assert interop_namespace._unconfined(Path("/usr/sbin/knotd"), tmp_path) == Path("/usr/sbin/knotd")
