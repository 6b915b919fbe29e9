"""The posture of a server out of what it did: what the lab's servers saw, and what its log says."""

from __future__ import annotations

from pathlib import Path

import pytest
from judge_builders import ee, mx, own, path, plain, policy, refuses, tls, web

from mailpath.facts import Walk
from mailpath.judge import judge
from mailpath.judge.custom import custom_posture
from mailpath.judge.model import DELIVERED, Outcome
from mailpath.judge.presets import PRESETS
from mailpath.lab import scenarios
from mailpath.lab.seen import Seen
from mailpath.servers.drafts import Kind
from mailpath.servers.learning.fitting import fit
from mailpath.servers.learning.mail_logs import read_log
from mailpath.servers.learning.observing import Observed, observed
from mailpath.servers.learning.telling import told

GOOD, SELF, OTHER = web("mx1.b.example"), own("mx1.b.example"), web("mx1.c.example")
WALKS: dict[str, Walk] = {
    "plaintext": path(mx("mx1", plain)),
    "good": path(mx("mx1", tls(GOOD))),
    "self-signed": path(mx("mx1", tls(SELF))),
    "wrong-name": path(mx("mx1", tls(OTHER))),
    "old": path(mx("mx1", tls(GOOD, version="TLSv1"))),
    "refused": path(mx("mx1", refuses("454 later"))),
    "refused-for-good": path(mx("mx1", refuses("554 no"))),
    "dane": path(mx("mx1", tls(SELF), tlsa=(ee(SELF),)), signed=True),
    "dane-stale": path(mx("mx1", tls(GOOD), tlsa=(ee(SELF),)), signed=True),
    "sts": path(mx("mx1", tls(SELF)), sts=policy("mx1.b.example")),
    "second-weak": path(mx("mx1", refuses("454 later")), mx("mx2", plain)),
}


def _doing(name: str, *, log: bool) -> dict[str, Observed]:
    """What a sender with this preset would be seen to do."""
    found = {}
    for scenario, walk in WALKS.items():
        verdict = judge(walk, PRESETS[name])
        taken = verdict.outcome in DELIVERED
        found[scenario] = Observed(
            taken=taken,
            tls=taken and verdict.outcome is not Outcome.PLAINTEXT,
            address=(verdict.address or "") if taken else "",
            attempts=2,
            retried=verdict.after_retry,
            status=("sent" if taken else verdict.outcome.value) if log else "",
            word=verdict.tls_word if log and taken else None,
        )
    return found


@pytest.mark.parametrize(
    ("name", "log"), [("postfix-encrypt", True), ("postfix-dane-sts", False), ("exim-noclear", True)]
)
def test_what_a_preset_does_is_learnt(name: str, log: bool) -> None:
    seen = _doing(name, log=log)
    fitted = fit(WALKS, seen)
    assert fitted.wrong == ()
    found = told(fitted, WALKS, seen, (), name="ours", missing=[])
    ours = custom_posture("ours", found.tables()["ours"])
    for scenario, walk in WALKS.items():
        learned, real = judge(walk, ours).outcome, judge(walk, PRESETS[name]).outcome
        both = {learned, real}
        # Without its log nobody can tell what waits from what bounces, nor who looked at the certificate.
        same = {Outcome.DEFERRED, Outcome.BOUNCED}, {Outcome.ENCRYPTED, Outcome.AUTHENTICATED}
        assert len(both) == 1 or (not log and any(both <= each for each in same)), scenario


def test_what_no_preset_does_is_searched_for_and_contradictions_are_told() -> None:
    """Required TLS of 1.2 and up, which no preset of Postfix is; and one thing that no posture explains."""
    sender = PRESETS["postfix-encrypt"].changed(min_tls="TLSv1.2")
    seen = _doing("postfix-encrypt", log=True)
    seen["old"] = Observed(taken=False, attempts=2, status="deferred")
    assert judge(WALKS["old"], sender).outcome is Outcome.DEFERRED
    seen["plaintext"] = Observed(taken=True, tls=True, address="192.0.2.1", status="sent")
    fitted = fit(WALKS, seen, "postfix")
    assert fitted.wrong == ("plaintext",)
    assert fitted.changes["min_tls"][1] == ("old",)
    found = told(fitted, WALKS, seen, (), name="ours", missing=[])
    contradicted = [each for each in found.remarks if each.kind is Kind.CONTRADICTED]
    assert [each.where for each in contradicted] == ["plaintext"]
    assert "encrypted to 192.0.2.1; the posture says deferred" in contradicted[0].sentence
    assert (found.decided, found.tables()["ours"]["base"]) == (False, "postfix-encrypt")


LOGS = """\
Nov 29 15:00:01 a postfix/smtp[7]: Verified TLS connection established to mx1.b.example[192.0.2.9]:25: x
Nov 29 15:00:01 a postfix/smtp[7]: 4D1: to=<u@b.example>, relay=mx1.b.example[192.0.2.9]:25, status=sent (x)
Nov 29 15:00:02 a postfix/smtp[8]: 4D2: to=<u@c.example>, relay=none, delay=1, status=deferred (no)
2026-11-29 15:00:03 1abcde-000001-AB => u@d.example R=dns H=mx1.d.example [192.0.2.9] X=TLS1.3 CV=dane C="x"
2026-11-29 15:00:03 1abcde-000001-AC ** u@e.example R=dns H=mx1.e.example [192.0.2.9]: no
Nov 29 15:00:04 a sm-mta[9]: 3AT1: to=<u@f.example>, delay=00:00:01, dsn=4.0.0, stat=Deferred: refused
mta delivery evpid=1 from=<> to=<u@g.example> rcpt=<u@g.example> relay="x" result="PermFail" stat="no"
\x00\x1b garbage to=<
"""


def test_logs_of_several_programs(tmp_path: Path) -> None:
    file = tmp_path / "mail.log"
    file.write_text(LOGS, encoding="utf-8")
    with pytest.raises(Exception, match="no text"):
        read_log(file)
    file.write_text(LOGS.replace("\x00", ""), encoding="utf-8")
    assert [(each.program, each.domain, each.status, each.word) for each in read_log(file)] == [
        ("postfix", "b.example", "sent", "Verified"),
        ("postfix", "c.example", "deferred", None),
        ("exim", "d.example", "sent", "CV=dane"),
        ("exim", "e.example", "bounced", None),
        ("sendmail", "f.example", "deferred", None),
        ("opensmtpd", "g.example", "bounced", None),
    ]


def test_a_later_attempt_and_two_recipients_at_one_host() -> None:
    chosen = [each for each in scenarios() if each.id in ("plaintext", "handshake-aborted")]
    host = "mx1.handshake-aborted.example"
    first, second = Seen(host, "192.0.2.10", began=100.0), Seen(host, "192.0.2.10", began=108.0)
    first.commands = ["EHLO x", "STARTTLS"]
    second.commands, second.delivered = ["EHLO x", "MAIL FROM:<>", "RCPT TO:<u@handshake-aborted.example>"], 1
    found = observed(chosen, [second, first])
    assert found == {
        "handshake-aborted": Observed(taken=True, address="192.0.2.10", attempts=2, retried=True),
    }
