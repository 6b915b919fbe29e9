"""`--log` and `MAILPATH_LOG`: each exchange is one line, and what breaks leaves its traceback."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from mailpath.logs import logger

Run = Callable[..., tuple[int, str, str]]


def test_every_exchange_of_a_walk_is_logged(network: Path, tmp_path: Path, run: Run) -> None:
    log = tmp_path / "log"
    words = ("check", "full-protection.example", "--network", network, "--format", "nagios")
    quiet = run(*words)
    assert run(*words, "--log", log)[0] == quiet[0]
    text = log.read_text(encoding="utf-8")
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    first, *others = text.splitlines()
    assert " INFO mailpath " in first
    assert "check full-protection.example" in first
    assert " DEBUG dns full-protection.example MX CD: NOERROR; answer records: 2" in text
    assert " DEBUG https https://mta-sts.full-protection.example/.well-known/mta-sts.txt at " in text
    assert "; status 200, " in text
    assert " DEBUG smtp 192.0.2." in text
    assert "; TLSv1.3 TLS_AES_256_GCM_SHA384; certificates: 2; last: 221 " in text
    assert all(" DEBUG " in line and line.endswith("s]") for line in others)
    assert not logger.isEnabledFor(10)


def test_the_variable_does_it_too(
    network: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "log"
    monkeypatch.setenv("MAILPATH_LOG", str(log))
    assert run("dnssec", "dane-good.example", "MX", "--network", network)[0] == 0
    assert " DEBUG dns dane-good.example DNSKEY CD: NOERROR; " in log.read_text(encoding="utf-8")


def test_a_bug_leaves_its_traceback(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr("mailpath.commands.app.run_app", broken)
    log = tmp_path / "log"
    assert run("lab", "--log", log)[0] == 3
    lines = log.read_text(encoding="utf-8").splitlines()
    assert any(line.endswith("ERROR the command failed") for line in lines)
    assert lines[-1].endswith("ERROR RuntimeError: boom")


def test_a_log_in_the_way_is_refused(network: Path, tmp_path: Path, run: Run) -> None:
    before = network.read_bytes()
    code, out, err = run("check", "null-mx.example", "--network", network, "--log", network)
    assert (code, out, err.count("\n"), network.read_bytes()) == (64, "", 1, before)
    assert err.startswith("mailpath check: ")
    assert "is not a log of mailpath" in err
    report = tmp_path / "report.txt"
    code, _, err = run("check", "null-mx.example", "--network", network, "--log", report, "-o", report)
    assert code == 64
    assert "can take -o or --log, not both" in err
