"""What comes with a ticket: codes, log lines, bounces, TLS reports, two captures."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from test_cli_check import mailpath

from mailpath.facts import Path as MailPath
from mailpath.findings import CATALOGUE
from mailpath.network import capture as captures
from mailpath.tickets import tlsrpt
from mailpath.tickets.bounce.mail import MAX_INPUT, MAX_LINES

Run = Callable[..., tuple[int, str, str]]

BOUNCE = b"""\
<bob@b.example>: host mx1.b.example[192.0.2.10] said:
    550 5.1.1 <bob@b.example>: Recipient address rejected: User unknown
    (in reply to RCPT TO command)
"""


# --- explain ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_code_is_explained(code: str, run: Run) -> None:
    status, out, err = run("explain", code.lower())
    assert (status, err) == (0, "")
    assert out.startswith(f"Text       {code}\n")
    assert [line for line in out.splitlines() if len(line) > 80] == []


def test_a_sentence_is_explained_quoted_or_not(run: Run) -> None:
    quoted = run("explain", "4.7.5 Server certificate not verified")
    assert quoted[0] == 0
    assert "postfix-dane" in quoted[1]
    assert run("explain", *["4.7.5", "Server", "certificate", "not", "verified"]) == quoted
    _, out, _ = run("explain", "--json", "4.7.5 Server certificate not verified")
    found = json.loads(out)
    assert found["status_code"] == "4.7.5"
    assert {"postfix-dane", "postfix-secure"} <= set(found["postures"])


def test_a_line_comes_through_a_pipe() -> None:
    done = mailpath("explain", "-", stdin=b"4.7.5 Server certificate not verified\n")
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"status code 4.7.5" in done.stdout


def test_what_is_not_known_is_said(run: Run) -> None:
    code, out, err = run("explain", "\x1b[31mnothing of the kind")
    assert (code, err) == (3, "")
    assert "\\x1b[31mnothing" in out
    assert run("explain", " ")[0] == 64


@pytest.mark.parametrize("word", ["XXX999", "tlsa2", "MX-1"])
def test_a_code_that_there_is_not(word: str, run: Run) -> None:
    code, out, err = run("explain", word)
    assert (code, err.count("\n")) == (3, 1)
    assert ("Did you mean 'TLSA002'?" if word == "tlsa2" else "lists all codes") in err
    assert word in out


# --- bounce ----------------------------------------------------------------------------------------


def test_a_bounce(tmp_path: Path, run: Run) -> None:
    file = tmp_path / "bounce"
    file.write_bytes(BOUNCE)
    code, out, _ = run("bounce", file)
    assert code == 0
    assert "To         bob@b.example" in out
    assert "mailpath check b.example" in out
    found = json.loads(run("bounce", file, "--json")[1])
    assert {"sender", "recipient", "host", "status_code", "sentence", "causes", "postures"} <= set(found)
    assert (found["sender"], found["recipient"], found["host"]) == (None, "bob@b.example", "mx1.b.example")
    assert found["status_code"] == "5.1.1"
    piped = mailpath("bounce", "-", "--json", stdin=BOUNCE)
    assert json.loads(piped.stdout) == found


def test_a_bounce_that_tells_nothing(tmp_path: Path, run: Run) -> None:
    file = tmp_path / "bounce"
    file.write_bytes(b"\x00\xff\x1b]52;c;eA==\x07" * 100)
    code, out, err = run("bounce", file)
    assert (code, err) == (3, "")
    assert all(line.isprintable() for line in out.splitlines())
    code, out, _ = run("bounce", file, "--json")
    found = json.loads(out)
    assert (code, found["sender"], found["recipient"], found["postures"]) == (3, None, None, [])
    assert run("bounce", file, "--walk")[0] == 64
    assert run("bounce", tmp_path / "none")[0] == 64


@pytest.mark.parametrize("more", [b"x" * MAX_INPUT, b"\n" * (MAX_LINES + 1)])
def test_what_is_too_long_is_cut_and_that_is_said(more: bytes, tmp_path: Path, run: Run) -> None:
    file = tmp_path / "bounce"
    file.write_bytes(BOUNCE)
    assert run("bounce", file)[2] == ""
    file.write_bytes(BOUNCE + more)
    code, out, err = run("bounce", file)
    assert (code, err.count("\n")) == (0, 1)
    assert "Only the first 1 MiB" in err
    assert "bob@b.example" in out


def test_a_bounce_opens_the_app(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[dict[str, Any]] = []

    def run_app(**options: Any) -> int:
        calls.append(options)
        return 0

    monkeypatch.setattr("mailpath.commands.app.run_app", run_app)
    monkeypatch.setattr("mailpath.tui.has_terminal", lambda: True)
    file = tmp_path / "bounce"
    file.write_bytes(b"From: a@a.example\n\n" + BOUNCE)
    assert run("bounce", file, "--walk", "--resolver", "192.0.2.53")[0] == 0
    (call,) = calls
    assert call["recipient"] == "b.example"
    assert call["start"] is True
    assert call["pasted"].recipient == "b.example"
    assert call["source"].settings.resolver == "192.0.2.53"


# --- TLS reports -----------------------------------------------------------------------------------


def test_the_report_that_the_sender_would_file(network: Path, tmp_path: Path, run: Run) -> None:
    filed, packed = tmp_path / "report.json", tmp_path / "report.json.gz"
    held = tmp_path / "held.json"
    words = ("check", "dane-stale.example", "--from", "a.example", "--network", network, "--posture", "dane")
    assert run(*words, "--tlsrpt", filed, "--capture", held)[0] == 2
    report = json.loads(filed.read_bytes())
    assert tlsrpt.check(report) == ()
    assert report["contact-info"] == "postmaster@a.example"
    assert report["policies"][0]["failure-details"][0]["receiving-mx-hostname"] == "mx1.dane-stale.example"
    assert run("check", "--replay", held, "--trust-capture", "--posture", "dane", "--tlsrpt", packed)[0] == 2
    assert gzip.decompress(packed.read_bytes()) == filed.read_bytes()
    for file in (filed, packed):
        code, out, _ = run("tlsrpt", file)
        assert code == 0
        assert "1 failed" in out
    assert json.loads(run("tlsrpt", packed, "--json")[1])["failures"]


def test_the_report_goes_through_a_pipe(network: Path) -> None:
    done = mailpath(
        "check", "dane-good.example", "--from", "a.example", "--network", network, "--tlsrpt", "-"
    )
    assert done.returncode == 0
    told = b"a.example would send no TLS report: dane-good.example requests no TLS reports.\n"
    assert done.stderr == told
    assert tlsrpt.check(json.loads(done.stdout)) == ()
    read = mailpath("tlsrpt", "-", stdin=done.stdout)
    assert b"1 session succeeded" in read.stdout
    both = mailpath("check", "dane-good.example", "--network", network, "--tlsrpt", "-", "--capture", "-")
    assert (both.returncode, both.stdout) == (64, b"")


def test_a_report_that_is_asked_for_needs_no_word(network: Path, tmp_path: Path, run: Run) -> None:
    filed = tmp_path / "report.json"
    assert run("check", "full-protection.example", "--network", network, "--tlsrpt", filed)[::2] == (0, "")
    assert filed.exists()


def test_of_no_session_no_report_is_filed(tmp_path: Path, run: Run) -> None:
    """What a resolver of one's own does not answer is no failure of the recipient's."""
    settings, filed = tmp_path / "network.toml", tmp_path / "report.json"
    settings.write_text('resolver = "127.0.0.1:1"\ntimeout = 1\n')
    words = ("check", "b.example", "--network", settings, "-o", tmp_path / "report.txt", "--tlsrpt")
    for file in (filed, "-"):
        code, out, err = run(*words, file)
        assert (code, out) == (3, "")
        assert err == "No TLS report is written: this delivery has no session to report.\n"
    assert not filed.exists()


def test_what_is_no_report(tmp_path: Path, run: Run) -> None:
    file = tmp_path / "report"
    for data in (b"", b"\x1f\x8b\x08broken", b"[1]", b"{}"):
        file.write_bytes(data)
        code, out, err = run("tlsrpt", file)
        assert (code, out, err.count("\n")) == (64, "", 1)


# --- diff ------------------------------------------------------------------------------------------


def test_two_captures_of_one_path(network: Path, tmp_path: Path, run: Run) -> None:
    old, new = tmp_path / "old.json", tmp_path / "new.json.gz"
    assert run("check", "dane-good.example", "--network", network, "--capture", old)[0] == 0
    code, out, err = run("diff", old, old)
    assert (code, err) == (0, "")
    assert out.startswith("dane-good.example: nothing changed; not evidence: old and new\n")
    assert run("diff", old, old, "--network", network)[1].startswith("dane-good.example: nothing changed\n")
    held = captures.load(old)
    captures.dump(msgspec.structs.replace(held, smtp=()), new)
    code, out, _ = run("diff", old, new, "--posture", "dane")
    assert code == 1
    assert "postfix-dane" in out
    assert "rfc" not in out.split("Steps")[0].split("Outcomes")[1]
    code, out, _ = run("diff", new, old, "--json")
    assert code == 1
    found = json.loads(out)
    assert (found["schema"], found["recipient"]) == (1, "dane-good.example")
    change = next(each for each in found["changes"] if each["subject"] == "postfix-dane")
    assert change["area"] == "outcomes"
    assert change["new"] == ["authenticated at mx1.dane-good.example by dane-ee"]


def test_captures_of_two_paths_are_not_compared(network: Path, tmp_path: Path, run: Run) -> None:
    one, other = tmp_path / "one.json", tmp_path / "other.json"
    for domain, file in (("null-mx.example", one), ("plaintext.example", other)):
        run("check", domain, "--network", network, "--capture", file)
    mine, theirs = tmp_path / "mine.json", tmp_path / "theirs.json"
    held = captures.load(one)
    for sender, file in (("a.example", mine), ("c.example", theirs)):
        captures.dump(
            msgspec.structs.replace(held, path=MailPath(recipient=held.path.recipient, sender=sender)), file
        )
    code, out, err = run("diff", mine, theirs)
    assert (code, out, err.count("\n")) == (64, "", 1)
    assert "from a.example and from c.example" in err
    assert "from any sender and from c.example" in run("diff", one, theirs)[2]
    for words in ((one, other), (one, tmp_path / "none"), ("-", "-"), (one, one, "--posture", "none-such")):
        code, out, err = run("diff", *words)
        assert (code, out, err.count("\n")) == (64, "", 1)
