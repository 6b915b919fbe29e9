"""Short of descriptors, or behind a resolver that answers errors: exit 3, and nobody else is blamed."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from resolvers import failing

from mailpath.lab import Lab

#: So few that the walk runs short of them, and enough to start.
SHORT = 16


def limited(descriptors: int, *words: str | Path) -> subprocess.CompletedProcess[str]:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))

    return subprocess.run(
        [sys.executable, "-m", "mailpath", *map(str, words)],
        preexec_fn=limit,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def checked(network: Path, domain: str, descriptors: int = SHORT) -> tuple[int, dict[str, Any]]:
    done = limited(descriptors, "check", domain, "--network", network, "--format", "json", "--posture", "rfc")
    assert done.stderr == ""
    return done.returncode, json.loads(done.stdout)


def statuses(report: dict[str, Any]) -> dict[str, str]:
    return {step["id"]: step["status"] for step in report["steps"]}


def codes(report: dict[str, Any]) -> set[str]:
    return {each["code"] for each in report["findings"]}


@pytest.mark.parametrize("descriptors", [9, 12, SHORT])
def test_too_few_descriptors_are_not_the_recipients_fault(network: Path, descriptors: int) -> None:
    status, report = checked(network, "sts-enforce.example", descriptors)
    assert status == 3
    assert statuses(report)["mta-sts"] == "error"
    assert "SND004" in codes(report)
    assert not {"MX005", "STS002", "STS005", "STS007"} & codes(report)
    verdict = report["verdicts"]["rfc"]
    assert verdict["outcome"] == "unknown"
    assert "Too many open files" in verdict["reason"]
    (finding,) = (each for each in report["findings"] if each["code"] == "SND004")
    assert "Too many open files" in finding["message"]


def test_the_text_says_what_to_do_about_this_machine(network: Path) -> None:
    done = limited(SHORT, "check", "sts-enforce.example", "--network", network)
    assert done.returncode == 3
    assert "ulimit -n" in " ".join(done.stdout.split())


@pytest.mark.parametrize("rcode", ["SERVFAIL", "REFUSED", "NOTIMP"])
def test_a_resolver_that_answers_errors_to_everything(rcode: str, lab: Lab, run, tmp_path: Path) -> None:
    assert lab.settings.resolver is not None
    network = lab.write_network_file(tmp_path)
    with failing(lab.settings.resolver, rcode) as resolver:
        where = ("--network", network, "--resolver", resolver, "--from", "a.example")
        status, out, _ = run("check", "dane-good.example", *where)
        nagios, line, _ = run("check", "dane-good.example", *where, "--format", "nagios")
    assert status == nagios == 3
    headline = out.splitlines()[0]
    assert "unknown for rfc: cannot be determined from here" in headline
    assert f"the resolver answers {rcode} to every query" in headline
    assert f"answers {rcode}" in line
    assert "name servers" not in out


def test_a_resolver_that_answers_with_cd_only(lab: Lab, run, tmp_path: Path) -> None:
    assert lab.settings.resolver is not None
    network = lab.write_network_file(tmp_path)
    with failing(lab.settings.resolver, "SERVFAIL", "TLSA", without_cd=True) as resolver:
        where = ("--network", network, "--resolver", resolver)
        status, out, _ = run("check", "dane-good.example", *where, "--posture", "postfix-dane")
    assert status == 2
    assert "deferred by postfix-dane" in out.splitlines()[0]
    assert "! SEC009" in out
    assert "one that uses another does not" in " ".join(out.split())
