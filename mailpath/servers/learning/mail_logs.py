"""What a mail server's own log says of each message: sent, deferred or bounced; and its word for TLS.

Postfix writes the word in a line of its own before the delivery, by the same process; Exim behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from mailpath.records import Record
from mailpath.servers.given import ImportRefused, read

#: Lines that are read: a test run writes some thousand.
MAX_LINES = 200_000
_MOST_PROCESSES = 10_000

_POSTFIX = re.compile(
    r"\[(\d+)\]: \w+: to=<([^<>\s]+)>, .*?relay=([^,\s]+), .*?\bstatus=(sent|deferred|bounced)\b"
)
_POSTFIX_TLS = re.compile(r"\[(\d+)\]: (\w+) TLS connection established to \S+\[([0-9a-f.:]+)\]")
_EXIM = re.compile(r"^[\d-]{10} [\d:.]{8,15} (?:\[\d+\] )?[0-9A-Za-z-]{16,24} (=>|->|==|\*\*) (\S+)")
_EXIM_WORD = re.compile(r" (CV=\w+)")
_SENDMAIL = re.compile(r": to=<?([^<>\s,]+)>?, .*?\bstat=(Sent|Deferred|\S+)")
_SENDMAIL_DSN = re.compile(r"\bdsn=([245])\.")
_OPENSMTPD = re.compile(r" to=<?([^<>\s]+?)>? .*?result=\"?(Ok|TempFail|PermFail)")
_STATUS = {
    **{"=>": "sent", "->": "sent", "==": "deferred", "**": "bounced"},
    **{"Ok": "sent", "TempFail": "deferred", "PermFail": "bounced"},
    **{"2": "sent", "4": "deferred", "5": "bounced"},
}


class Logged(Record, frozen=True, kw_only=True):
    """One attempt.  `domain`: of the recipient; `status`: "sent", "deferred" or "bounced"; `word`: None for
    none.
    """

    program: str
    domain: str
    status: str
    word: str | None = None


def read_log(file: str | Path) -> tuple[Logged, ...]:
    """The attempts in the order of the log.  Raises `ImportRefused`."""
    lines = read([str(file)])[0].text.split("\n")
    if len(lines) > MAX_LINES:
        raise ImportRefused(f"The log has more than {MAX_LINES} lines.", file=str(file))
    return tuple(_attempts(lines))


def _attempts(lines: list[str]) -> Iterator[Logged]:
    words: dict[str, dict[str, str]] = {}
    for raw in lines:
        line = raw[:4000]
        if tls := _POSTFIX_TLS.search(line):
            words.setdefault(tls[1], {})[tls[3]] = tls[2]
            if len(words) > _MOST_PROCESSES:
                del words[next(iter(words))]
        elif said := _POSTFIX.search(line):
            address = re.search(r"\[([0-9a-f.:]+)\]", said[3])
            # One process sends one message at a time: its lines belong together.
            known = words.pop(said[1], {}).get(address[1] if address else "")
            yield Logged(program="postfix", domain=_domain(said[2]), status=said[4], word=known)
        elif (exim := _EXIM.match(line)) and "@" in exim[2]:
            word = _EXIM_WORD.search(line)
            status = _STATUS[exim[1]]
            yield Logged(
                program="exim", domain=_domain(exim[2]), status=status, word=word[1] if word else None
            )
        elif (sendmail := _SENDMAIL.search(line)) and (dsn := _SENDMAIL_DSN.search(line)):
            yield Logged(program="sendmail", domain=_domain(sendmail[1]), status=_STATUS[dsn[1]])
        elif other := _OPENSMTPD.search(line):
            yield Logged(program="opensmtpd", domain=_domain(other[1]), status=_STATUS[other[2]])


def _domain(recipient: str) -> str:
    return recipient.strip("<>:").rpartition("@")[2].lower().rstrip(".")
