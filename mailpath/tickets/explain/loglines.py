"""Lines of a mail server's log, read for who wrote to whom, through which host, and how it ended.

Postfix: postfix-logwatch's and the source's delivery lines (`to=<>, relay=, dsn=, status= ()`), with the
sender in another line under the same queue id.  Exim: the main log (spec, chapter 53: `<=`, `=>`, `==`,
`**`), the sender again in another line.  Sendmail: `to=, relay=, dsn=, stat=`.  qmail-send: `delivery N:
failure: words_joined_so/`, recipient and sender in lines of the same delivery and message.  OpenSMTPD:
`mta delivery evpid= from=<> to=<> relay="" result="" stat=""`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from mailpath.tickets.explain.codes import code_in
from mailpath.tickets.explain.tls_field import FIELD

#: Most lines, and characters of one line, that are read.
MOST_LINES = 5000
LONGEST = 4000
#: Most deliveries for which the other lines are searched.
MOST_FILLED = 50
#: Most other sentences of one message that are kept.
MOST_BESIDE = 10

_ADDRESS = r"[^<>\s,\x00-\x1f]{1,320}"
_HOST = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}"
_IP = r"[0-9A-Fa-f:.]{2,45}"

_POSTFIX_ID = re.compile(r"postfix[\w/.-]{0,60}\[\d+\]: ([A-Za-z0-9]{6,20}): ")
_POSTFIX_TO = re.compile(
    rf"\bto=<({_ADDRESS})>,(?: orig_to=<[^<>]{{0,320}}>,)? relay=([^\s,]{{1,320}}),.{{0,200}}?"
    r"\bdsn=(\d\.\d{1,3}\.\d{1,3}), status=(\w{1,20})(?: \((.*)\))?"
)
_POSTFIX_TLS = re.compile(rf", tls=({FIELD}),")
_POSTFIX_FROM = re.compile(rf"\bfrom=<({_ADDRESS})?>, (?:size|status)=")
_POSTFIX_NOTE = re.compile(r"postfix[\w/.-]{0,60}\[\d+\]: (?:[A-Za-z0-9]{6,20}: )?(.*)")
#: One process delivers one message at a time; what it warns of beside has no queue id.
_POSTFIX_PROCESS = re.compile(r"\S{1,253} (postfix[\w/.-]{0,60}\[\d{1,9}\]): ")
_RELAY = re.compile(rf"(?<!\w)(?!unknown\[)({_HOST})\[({_IP})\]")

_EXIM = re.compile(
    r"(?:^|\s)([0-9A-Za-z]{6}-[0-9A-Za-z]{6,11}-[0-9A-Za-z]{2,4}) "
    r"(<=|=>|->|>>|==|\*\*|\*>|Completed|H=|TLS)(.*)"
)
_EXIM_FROM = re.compile(rf"\s*({_ADDRESS})")
_EXIM_FIELDS = re.compile(rf"\s*({_ADDRESS})(?: <{_ADDRESS}>)?(.*)")
_EXIM_F = re.compile(rf" F=<({_ADDRESS})>")
_EXIM_HOST = re.compile(rf"\bH=({_HOST})(?: DS)? \[({_IP})\]")
_EXIM_ROUTE = re.compile(r"(?: [FPRTQ]T?=\S{1,400})* ?(?:defer \(-?\d{1,5}\))?[: ]*")

_SENDMAIL = re.compile(
    rf"\bto=<?({_ADDRESS})>?,.{{0,400}}?\brelay=({_HOST})\.? \[({_IP})\],.{{0,60}}?"
    r"\bdsn=(\d\.\d{1,3}\.\d{1,3}), stat=(.*)"
)
_SENDMAIL_ID = re.compile(r"(?:sendmail|sm-mta)\[\d+\]: ([A-Za-z0-9]{8,20}): ")
_SENDMAIL_FROM = re.compile(rf"\bfrom=<?({_ADDRESS})>?, size=")
_SENDMAIL_CONTROL = re.compile(rf"\bctladdr=<?({_ADDRESS}@{_ADDRESS}?)>?[ ,]")


_QMAIL = re.compile(r"\bdelivery (\d{1,9}): (success|failure|deferral): (\S{1,4000})")
_QMAIL_START = re.compile(
    rf"\bstarting delivery (\d{{1,9}}): msg \d{{1,20}} to (?:remote|local) ({_ADDRESS})"
)
_QMAIL_FROM = re.compile(rf"\binfo msg \d{{1,20}}: bytes \d{{1,12}} from <({_ADDRESS})>")


_OPENSMTPD = re.compile(
    r"\bmta (?:event=)?delivery evpid=([0-9a-f]{1,20}) .{0,600}?"
    rf'\bto=<({_ADDRESS})> .{{0,600}}?\brelay="(?:({_IP}) \()?({_HOST})?\)?" .{{0,100}}?'
    r'\bresult="(\w{1,20})" stat="(.*)"'
)
_OPENSMTPD_FROM = re.compile(rf" from=<({_ADDRESS})> ")


class LogLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line that says something.  `queue`: the message's id in the log; `process`: who wrote it (Postfix:
    host, program and process number), "" where that tells nothing; `final`: it is the line that
    says how a delivery went, not one beside it.  `tls_field`: what stands behind `tls=` (Postfix).  `text`:
    the line; `beside`: sentences of other lines of the same message.  Foreign text as it came.
    """

    server: str
    queue: str = ""
    process: str = ""
    sender: str | None = None
    recipient: str | None = None
    host: str | None = None
    address: str | None = None
    status_code: str | None = None
    tls_field: str | None = None
    sentence: str | None = None
    failed: bool = False
    final: bool = False
    text: str = ""
    beside: tuple[str, ...] = ()


def read_line(line: str) -> LogLine | None:
    """What one line says; None where it is no line of a log that we know."""
    text = line[:LONGEST].rstrip("\r\n")
    found = _postfix(text) or _exim(text) or _sendmail(text) or _qmail(text) or _opensmtpd(text)
    if found is None:
        return None
    process = _POSTFIX_PROCESS.search(text) if found.server == "Postfix" else None
    return msgspec.structs.replace(found, text=text, process=process[1] if process is not None else "")


def _postfix(text: str) -> LogLine | None:
    found = _POSTFIX_ID.search(text)
    queue = found[1] if found else ""
    if queue == "warning":
        queue = ""
    delivery = _POSTFIX_TO.search(text)
    if delivery is not None:
        recipient, relay, code, status, sentence = delivery.groups()
        peer = _RELAY.match(relay)
        return LogLine(
            server="Postfix",
            queue=queue,
            recipient=recipient,
            host=peer[1] if peer else _relay_in(sentence or "", 1),
            address=peer[2] if peer else _relay_in(sentence or "", 2),
            status_code=code,
            tls_field=_tls_field(delivery[0]),
            sentence=sentence,
            failed=status not in ("sent", "deliverable"),
            final=True,
        )
    sender = _POSTFIX_FROM.search(text)
    if sender is not None and found is not None:
        return LogLine(server="Postfix", queue=queue, sender=sender[1])
    note = _POSTFIX_NOTE.search(text)
    if note is None:
        return None
    return LogLine(
        server="Postfix",
        queue=queue,
        host=_relay_in(note[1], 1),
        address=_relay_in(note[1], 2),
        sentence=note[1].strip() or None,
    )


def _tls_field(line: str) -> str | None:
    found = _POSTFIX_TLS.search(line.partition(" dsn=")[0] + ",")
    return found[1] if found is not None else None


def _relay_in(sentence: str, group: int) -> str | None:
    found = _RELAY.search(sentence)
    return found[group] if found else None


def _exim(text: str) -> LogLine | None:
    found = _EXIM.search(text)
    if found is None:
        return None
    queue, flag, rest = found.groups()
    if flag == "Completed":
        return LogLine(server="Exim", queue=queue)
    if flag == "<=":
        sender = _EXIM_FROM.match(rest)
        known = sender is not None and sender[1] != "<>"
        return LogLine(server="Exim", queue=queue, sender=sender[1] if known and sender else None)
    peer = _EXIM_HOST.search(flag + rest)
    host, address = (peer[1], peer[2]) if peer else (None, None)
    if flag in ("H=", "TLS"):
        return LogLine(server="Exim", queue=queue, host=host, address=address, sentence=(flag + rest).strip())
    fields = _EXIM_FIELDS.match(rest)
    if fields is None:
        return None
    sender = _EXIM_F.search(fields[2])
    route = _EXIM_ROUTE.match(fields[2])
    sentence = fields[2][route.end() if route else 0 :].strip()
    if flag in ("=>", "->", ">>", "*>"):
        sentence = fields[2].strip()
    return LogLine(
        server="Exim",
        queue=queue,
        sender=sender[1] if sender else None,
        recipient=fields[1].rstrip(":"),
        host=host,
        address=address,
        sentence=sentence or None,
        failed=flag in ("==", "**"),
        final=True,
    )


def _sendmail(text: str) -> LogLine | None:
    found = _SENDMAIL_ID.search(text)
    queue = found[1] if found else ""
    delivery = _SENDMAIL.search(text)
    if delivery is not None:
        recipient, host, address, code, stat = delivery.groups()
        control = _SENDMAIL_CONTROL.search(text)
        return LogLine(
            server="Sendmail",
            queue=queue,
            sender=control[1] if control is not None else None,
            recipient=recipient.rstrip(">"),
            host=host.rstrip("."),
            address=address,
            status_code=code,
            sentence=stat,
            failed=not stat.startswith("Sent"),
            final=True,
        )
    sender = _SENDMAIL_FROM.search(text)
    if found is not None and sender is not None:
        return LogLine(server="Sendmail", queue=queue, sender=sender[1].rstrip(">"))
    return None


def _qmail(text: str) -> LogLine | None:
    delivery = _QMAIL.search(text)
    if delivery is not None:
        words = delivery[3].replace("_", " ").replace("/", " ").strip()
        return LogLine(
            server="qmail",
            queue=f"delivery {delivery[1]}",
            sentence=words or None,
            failed=delivery[2] != "success",
            final=True,
        )
    start = _QMAIL_START.search(text)
    if start is not None:
        return LogLine(server="qmail", queue=f"delivery {start[1]}", recipient=start[2])
    sender = _QMAIL_FROM.search(text)
    return LogLine(server="qmail", sender=sender[1]) if sender is not None else None


def _opensmtpd(text: str) -> LogLine | None:
    found = _OPENSMTPD.search(text)
    if found is None:
        return None
    queue, recipient, address, host, result, sentence = found.groups()
    sender = _OPENSMTPD_FROM.search(text)
    return LogLine(
        server="OpenSMTPD",
        queue=queue,
        sender=sender[1] if sender is not None else None,
        recipient=recipient,
        host=host,
        address=address,
        status_code=code_in(sentence),
        sentence=sentence,
        failed=result != "Ok",
        final=True,
    )


def read_log(text: str) -> tuple[LogLine, ...]:
    """The deliveries that a piece of log tells of: all that failed, the last first, else the last one.  What
    other lines of the same message say (its sender, say) is filled in, in the first `MOST_FILLED`.
    """
    lines = list(_lines(text))
    if not lines:
        return ()
    failed = {(each.recipient or each.queue, each.sentence): each for each in lines if each.failed}
    chosen = list(reversed(failed.values()))
    if not chosen:
        last = next((each for each in reversed(lines) if each.final), None)
        chosen = [last or next((each for each in reversed(lines) if each.sentence), lines[-1])]
    return (*(_filled(each, lines) for each in chosen[:MOST_FILLED]), *chosen[MOST_FILLED:])


def _filled(chosen: LogLine, lines: list[LogLine]) -> LogLine:
    beside = [each for each in lines if each is not chosen and each.queue == chosen.queue and chosen.queue]
    warned = _warned(chosen, lines)
    fields = {
        field: next((value for each in beside if (value := getattr(each, field)) is not None), None)
        for field in ("sender", "recipient", "host", "address")
        if getattr(chosen, field) is None
    }
    sentences = tuple(each.sentence for each in (*warned, *reversed(beside)) if each.sentence)[:MOST_BESIDE]
    return msgspec.structs.replace(chosen, beside=sentences, **fields)


def _warned(chosen: LogLine, lines: list[LogLine]) -> list[LogLine]:
    """What the same process said of no message by name before `chosen`, the last first: back to its delivery
    before.
    """
    if not chosen.process:
        return []
    found: list[LogLine] = []
    for each in reversed(lines[: next(at for at, line in enumerate(lines) if line is chosen)]):
        if each.process != chosen.process:
            continue
        if each.final and each.queue != chosen.queue:
            break
        if not each.queue and not each.final:
            found.append(each)
    return found


def _lines(text: str) -> Iterator[LogLine]:
    for line in text.splitlines()[-MOST_LINES:]:
        found = read_line(line)
        if found is not None:
            yield found
