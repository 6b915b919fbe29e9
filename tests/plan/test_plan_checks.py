"""The command that gates a step: a shell runs it, and it fails until every server shows the change."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from mailpath.plan import Asked, Goal, PolicyFile, checks
from mailpath.plan.goals.stopped import Stopped
from mailpath.visible import visible

FILE = PolicyFile(url="https://mta-sts.b.example/p", text="version: STSv1\nmode: enforce\nmx: mx1\n")
ADDRESSES = ("192.0.2.1", "2001:db8::1")


@pytest.fixture
def sh(tmp_path: Path):
    """Runs a command; `tools`: what the programs that it calls are, as scripts."""

    def run(command: str, **tools: str) -> int:
        for name, script in tools.items():
            tool = tmp_path / name
            tool.write_text(f"#!/bin/sh\n{script}\n")
            tool.chmod(0o755)
        path = f"{tmp_path}:{os.environ['PATH']}"
        return subprocess.run(["sh", "-c", command], env={"PATH": path}, check=False, timeout=30).returncode

    return run


@pytest.mark.parametrize(
    ("served", "status"),
    [
        (r"printf 'version: STSv1\r\nmode: enforce\r\nmx: mx1\r\n'", 0),
        (r"printf 'version: STSv1\nmode: enforce\nmx: mx0\nmx: mx1\n'", 1),
        ("exit 22", 1),
    ],
)
def test_the_whole_policy_has_to_be_there(sh, served: str, status: int) -> None:
    assert sh(checks.policy_served(FILE), curl=served) == status


def test_every_address_and_every_name_server_is_asked(sh) -> None:
    offered = checks.tls_offered("mx1.b.example", ADDRESSES, trusted=True)
    assert sh(offered, openssl="exit 0") == 0
    assert sh(offered, openssl='case "$*" in *2001*) exit 1; esac') == 1, "the second address does not"
    servers = 'case "$*" in *" NS") echo "ns1. ns2."; exit; esac\n'
    signed, alone = (
        checks.signatures_served("b.example"),
        checks.record_alone("_25._tcp.b.example", "TLSA", "b.example"),
    )
    assert sh(signed, dig=f"{servers} echo SOA 13 2") == 0
    assert sh(signed, dig=f'{servers} case "$*" in *ns1.*) echo SOA 13 2; esac') == 1
    assert sh(signed, dig="true") == 1, "nobody was asked"
    assert sh(alone, dig=f"{servers} echo 3 1 1 aa") == 0
    assert sh(alone, dig=f"{servers} echo 3 1 1 aa; echo 3 1 1 bb") == 1


def test_a_key_is_told_from_another(sh) -> None:
    shown = checks.key_shown("mx1.b.example", ADDRESSES, "AA00", rsa=True)
    assert "-cipher aRSA" in shown
    assert sh(shown, openssl='case "$1" in dgst) echo "(stdin)= aa00"; esac') == 0
    assert sh(shown, openssl='case "$1" in dgst) echo "(stdin)= bb00"; esac') == 1


@pytest.mark.parametrize(("status", "passes"), [(0, True), (1, True), (2, False), (3, False)])
def test_mail_that_arrives_with_less_protection_passes(sh, status: int, passes: bool) -> None:
    assert (sh(checks.mail_delivered("b.example"), mailpath=f"exit {status}") == 0) is passes
    assert sh(checks.zone_validates("b.example", secure=True), mailpath=f"exit {status}") == status


@pytest.mark.parametrize("scenario", ["plaintext", "sts-bad-cert", "dane-ta", "bogus", "two-mx-weak"])
def test_every_step_but_the_last_has_one_that_a_shell_reads(steps, sh, scenario: str) -> None:
    for goal in Goal:
        try:
            made = steps(goal.value, scenario, Asked(to=f"mx9.{scenario}.example"))
        except Stopped:
            continue
        assert all(step.check for step in made[:-1])
        assert all(visible(step.check) == step.check for step in made), "it can be copied from any report"
        together = "\n".join(step.check for step in made if step.check)
        assert subprocess.run(["sh", "-n", "-c", together], check=False).returncode == 0


def test_mail_that_stays_refused_for_another_reason_holds_no_step_up(planned) -> None:
    refused, delivered = planned("mta-sts", "dane-stale").plan, planned("mta-sts", "cert-expired").plan
    assert not any("mailpath check" in step.check for step in refused.steps)
    assert any("still deferred by rfc" in note for note in refused.notes)
    assert "(mailpath check cert-expired.example; test $? -lt 2)" in delivered.steps[2].check
