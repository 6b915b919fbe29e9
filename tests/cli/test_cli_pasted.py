"""A line of a log, a bounce or headers in place of a recipient."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., tuple[int, str, str]]

LINE = (
    "Nov 23 12:00:00 mail postfix/smtp[123]: 4XyZabc12: to=<u@dane-stale.example>,"
    " relay=mx1.dane-stale.example[192.0.2.1]:25, delay=1, delays=0/0/1/0, dsn=4.7.5,"
    " status=deferred (Server certificate not verified)"
)
TOLD = (
    "Your line: 4.7.5 Server certificate not verified. Cause found: TLSA002 at mx1.dane-stale.example (the"
    " certificate matches no TLSA record)."
)


def test_check_tells_the_cause_first(network: Path, tmp_path: Path, run: Run) -> None:
    capture = tmp_path / "held.json"
    code, out, err = run("check", LINE, "--network", network, "--capture", capture)
    assert (code, err, out.splitlines()[0]) == (2, "", TOLD)
    assert "deferred by postfix-dane" in out
    # Data is the report alone; and what stands on the command line outweighs the text.
    words = ("--replay", capture, "--trust-capture", "--posture", "may", "--format", "json")
    code, out, err = run("check", LINE, *words)
    assert (code, err, list(json.loads(out)["verdicts"])) == (1, f"{TOLD}\n", ["postfix-may"])


def test_a_ticket_answers_the_line_and_not_the_path(network: Path, tmp_path: Path, run: Run) -> None:
    full = "<u@dane-good.example>: host mx1.dane-good.example[192.0.2.1] said: 552 5.2.2 mailbox full"
    words = ("--network", network, "--format", "ticket")
    code, out, err = run("check", full, *words)
    assert (code, "not delivered" in out, "gets through" in out) == (0, True, False)
    assert "The recipient's mailbox has reached its quota. Whose move: the recipient." in err
    # The posture under which the line's cause is found decides, unless one was asked for.
    line = LINE.replace("dane-stale", "dane-good")
    code, out, err = run("check", line, *words)
    assert (code, "postfix-verify" in err, "(postfix-verify)" in out) == (2, True, True)
    assert run("check", line, *words, "--posture", "postfix-dane")[0] == 0


def test_a_bounce_is_walked_where_there_is_no_terminal(network: Path, tmp_path: Path, run: Run) -> None:
    file = tmp_path / "bounce"
    file.write_text(LINE, encoding="utf-8")
    code, out, _ = run("bounce", file, "--walk", "--network", network)
    assert (code, out.splitlines()[0]) == (2, TOLD)


@pytest.mark.parametrize("text", [LINE, "From: x@a.example\nTo: u@dane-stale.example\n"])
def test_the_app_opens_on_what_a_text_names(text: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[dict[str, Any]] = []

    def opened(**options: Any) -> int:
        calls.append(options)
        return 0

    monkeypatch.setattr("mailpath.commands.app.run_app", opened)
    monkeypatch.setattr("mailpath.commands.app.keyboard", lambda: None)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert run(text)[0] == run("-")[0] == 0
    for call in calls:
        assert (call["recipient"], call["start"]) == ("dane-stale.example", True)
        assert call["posture"] == ("postfix-dane" if text == LINE else "rfc")
        assert call["pasted"].recipient == call["recipient"]


@pytest.mark.parametrize("text", ["two words", "status=deferred (Connection timed out)", "a\nb", "<>"])
def test_what_names_no_recipient_is_told(text: str, run: Run) -> None:
    for words in ((text,), ("check", text)):
        code, out, err = run(*words)
        assert (code, out, err.count("\n")) == (64, "", 1)


def test_a_refusal_without_a_path_is_told_as_one(run: Run) -> None:
    code, out, err = run(
        "check", "550 5.7.26 This mail has been blocked because the sender is unauthenticated."
    )
    assert (code, out, err.count("\n")) == (64, "", 1)
    assert "SPF, DKIM, DMARC or ARC failed or is missing. Whose move: the sender's administrator." in err
