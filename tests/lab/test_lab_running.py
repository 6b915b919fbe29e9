"""Starting and stopping: quick, and nothing is left behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from lab_client import Client

from mailpath.lab import Lab, scenarios
from mailpath.lab.seen import MAX_SAID, MAX_SEEN, Log
from mailpath.network import settings

SERVE = "from mailpath.lab.serve import serve; serve()"


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else 0


def test_it_is_up_in_under_a_second_and_leaves_nothing() -> None:
    """A second of this process's own, for others may be at work; and it waits for nothing that takes long."""
    threads, opened = threading.active_count(), descriptors()
    began, asked = time.process_time(), time.monotonic()
    with Lab.start() as lab:
        took, waited = time.process_time() - began, time.monotonic() - asked
        assert lab.settings.ca_file is not None
        folder = Path(lab.settings.ca_file).parent
        assert folder.is_dir()
        assert lab.scenarios == scenarios()
    assert took < 1.0
    assert waited < 10
    assert threading.active_count() == threads
    assert descriptors() == opened
    assert not folder.exists()


def test_open_sessions_are_ended() -> None:
    with Lab.start() as lab:
        host, port = lab.dialled("mx1.plaintext.example", 25).split(":")
        client = socket.create_connection((host, int(port)), 5)
        assert client.recv(100).startswith(b"220 ")
        began = time.perf_counter()
    assert time.perf_counter() - began < 5
    with client:
        # An end or a reset: the server's side is gone.
        try:
            assert client.recv(100) == b""
        except ConnectionResetError:
            assert True
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), 5)


def test_stop_twice() -> None:
    lab = Lab.start(scenarios()[:1])
    lab.stop()
    lab.stop()


def test_two_labs_side_by_side() -> None:
    with Lab.start(scenarios()[:1]) as one, Lab.start(scenarios()[:1]) as other:
        assert one.settings.resolver != other.settings.resolver
        assert one.trust_anchor != other.trust_anchor


def test_a_failed_start_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    threads, opened = threading.active_count(), descriptors()

    def broken(*_: object, **__: object) -> None:
        raise OSError("no more sockets")

    monkeypatch.setattr("mailpath.lab.running.asyncio.start_server", broken)
    with pytest.raises(OSError, match="no more sockets"):
        Lab.start(scenarios()[:1])
    assert threading.active_count() == threads
    assert descriptors() == opened


def test_everything_listens_on_loopback_only(internet: Lab) -> None:
    assert internet.settings.resolver.startswith("127.0.0.1:")
    assert all(there.startswith("127.0.0.1:") for there in internet.settings.dial.values())
    assert internet.settings.allow_private is False


def test_the_clock_is_a_parameter() -> None:
    at = 1_700_000_000
    with Lab.start(scenarios()[:1], now=at) as lab:
        assert lab.now == at
        (soa,) = lab.records("plaintext.example", "SOA")
        assert str(at) in soa


def test_the_network_file_is_the_settings(internet: Lab, tmp_path: Path) -> None:
    network = internet.write_network_file(tmp_path)
    loaded = settings.load(network)
    assert loaded.dial == internet.settings.dial
    assert loaded.resolver == internet.settings.resolver
    assert settings.anchor_text(loaded) == settings.anchor_text(internet.settings)
    assert settings.roots(loaded) == settings.roots(internet.settings)
    anchors = (tmp_path / "anchors.conf").read_text()
    assert anchors.startswith("trust-anchors {")
    assert " initial-ds " in anchors


@pytest.mark.parametrize("ending", ["raise KeyboardInterrupt", "import sys; sys.exit(3)", "pass"])
def test_a_program_that_forgets_to_stop_leaves_nothing(tmp_path: Path, ending: str) -> None:
    program = f"from mailpath.lab import Lab, scenarios\nlab = Lab.start(scenarios()[:1])\n{ending}\n"
    command = [sys.executable, "-W", "error", "-c", program]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30, check=False)
    assert (ended.returncode == 0) == (ending == "pass")
    assert "Exception ignored" not in ended.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_serve_prints_one_line_and_cleans_up(tmp_path: Path, number: signal.Signals) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    serving = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", SERVE],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    try:
        network = Path(serving.stdout.readline().rstrip("\n"))
        assert settings.load(network).dial
        assert network.parent.parent == tmp_path
        there, port = next(iter(settings.load(network).dial.values())).split(":")
        with socket.create_connection((there, int(port)), 5) as client:
            assert client.recv(100).startswith(b"220 ")
            serving.send_signal(number)
            rest, narration = serving.communicate(timeout=20)
    finally:
        serving.kill()
        serving.wait()
    assert serving.returncode == 0
    assert rest == ""
    for tool in ("mailpath check", "dig +dnssec", "delv -a", "openssl s_client", "curl"):
        assert f"  {tool}" in narration
    assert "Traceback" not in narration
    assert "Exception" not in narration
    assert list(tmp_path.iterdir()) == []


def test_what_is_kept_of_the_sessions_is_bounded() -> None:
    log = Log()
    for number in range(MAX_SEEN + 5):
        with log.session(f"mx{number}", "192.0.2.1"):
            pass
    assert (log.count, len(log.newest), log.newest[0].host) == (MAX_SEEN + 5, MAX_SEEN, "mx5")
    with log.session("mx", "192.0.2.1") as seen, log.session("mx", "192.0.2.1") as other:
        for _ in range(200):
            seen.hear("x" * 1000)
    assert (seen.together, other.together) == (1, 2)
    assert sum(map(len, seen.commands)) <= MAX_SAID
    assert seen.commands[0] == "x" * 1000


def test_every_session_is_counted(internet: Lab) -> None:
    before = internet.sessions
    with Client(internet, "mx1.dane-good.example") as client:
        client.reply()
    assert internet.sessions == before + 1
