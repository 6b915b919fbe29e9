"""`mailpath postures learn`, and the lab that a mail server delivers into."""

from __future__ import annotations

import json
import smtplib
import ssl
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from mailpath.judge.custom import custom_posture
from mailpath.lab import Lab, mail_servers, scenarios
from mailpath.lab.session_log import BadSessionLog, SessionLog, read_sessions

Run = Callable[..., tuple[int, str, str]]


def test_from_sessions_in_the_lab_to_the_config_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run
) -> None:
    """A client that says STARTTLS where it is offered and looks at no certificate."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    seen = tmp_path / "seen.jsonl"
    ids = ("plaintext", "opportunistic", "starttls-refused", "cert-wrong-name")
    chosen = tuple(each for each in scenarios() if each.id in ids)
    with SessionLog(str(seen), chosen) as log, Lab.start(chosen) as lab:
        log.follow(lab)
        for scenario in chosen:
            _send(lab.dialled(f"mx1.{scenario.domain}", 25), scenario.domain)
    assert [each.delivered for each in read_sessions(seen)[1]] == [1, 1, 1, 1]
    code, out, told_ = run("postures", "learn", seen, "--name", "mine", "--write")
    assert code in (0, 3), told_  # it says what four scenarios leave open
    config = tmp_path / "mailpath" / "config.toml"
    assert told_.startswith(f"mailpath postures learn: Added to {config};")
    assert tomllib.loads(config.read_text(encoding="utf-8")) == tomllib.loads(out)
    table = tomllib.loads(out)["posture"]["mine"]
    ours = custom_posture("mine", table)
    assert "level" not in ours.unknown
    assert "#   plaintext: plaintext to " in out
    found = json.loads(run("postures", "learn", seen, "--json")[1])
    assert found["tables"]["learned"] == table
    session = json.loads(seen.read_text(encoding="utf-8").splitlines()[1])
    for text, sentence in (
        ("", "no log of"),
        ("{}", "no session"),
        (json.dumps({**session, "began": 10**400}), "no session"),
        (json.dumps({**session, "commands": [1]}), "no session"),
        ('{"mailpath": "seen", "scenarios": 1}', "names no scenarios"),
        ("x", "no JSON object"),
        (seen.read_text().splitlines()[0], "took no message"),
    ):
        seen.write_text(text + "\n", encoding="utf-8")
        code, out, told_ = run("postures", "learn", seen)
        assert (code, out) == (64, "")
        assert sentence in told_
    with pytest.raises(BadSessionLog, match="cannot be read"):
        read_sessions(tmp_path / "none")


def _send(where: str, domain: str) -> None:
    """As a sender at level may."""
    host, _, port = where.rpartition(":")
    with smtplib.SMTP(host, int(port), local_hostname="mail.a.example", timeout=10) as server:
        server.ehlo()
        if server.has_extn("starttls"):
            code, _ = server.docmd("STARTTLS")
            if code == 220:
                context = ssl.create_default_context()
                context.check_hostname = False
                context.verify_mode = ssl.CERT_NONE
                assert server.sock is not None
                server.sock = context.wrap_socket(server.sock, server_hostname="x.example")
                server.file = None
                server.ehlo()
        server.sendmail("", [f"learn@{domain}"], "Subject: x\r\n\r\nx\r\n")


def test_what_a_mail_server_needs(tmp_path: Path) -> None:
    with Lab.start(scenarios()[:2]) as lab:
        network = lab.write_network_file(tmp_path)
        outside, inside = (
            "\n".join(mail_servers.lines(lab, network, "seen.jsonl", published))
            for published in (False, True)
        )
    assert "ip netns exec mailpath mailpath lab serve --for-mta --seen seen.jsonl" in outside
    assert "netns" not in inside
    for each in (outside, inside):
        assert f"CA        {tmp_path / 'ca.pem'}" in each
        assert "mailpath postures learn seen.jsonl" in each
