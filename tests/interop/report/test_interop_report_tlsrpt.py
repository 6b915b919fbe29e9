"""Our TLS reports read by parsedmarc: the counts, result types and policies that our own reader finds."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from mailpath.judge.presets import posture
from mailpath.tickets import tlsrpt

#: (scenario, posture) -> (policy type, successful, result types of the failures) of each policy.
EXPECTED: dict[tuple[str, str], list[tuple[str, int, list[str]]]] = {
    ("dane-good", "rfc"): [("tlsa", 1, [])],
    ("sts-enforce", "rfc"): [("sts", 1, [])],
    ("opportunistic", "rfc"): [("no-policy-found", 1, [])],
    ("plaintext", "rfc"): [("no-policy-found", 0, ["starttls-not-supported"])],
    ("dane-stale", "rfc"): [("tlsa", 0, ["tlsa-invalid"])],
    ("dane-lookup-fails", "rfc"): [("tlsa", 0, ["dnssec-invalid"])],
    ("signed-no-tlsa", "postfix-dane-only"): [("tlsa", 0, ["dane-required"])],
    ("sts-bad-cert", "rfc"): [("sts", 0, ["certificate-not-trusted"])],
    ("sts-mx-not-listed", "rfc"): [("sts", 0, ["validation-failure"])],
    ("sts-testing", "rfc"): [("sts", 0, ["certificate-not-trusted"])],
    ("sts-policy-unreachable", "rfc"): [("sts", 0, ["sts-webpki-invalid"])],
    ("dane-first-bad-second-weak", "rfc"): [("tlsa", 0, ["tlsa-invalid"]), ("no-policy-found", 1, [])],
    ("full-protection", "postfix-dane-sts"): [("sts", 1, [])],
}

#: In a process of its own: what it imports warns, and looks for files of its own.
PARSE = """
import json, sys
from parsedmarc import parse_report_file
json.dump({file: parse_report_file(file, offline=True) for file in sys.argv[1:]}, sys.stdout)
"""


def parsed(files: list[Path]) -> dict[str, Any]:
    """What parsedmarc makes of each file, by its name."""
    done = subprocess.run(
        [sys.executable, "-c", PARSE, *map(str, files)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {Path(file).name: report for file, report in json.loads(done.stdout).items()}


def theirs(report: dict[str, Any]) -> list[tuple[str, str, int, int, list[tuple[str, int, str]]]]:
    return [
        (
            each["policy_type"],
            each["policy_domain"],
            each["successful_session_count"],
            each["failed_session_count"],
            [
                (failure["result_type"], failure["failed_session_count"], failure.get("receiving_ip", ""))
                for failure in each.get("failure_details", ())
            ],
        )
        for each in report["policies"]
    ]


def ours(data: bytes) -> list[tuple[str, str, int, int, list[tuple[str, int, str]]]]:
    read = tlsrpt.read(data)
    assert read.problems == ()
    return [
        (
            policy.kind,
            policy.domain,
            policy.successful,
            policy.failed,
            [
                (failure.result, failure.count, failure.address or "")
                for failure in read.failures
                if (failure.kind, failure.domain) == (policy.kind, policy.domain)
            ],
        )
        for policy in read.policies
    ]


def test_parsedmarc_reads_what_we_read(walks: Any, tmp_path: Path) -> None:
    made: dict[str, bytes] = {}
    for scenario, name in EXPECTED:
        report = tlsrpt.build(walks.of(scenario).walk, posture(name), contact="tls@a.example")
        plain = tlsrpt.encode(report)
        made[f"{scenario}-{name}.json"] = plain
        made[f"{scenario}-{name}.json.gz"] = gzip.compress(plain)
    for name, data in made.items():
        (tmp_path / name).write_bytes(data)
    found = parsed([tmp_path / name for name in made])
    for name, data in made.items():
        assert found[name]["report_type"] == "smtp_tls", name
        assert theirs(found[name]["report"]) == ours(data), name
    told = {
        key: [
            (kind, successful, [result for result, _, _ in failures])
            for kind, _, successful, _, failures in theirs(found["-".join(key) + ".json"]["report"])
        ]
        for key in EXPECTED
    }
    assert told == EXPECTED
