"""`check --redact`: nothing private in any format, nor in the capture; the verdicts stay."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mailpath.network import capture as captures

Run = Callable[..., tuple[int, str, str]]

EHLO = "probe7.corp.internal"


def told(text: str) -> str:
    """The text, with everything in it that is base64 beside it."""
    found = [text]
    for word in re.findall(r'"([A-Za-z0-9+/]{8,}={0,2})"', text):
        if len(word) % 4 == 0:
            found.append(base64.b64decode(word).decode("latin-1"))
    return "\n".join(found)


@pytest.mark.parametrize("domain", ["dane-stale.example", "sts-enforce.example", "greeting-refused.example"])
def test_nothing_private_is_told(domain: str, network: Path, tmp_path: Path, run: Run) -> None:
    resolver = re.search(r'resolver = "([^"]+)"', network.read_text(encoding="utf-8"))
    assert resolver is not None
    private = (EHLO, resolver[1], "ann.smith", "127.0.0.1")
    words = ("check", f"bob@{domain}", "--from", "ann.smith@a.example", "--network", network, "--ehlo", EHLO)
    plain, full = tmp_path / "plain.json", tmp_path / "full.json"
    code, out, _ = run(*words, "--format", "json", "--capture", full)
    assert EHLO in told(out)
    assert EHLO in told(full.read_text(encoding="utf-8"))
    for form in ("text", "json", "markdown", "html", "nagios"):
        again, report, err = run(
            *words, "--redact", "--format", form, "--capture", plain, "--attack", "strip-starttls"
        )
        assert (again, err) == (code, "")
        for word in private:
            assert word not in told(report)
            assert word not in told(plain.read_text(encoding="utf-8"))
    # The redacted capture leads to the verdicts of the full one.
    assert verdicts(run, plain) == verdicts(run, full)
    assert captures.load(plain).path == captures.load(full).path


def verdicts(run: Run, file: Path) -> dict[str, Any]:
    _, out, _ = run("check", "--replay", file, "--trust-capture", "--format", "json")
    # The id of a record to publish is the time of the walk, and these are of two walks.
    report: dict[str, Any] = json.loads(re.sub(r"\bid=\d{8}T\d{6}", "id=", out))
    return {key: report[key] for key in ("posture", "verdicts", "findings")}


def test_a_capture_is_redacted_afterwards(network: Path, tmp_path: Path, run: Run) -> None:
    full, plain = tmp_path / "full.json", tmp_path / "plain.json"
    words = ("check", "plaintext.example", "--network", network, "--ehlo", EHLO, "--capture", full)
    code = run(*words)[0]
    assert run("check", "--replay", full, "--trust-capture", "--redact", "--capture", plain)[0] == code
    assert EHLO not in told(plain.read_text(encoding="utf-8"))
