"""Lists of every kind become volumes by domain; each mail counts once, and only what left over SMTP."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mailpath.survey.lists import FORMATS, ListError, Volumes, read

HEAD = "Nov 23 12:00:00 mail postfix/"
QUOTED = '"a@b>, c"@d.example'
TAIL = "delay=1.3, delays=0.1/0.01/1.1/0.1"


def delivery(to: str, status: str = "sent", *, queue: str = "4F2A91C0D7", **also: str) -> str:
    """What smtp logs of a recipient, without its program's name."""
    fields = {"relay": "mx.b.example[192.0.2.10]:25", "after": "", "extra": "", **also}
    return (
        f"{queue}: to=<{to}>, relay={fields['relay']}, {fields['after']}{TAIL}, {fields['extra']}dsn=2.0.0,"
        f" status={status} (250 2.0.0 Ok: queued as 1A2B3C4D5E)"
    )


POSTFIX = [
    f"{HEAD}smtpd[1]: connect from mail.a.example[192.0.2.1]",
    f"{HEAD}smtp[4242]: Untrusted TLS connection established to mx.b.example[192.0.2.10]:25: TLSv1.3 with",
    f"{HEAD}smtp[4242]: {delivery('bob@B.example')}",
    f"{HEAD}relay/smtp[1]: {delivery('eva@b.example', 'bounced', queue='4f9Q1x2Ky8z', after='conn_use=2, ')}",
    # RFC 3339, an alias, a quoted local part, an IDN as SMTPUTF8 has it
    f"2026-11-23T10:40:02.123456+01:00 mail out/smtp[7]: {delivery('pia@c.example>, orig_to=<p@a.example')}",
    f"<22>1 2026-11-23T10:40:02Z a postfix/smtp 4711 - - {delivery('x@bücher.example', extra='tls=may, ')}",
    f"{HEAD}smtp[1]: {delivery(QUOTED)}",
    # one mail, three attempts; a second one that never leaves
    f"{HEAD}smtp[1]: {delivery('a@late.example', 'deferred', queue='AAAAA1')}",
    f"{HEAD}smtp[1]: {delivery('a@late.example', 'deferred', queue='AAAAA1', relay='none')}",
    f"{HEAD}smtp[1]: {delivery('a@late.example', queue='AAAAA1')}",
    f"{HEAD}smtp[1]: {delivery('a@late.example', 'deferred', queue='AAAAA2')}",
    # held back for a domain that was tried, and for one that was not (it may be lmtp's)
    f"{HEAD}error[2]: {delivery('b@late.example', 'deferred', queue='AAAAA3', relay='none')}".replace(
        "(250 2.0.0 Ok: queued as 1A2B3C4D5E)", "(delivery temporarily suspended: connect to mx: timed out)"
    ),
    f"{HEAD}error[2]: {delivery('b@inside.example', 'deferred', queue='AAAAA4', relay='none')}".replace(
        "(250 2.0.0 Ok: queued as 1A2B3C4D5E)", "(delivery temporarily suspended: connect to lmtp: timed out)"
    ),
    # not over SMTP, not out of the machine, no mail, no domain
    f"{HEAD}local[1]: {delivery('root@a.example', relay='local')}",
    f"{HEAD}lmtp[1]: {delivery('u@a.example', relay='a.example[private/dovecot-lmtp]')}",
    f"{HEAD}pipe[1]: {delivery('list@a.example', relay='mailman')}",
    f"{HEAD}smtp[1]: {delivery('f@filter.example', relay='127.0.0.1[127.0.0.1]:10024')}",
    f"{HEAD}smtp[1]: {delivery('f@filter.example', relay='localhost[::1]:10024')}",
    f"{HEAD}smtp[1]: {delivery('probe@b.example', 'deliverable')}",
    f"{HEAD}smtp[1]: {delivery('user@[192.0.2.99]')}",
    f"{HEAD}smtp[1]: {delivery('user@-bad-.example')}",
    "Nov 23 12:00:00 mail CRON[1]: (root) CMD (to=<x@cron.example>, relay=, status=sent)",
]
COUNTED = {"late.example": 3, "b.example": 2, "c.example": 1, "d.example": 1, "xn--bcher-kva.example": 1}

NEW = "2026-11-23 12:00:00 1vNabc-000abc-XY"
OLD = "2026-11-23 12:00:00 1vNx2k-0000000Abc-1aBc"
ROUTE = "R=dnslookup T=remote_smtp"
EXIM = f"""\
{NEW} <= alice@a.example H=desk.a.example [192.0.2.77] P=esmtps X=TLS1.3 S=1
{NEW} => bob@b.example {ROUTE} H=mx.b.example [192.0.2.10] X=TLS1.3:ECDHE:256 CV=dane C="250 queued"
{NEW} -> eva@b.example {ROUTE} H=mx.b.example [192.0.2.10] X=TLS1.3:ECDHE:256 CV=dane C="250 queued"
{NEW} => ceo@c.example <boss@a.example> {ROUTE} H=mx.c.example [192.0.2.11]:25 C="250 queued"
{NEW} => root <root@a.example> R=local_user T=maildir_home
{NEW} ** nobody@d.example F=<alice@a.example> {ROUTE} H=mx.d.example [192.0.2.12]: SMTP error: 550 5.1.1
{NEW} ** typo@nowhere.example: Unrouteable address
{OLD} == max@late.example {ROUTE} defer (111): Connection refused
{OLD} == max@late.example {ROUTE} defer (-37) H=mx.late.example [192.0.2.13]: failure
{OLD} => max@late.example {ROUTE} H=mx.late.example [192.0.2.13] C="250 ok"
{OLD} == u@over.example R=system_aliases defer (-22): mailbox is full
{OLD} => u@a.example R=amavis T=amavis H=localhost [127.0.0.1] C="250 ok"
{OLD} Completed
"""
TRACE = (
    "origin_timestamp_utc,sender_address,recipient_status,message_subject,total_bytes,directionality\n"
    '2026-11-23,a@own.example,"x@b.example##Receive, Send;y@c.example##Fail",'
    '"Re: two\nlines,\u2028 \x0c and ""quotes""",9,Originating\n'
    "2026-11-23,z@b.example,a@own.example##Deliver,hi,9,Incoming\n"
    "2026-11-23,b@own.example,a@own.example##Deliver;v@b.example##Send,hi,9,Originating\n"
)
EXPORT = (
    '#TYPE Deserialized.Object\n"Received","SenderAddress","RecipientAddress","Status"\n'
    '"1","a@o.example","x@b.example","Delivered"\n'
)
TRACKING = """\
#Software: Microsoft Exchange Server
#Log-type: Message Tracking Log
#Fields: date-time,source,event-id,recipient-address,sender-address
2026-11-23T12:00:00Z,SMTP,SENDEXTERNAL,bob@b.example;eva@c.example,a@own.example
2026-11-23T12:00:00Z,SMTP,SEND,hub@own.example,a@own.example
2026-11-23T12:00:00Z,STOREDRIVER,DELIVER,in@own.example,x@c.example
"""
QUEUE = "".join(
    json.dumps({"queue_name": "deferred", "queue_id": each, "sender": "a@a.example", "recipients": to}) + "\n"
    for each, to in (
        ("A1", [{"address": "x@b.example", "delay_reason": "timed out"}, {"address": "y@b.example"}]),
        ("A2", [{"address": "z@c.example"}]),
    )
)
JOURNAL: list[dict[str, object]] = [
    {"MESSAGE": delivery("bob@b.example"), "SYSLOG_IDENTIFIER": "postfix/smtp", "_PID": "1"},
    {"SYSLOG_IDENTIFIER": "postfix/lmtp", "MESSAGE": delivery("bob@a.example")},
    {"SYSLOG_IDENTIFIER": "postfix/smtp", "MESSAGE": [1, 2]},
    {
        "SYSLOG_IDENTIFIER": "postfix/smtp",
        "MESSAGE": "Verified TLS connection established to mx[192.0.2.1]:25: x",
    },
    {"log": f"{HEAD}smtp[1]: {delivery('eva@c.example')}\n", "stream": "stdout"},
]

KINDS: dict[str, tuple[str | bytes, str, dict[str, int]]] = {
    "postfix": ("\n".join(POSTFIX), "postfix", COUNTED),
    "json": ("\n".join(map(json.dumps, JOURNAL)), "postfix", {"b.example": 1, "c.example": 1}),
    "export": (
        "".join(
            f"__CURSOR=s=1\n_PID=1\nMESSAGE={each.get('MESSAGE')}\nSYSLOG_IDENTIFIER={each.get('SYSLOG_IDENTIFIER')}\n\n"
            for each in JOURNAL
        ),
        "postfix",
        {"b.example": 1},
    ),
    "exim": (EXIM, "exim", {"b.example": 2, "c.example": 1, "d.example": 1, "late.example": 1}),
    "exim through syslog": (
        "".join(f"Nov 23 12:00:00 mail exim[1]: {line}\n" for line in EXIM.splitlines()),
        "exim",
        {"b.example": 2, "c.example": 1, "d.example": 1, "late.example": 1},
    ),
    "trace": (TRACE, "exchange", {"b.example": 2, "c.example": 1}),
    "trace in UTF-16": (
        b"\xff\xfe" + TRACE.encode("utf-16-le"),
        "exchange",
        {"b.example": 2, "c.example": 1},
    ),
    "export of a trace": (EXPORT, "exchange", {"b.example": 1}),
    "tracking": (TRACKING, "exchange-tracking", {"b.example": 1, "c.example": 1}),
    "queue": (QUEUE, "postqueue", {"b.example": 2, "c.example": 1}),
    "csv": ("Rank;Domain;Count\n1;b.example;9\n2;c.example;4\n", "csv", {"b.example": 9, "c.example": 4}),
    "list": (
        "# whom we write to\nb.example\r\nEva <eva@B.EXAMPLE.>\n7\tc.example # yes\n   2 bücher.example\n\n",
        "list",
        {"c.example": 7, "xn--bcher-kva.example": 2, "b.example": 2},
    ),
    "a system's log": (
        "Nov 23 11:59:00 mail sshd[1]: hello\n" * 3000 + "\n".join(POSTFIX[2:]),
        "system",
        COUNTED,
    ),
}


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_is_recognized_and_counted(name: str, tmp_path: Path) -> None:
    content, kind, mails = KINDS[name]
    file = tmp_path / "list"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    found = read([str(file)])
    assert found.mails == mails
    assert (found.read[0].kind, found.read[0].mails) == (kind, sum(mails.values()))
    assert kind == "system" or read([str(file)], kind).mails == mails


def test_of_an_address_nothing_but_the_domain_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "mail.log"
    file.write_text("\n".join(POSTFIX), encoding="utf-8")
    found = read([str(file)])
    assert "bob" not in repr(found)
    assert "eva" not in repr(found)
    # two recipients without a domain, and what else is missing, is said
    assert found.read[0].skipped == 2
    assert "2 recipients without a domain" in found.read[0].why


def test_what_is_not_understood_is_counted(tmp_path: Path) -> None:
    """A quote that is never closed costs the rows that it takes in, not the rest of the file."""
    file = tmp_path / "table"
    file.write_text('domain,count\n"b.example,1\n' + "c.example,1\n" * 20_000, encoding="utf-8")
    (found,) = read([str(file)]).read
    assert 0 < found.skipped < 15_000
    assert found.mails > 5_000
    assert f"{found.skipped:,} lines not understood: skipped." in found.why
    file.write_text("c.example\nnot a domain at all\nc.example\n", encoding="utf-8")
    assert read([str(file)]).read[0].why == "1 line not understood: skipped."


def test_generations_are_one_log_whatever_packs_them(tmp_path: Path) -> None:
    """A mail deferred in one file and sent in the next is one mail, in whichever order they are named."""
    lines = [
        f"{HEAD}smtp[1]: {delivery('a@late.example', status, queue='AAAAA1')}\n".encode()
        for status in ("deferred", "deferred", "deferred", "sent")
    ]
    names = ["mail.log.3.gz", "mail.log.2.bz2", "mail.log.1.xz", "mail.log"]
    packs: list[Callable[[bytes], bytes]] = [gzip.compress, bz2.compress, lzma.compress, bytes]
    for name, line, pack in zip(names, lines, packs, strict=True):
        (tmp_path / name).write_bytes(pack(line))
    ticks: list[tuple[int, int | None]] = []
    found = read(
        [str(tmp_path / name) for name in sorted(names)],
        progress=lambda octets, total: ticks.append((octets, total)),
    )
    assert found.mails == {"late.example": 1}
    assert [Path(each.path).name for each in found.read] == names
    assert [each.lines for each in found.read] == [1, 1, 1, 1]
    total = sum((tmp_path / name).stat().st_size for name in names)
    assert ticks[-1] == (total, total)
    assert ticks == sorted(ticks)


def test_standard_input_is_a_list_too(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = gzip.compress(b"b.example\n" * 3)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(packed))))
    found = read(["-"])
    assert found.mails == {"b.example": 3}
    assert found.read[0].path == "-"


def tls(*words: str, then: str = "") -> str:
    lines = [
        f"{HEAD}smtp[1]: {word} TLS connection established to mx[192.0.2.1]:25: TLSv1.3" for word in words
    ]
    return "\n".join([*lines, f"{HEAD}smtp[1]: {delivery('x@b.example')} {then}"])


@pytest.mark.parametrize(
    ("log", "today", "why"),
    [
        (tls("Untrusted", "Anonymous"), "postfix-may", "1 Anonymous, 1 Untrusted"),
        (tls("Untrusted", "Verified"), "postfix-dane", "some hosts are verified"),
        (tls("Verified", "Verified"), "postfix-verify", "every host is verified"),
        (tls("Verified", then="(non DNSSEC destination)"), "postfix-dane-only", "without DNSSEC"),
        (tls("Trusted", then="(TLS is required, but was not offered by"), "postfix-encrypt", "not offered"),
        (tls(), None, "smtp_tls_loglevel = 1"),
        (
            f"{HEAD}smtp[1]: {delivery('x@b.example', extra='tls=!encrypt/x, ')}",
            "postfix-encrypt",
            "tls=encrypt",
        ),
        (EXIM, "exim", "2 of 4 deliveries have CV=dane"),
        (EXIM.replace("CV=dane", "CV=no"), "exim-opportunistic", "none by DANE"),
        (EXIM.replace(" X=", " Y="), "exim-none", "None of 4"),
        (TRACE, "exchange-online", "Exchange Online"),
        ("b.example\n", None, "does not say"),
    ],
)
def test_today_is_what_the_log_shows(log: str, today: str | None, why: str, tmp_path: Path) -> None:
    file = tmp_path / "log"
    file.write_text(log, encoding="utf-8")
    found = read([str(file)])
    assert found.today == today
    assert why in found.why


@pytest.mark.parametrize("kind", ["postfix", "exim"])
def test_mail_through_a_relay_is_told(kind: str, tmp_path: Path) -> None:
    """There what the domains publish is not for this server to act on."""

    def log(hosts: list[str]) -> Iterator[str]:
        for number, host in enumerate(hosts):
            to = f"x@b{number}.example"
            if kind == "postfix":
                yield f"{HEAD}smtp[1]: {delivery(to, relay=f'{host}[192.0.2.1]:587')}\n"
            else:
                yield f"{NEW} => {to} R=smarthost T=remote_smtp H={host} [192.0.2.1] X=TLS1.3 CV=no\n"

    file = tmp_path / "log"
    for hosts, told in (
        (["relay.example"] * 30, True),
        ([f"mx{number}.example" for number in range(30)], False),
    ):
        file.write_text("".join(log(hosts)), encoding="utf-8")
        (found,) = read([str(file)]).read
        assert ("Nearly all mail goes through relay.example" in found.why) == told


def refused(tmp_path: Path, content: bytes, log_format: str | None = None) -> str:
    file = tmp_path / "what"
    file.write_bytes(content)
    with pytest.raises(ListError) as told:
        read([str(file)], log_format)
    assert log_format or told.value.file == str(file)
    return told.value.sentence


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "It is empty."),
        (b"\n \n", "It is empty."),
        (bytes(range(256)) * 40, "It is a binary file, neither a log nor a list."),
        (b"LPKSHHRH" + bytes(200), "journalctl -o short-iso"),
        (
            b"GET / HTTP/1.1 200 OK served in 3 ms\n" * 9,
            "neither a log of Postfix, Exim or Exchange nor a list",
        ),
        (
            b"Nov 23 12:00:00 mail sshd[1]: Accepted publickey for root\n" * 9,
            "No line in this log is one in which",
        ),
        (f"{HEAD}qmgr[1]: A1B2C3: removed\n".encode(), "No mail in this log left over SMTP."),
        (EXIM.splitlines()[0].encode(), "No mail in this log left for another host."),
        (b'[{"domain": "b.example"}]', "It is JSON, but neither"),
        (b"1,b.example\n2,c.example\n", "It is a table without names of columns"),
        (gzip.compress(b"b.example\n")[:12] + b"x" * 20, "the compressed data are damaged"),
        (b"\x28\xb5\x2f\xfd" + bytes(20), "zstd" if sys.version_info < (3, 14) else "damaged"),
        (b"# nothing\n", "neither a log of Postfix"),
    ],
)
def test_what_cannot_be_used_is_refused_in_a_sentence(content: bytes, sentence: str, tmp_path: Path) -> None:
    assert sentence in refused(tmp_path, content)


def test_what_is_not_there_or_not_known_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ListError, match="cannot be read: No such file"):
        read([str(tmp_path / "gone")])
    with pytest.raises(ListError, match="cannot be read: Is a directory"):
        read([str(tmp_path)])
    with pytest.raises(ListError, match="embedded null byte"):
        read(["a\0b"])
    assert refused(tmp_path, b"b.example", log_format="sendmail").startswith(
        f"There is no log format 'sendmail': use {', '.join(FORMATS)}."
    )


def test_a_cut_file_counts_as_far_as_it_goes(tmp_path: Path) -> None:
    file = tmp_path / "list.gz"
    packed = gzip.compress(b"".join(b"host%d.example\n" % number for number in range(5000)))
    file.write_bytes(packed[: len(packed) // 2])
    found: Volumes = read([str(file)])
    assert found.read[0].why.startswith("It is cut off")
    assert 0 < len(found.mails) < 5000
