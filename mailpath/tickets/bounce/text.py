"""What a notice says in words: recipient, host and sentence in the forms that servers write them.

Postfix: "<u@b.example>: host mx.b.example[192.0.2.1] said: 550 ...".  Exim: the address, then "host
mx.b.example [192.0.2.1]" and the reply below.  Exchange: "Remote Server returned '550 ...'".  Gmail: "The
response from the remote server was:".  Sendmail: "----- Transcript of session follows -----".  qmail:
"<u@b.example>:" and the sentence below (QSBMF).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Container
from functools import cache
from typing import Literal

import msgspec

from mailpath.tickets.explain.codes import code_in
from mailpath.tickets.families import tells

#: In UTF-8 as well (RFC 6531).  All that is none is named, of which Python makes a pattern four times faster.
_NO_LETTER = r"\x00-,/:-@\[-`{-\u00b6\u2000-\u2bff\ud800-\uf8ff\ufdd0-\uffff\U000f0000-\U0010ffff"
_LETTER = rf"[^{_NO_LETTER}.-]"
_ADDRESS = rf"[^<>\s@,;:\"'()\[\]]{{1,64}}@{_LETTER}(?:[^{_NO_LETTER}]{{0,252}}{_LETTER})?"
#: For a pattern without regard to case, which takes what is named twice, in capital and in small letters.
_LETTERS = r"A-Za-z0-9\u00b7-\u1fff\u2c00-\ud7ff\uf900-\ufdcf\U00010000-\U000effff"
_ADDRESS_ANY_CASE = rf"[^<>\s@,;:\"'()\[\]]{{1,64}}@[{_LETTERS}](?:[{_LETTERS}.-]{{0,252}}[{_LETTERS}])?"
_HOST = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62}\.){1,30}[A-Za-z][A-Za-z0-9-]{0,62}"
_NAMED = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}"
_IP = r"[0-9A-Fa-f:.]{2,45}"

#: Longest sentence that is kept, in characters.
LONGEST = 2000


#: How it ended: given up, still tried, or delivered after all.
State = Literal["failed", "waiting", "done"]


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What was said, as it came; None where nothing was.  `server`: whose log it stands in; `tls_field`: what
    its delivery line has behind `tls=`.
    """

    sender: str | None = None
    recipient: str | None = None
    host: str | None = None
    status_code: str | None = None
    sentence: str | None = None
    state: State | None = None
    server: str | None = None
    tls_field: str | None = None

    def over(self, other: Told) -> Told:
        """This, with what is missing from `other`."""
        missing = {
            field: getattr(other, field) for field in self.__struct_fields__ if getattr(self, field) is None
        }
        return msgspec.structs.replace(self, **missing)


@cache
def _compiled(regex: str, flags: int = 0) -> re.Pattern[str]:
    """Most are not needed for one notice, and compiling them all takes longer than reading it."""
    return re.compile(regex, flags)


#: (host) in words of a server, most telling first.
_HOSTS = (
    rf"\bhost ({_NAMED}) ?\[{_IP}\]",
    rf"\bH=({_NAMED})(?: DS)? \[",
    rf"\b(?:connect to|offered by host|lost connection with|conversation with) ({_NAMED}) ?\[{_IP}\]",
    rf"\bTLSA lookup error for ({_NAMED}):\d",
    rf"\b(?:while talking to|Connected to|connected to) ({_NAMED}?)\.?(?:[:\s]|$)",
    rf"\bby ({_NAMED})\. ?\[{_IP}\]",
    rf"\[({_NAMED})\.? {_IP}[:\]]",
    rf"\bserver for the recipient domain {_NAMED} by ({_NAMED}?)\. \[",
    rf"\b[Rr]emote [Ss]erver (?:at )?({_HOST}) ?\(",
    rf"\bReceiving server: ({_HOST})",
    rf"\bhost: ({_HOST}) \(",
    rf"\bHOST=({_HOST})\b",
    rf"\bname=({_HOST}) type=(?!MX)",
    rf"\bDANE error: ({_HOST}) lookup",
    rf"\b(?:from|host) '({_HOST})'",
    rf'\bmx="({_HOST})"',
)


#: A name, not an IPv4 address.
_LAST_LABEL = re.compile(r"\.[A-Za-z][A-Za-z0-9-]*\.?\Z")


def host_in(text: str) -> str | None:
    """The mail host that a sentence names."""
    for regex in _HOSTS:
        found = _compiled(regex).search(text)
        if found is not None and _LAST_LABEL.search(found[1]):
            return found[1].rstrip(".")
    return None


_LABEL = r"[ \t]*(?:Reason|Error|Cause|Diagnostic|Failure)[^\n:]{0,30}:[ \t]*\n?[ \t]*(?:smtp; ?)?"
#: (recipient, sentence) in a notice; the recipient may be missing.
_FORMS = (
    # Postfix, and qmail, whose sentence is on the lines below
    rf"^[ \t]*<(?P<rcpt>{_ADDRESS})>(?: \(expanded from <[^<>]{{1,320}}>\))?:[ \t]*\n?"
    r"(?P<said>\S.*?)(?:\n[ \t]*\n|\Z)",
    # Exim
    rf"^[ \t]{{2}}(?P<rcpt>{_ADDRESS})[ \t]*\n(?P<said>[ \t]{{4,}}\S.*?)(?:\n[ \t]*\n|\Z)",
    # Exchange
    rf"(?:^|\n)[ \t]*(?P<rcpt>{_ADDRESS})[ \t]*\n+(?:[ \t]*(?P<host>{_HOST})[ \t]*\n+)?"
    r"[ \t]*Remote [Ss]erver [^\n]{0,200}?"
    r"returned '(?P<said>.{1,1500}?)'(?:\s|\Z)",
    r"[Rr]emote [Ss]erver [^\n]{0,200}?returned '(?P<said>.{1,1500}?)'(?:\s|\Z)",
    # Gmail
    r"The response(?: from the remote server)? was:\s*(?P<said>\S.*?)(?:\n[ \t]*\n|\Z)",
    r"Technical details of (?:permanent|temporary) failure:\s*(?P<said>\S.*?)(?:\n[ \t]*\n|\Z)",
    # Cisco's gateways
    rf"The following message to <(?P<rcpt>{_ADDRESS})> was undeliverable\.\s{{0,9}}"
    r"The reason for the problem:\s*(?P<said>\S.*?)(?:\n[ \t]*\n|\Z)",
    # Mimecast
    rf"^-- ?(?P<rcpt>{_ADDRESS})[ \t]*\n(?:[^\n]{{0,400}}\n){{0,20}}?"
    r"Additional information follows ?:?[ \t]*\n-- ?(?P<said>[^\n]{1,1500})",
    # DragonFly Mail Agent
    rf"error delivering your mail to <(?P<rcpt>{_ADDRESS})>\.\s{{0,9}}"
    rf"(?:(?P<host>{_HOST}) \[{_IP}\] did not like our [^\n]{{0,200}}:\s{{0,9}})?"
    r"(?P<said>\S.*?)(?:\n[ \t]*\n|\Z)",
    # GMX
    rf'^"(?P<rcpt>{_ADDRESS})":[ \t]*\n(?:SMTP error from [^\n]{{0,200}}:[ \t]*\n)?'
    rf"(?:host: (?P<host>{_HOST})[^\n]{{0,60}}\n)?(?:reason: )?(?P<said>\S.*?)(?:\n[ \t]*\n|\Z)",
    # Zoho
    rf"^[ \t]*\[?(?P<rcpt>{_ADDRESS})\]?,?[ \t]+(?P<said>[^\n]{{0,300}}ERROR_CODE[^\n]{{1,1500}})",
    rf"\[Status: Error, Address: <(?P<rcpt>{_ADDRESS})>, (?P<said>[^\n\]]{{1,1500}})",
    # Exchange 2003
    rf"^[ \t]{{1,20}}'?(?P<rcpt>{_ADDRESS})'? on \d[^\n]{{0,60}}\n"
    r"(?P<said>.{1,1500}?)(?:\n[ \t]*\n|\Z)",
    # Exchange 2007
    rf"^[ \t]*<?(?P<rcpt>{_ADDRESS})>?[ \t]*\n(?:[ \t]*(?P<host>{_HOST})[ \t]*\n)?"
    r"[ \t]*(?:#<? ?#?)(?P<said>[45].{1,1500}?)(?:##|\n[ \t]*\n|\Z)",
    # IMail
    rf"^(?P<said>(?i:unknown user|user mailbox exceeds[^\n:]{{0,40}}|unknown host|undeliverable to"
    rf"|invalid final delivery userid|delivery failed \d{{1,4}} attempts)[: ]{{1,3}}(?P<rcpt>{_ADDRESS})"
    r"[^\n]{0,400})",
    # Domino
    rf"was not delivered to:\s{{1,20}}(?P<rcpt>{_ADDRESS})\s{{1,20}}because:\s{{1,20}}"
    r"(?P<said>\S.*?)(?:\n[ \t]*\n|\Z)",
    # MDaemon
    rf"Failed address: <?(?P<rcpt>{_ADDRESS})>?[ \t]*\n(?:[^\n]{{0,400}}\n){{0,60}}?[^\n]{{0,80}}"
    r"<-- (?P<said>[45]\d\d[^\n]{1,1500})",
    # CommuniGate Pro
    rf"Message delivery to '?<?(?P<rcpt>{_ADDRESS})>?'? failed[ \t]*\n(?P<said>\S.*?)(?:\n[ \t]*\n|\Z)",
    # InterScan
    rf"RCPT TO:[ ]?<(?P<rcpt>{_ADDRESS})>[^\n]{{0,80}}\n[ \t]*Received >>> (?P<said>[45][^\n]{{1,1500}})",
    # James
    r"Error message below:\s{0,9}(?P<said>[45]\d\d[^\n]{1,1500})",
    # Stalwart, GroupWise
    rf"^[ \t]*<?(?P<rcpt>{_ADDRESS})>?[ \t]{{1,4}}\((?P<said>[^\n]{{3,1500}})\)[ \t]*$",
    # mox
    r"Error during the last delivery attempt:\s*(?P<said>\S.*?)(?:\n[ \t]*\n|\Z)",
    # OpenSMTPD, GMX
    rf"^[ \t]*(?P<rcpt>{_ADDRESS}):\s+(?P<said>(?:[45]\d\d[ -]|SMTP error)[^\n]{{1,1500}})$",
    # Sendmail
    rf"^<(?P<rcpt>{_ADDRESS})>\s*\n\s*\(reason: (?P<said>.{{1,1500}}?)\)\s*$",
    rf"^(?:\d{{3}} (?:\d\.\d\.\d )?)?<?(?P<rcpt>{_ADDRESS})>?\.\.\. (?P<said>[^\n]{{1,1500}})$",
    r"^<<< (?P<said>[45]\d\d[ -][^\n]{1,1500})$",
    # Whoever labels it
    rf"^[ \t]*(?:To|Recipient|Address|E-?mail)[ \t]*: ?<?(?P<rcpt>{_ADDRESS})>?[ \t]*\n"
    rf"(?:[^\n]{{0,200}}\n){{0,8}}?{_LABEL}(?P<said>\S[^\n]{{1,1500}})",
    rf"^{_LABEL}(?P<said>\S[^\n]{{1,1500}})",
)

_ANY_REPLY = re.compile(r"\b([45]\d\d[ -](?:#?\d\.\d{1,3}\.\d{1,3} )?[^\n]{4,1500})")
_FOR = (
    rf"(?:wasn't delivered to|delivery to|deliver(?:ed|ing)? (?:your message )?to|Delivery to the following"
    rf" recipients? (?:has )?(?:failed|been delayed)[^\n]{{0,60}}:|to these recipients or groups:|recipient:"
    rf"|RCPT TO:|\b(?:to|rcpt|recipient)=|\"(?:to|rcpt|recipient|email)\":"
    rf"|not delivered to:|following (?:address|recipient)s?[^\n]{{0,60}}:|sent to"
    rf"|contact\s\(|your (?:e-?mail|message|mail) to"
    rf"|sending mail to|undeliverable to|failed to deliver(?::| to| message to))\s*[\"'<]?(?:mailto:)?"
    rf"({_ADDRESS_ANY_CASE})>?"
)
_SENDER = re.compile(
    rf"(?:^|\n)(?:Sender(?: Address)?|From|Return-Path|X-Postfix-Sender):[^\n]{{0,80}}?({_ADDRESS})"
    rf"|\b(?:from|FROM|return_path|sender)=[<\"]({_ADDRESS})[>\"]"
)
#: Somebody pasted it into an answer.
_QUOTED = re.compile(r"^(?:>[ \t]?){1,5}", re.MULTILINE)
_ANY_ADDRESS = re.compile(rf"(?<![\w.@]){_ADDRESS}")
_OWN = re.compile(r"mailer-?daemon|postmaster|no-?reply|abuse|support|help", re.IGNORECASE)
#: Most lines in which a telling one, and addresses among which a recipient is sought.
MOST_LINES = 100
_BARE = re.compile(rf"^[ \t]*<?({_ADDRESS})>?[ \t]*:?[ \t]*$", re.MULTILINE)


def unquoted(text: str) -> str:
    """`text` as it was before somebody answered it; line ends of any kind."""
    return _QUOTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def read_text(text: str, *, notice: bool) -> tuple[Told, ...]:
    """What the words say, of each recipient; the first form that fits counts.  Never ().

    `notice`: they are of a server, or nobody knows; a person's own sentences tell nothing.
    """
    text = unquoted(text)
    sender = _SENDER.search(text)
    for form in _FORMS:
        told = _in_form(_compiled(form, re.MULTILINE | re.DOTALL), text)
        if told:
            break
    else:
        told = [Told()]
    made = [
        _completed(told[0], text, notice=notice),
        *(_completed(each, each.sentence or "", notice=notice) for each in told[1:]),
    ]
    return tuple(
        msgspec.structs.replace(each, sender=sender[1] or sender[2] if sender else None) for each in made
    )


def _named_in(text: str) -> str | None:
    """The recipient, where words say so, or where an address stands on a line of its own."""
    found = _compiled(_FOR, re.IGNORECASE).search(text) or _BARE.search(text)
    return found[1] if found else None


def telling(text: str) -> str | None:
    """The first line, or paragraph, whose words tell what kind of failure it is."""
    lines = [" ".join(line.split()) for line in text.split("\n", MOST_LINES)[:MOST_LINES]]
    paragraphs = [" ".join(each.split()) for each in re.split(r"\n[ \t]*\n", text)[:MOST_LINES]]
    return next((each[:LONGEST] for each in (*lines, *paragraphs) if tells(each)), None)


def any_address(text: str, but: Container[str]) -> str | None:
    """The first mail address in `text` that is not `but` (small letters) and not a server's own."""
    for found in itertools.islice(_ANY_ADDRESS.finditer(text), MOST_LINES):
        if found[0].casefold() not in but and not _OWN.match(found[0]):
            return found[0]
    return None


def _in_form(form: re.Pattern[str], text: str) -> list[Told]:
    """The first that `form` finds, and those for other recipients."""
    found: dict[str | None, Told] = {}
    for match in form.finditer(text):
        groups = match.groupdict()
        recipient = groups.get("rcpt")
        if found and (recipient is None or None in found):
            break
        # Behind what we said: ">>> RCPT TO:<bob@b.example> <<< 550 ..."
        said = groups["said"].rpartition("<<<")[2] or groups["said"]
        sentence = " ".join(said.split())[:LONGEST]
        found.setdefault(recipient, Told(recipient=recipient, host=groups.get("host"), sentence=sentence))
    return list(found.values())


def _completed(told: Told, text: str, *, notice: bool) -> Told:
    """`told`, with what its form left open sought in `text`."""
    recipient, sentence = told.recipient, told.sentence
    if sentence is None:
        found = _ANY_REPLY.search(text)
        sentence = " ".join(found[1].split()) if found else None
    if recipient is None:
        recipient = _named_in(text)
    if sentence is None and recipient is not None and notice:
        sentence = telling(text)
    lone = " ".join(text.split()) if sentence is None and "\n" not in text.strip() else ""
    if lone and notice and len(lone) <= LONGEST:
        sentence = lone
    code = code_in((sentence or "").replace(" :", " "))  # Zoho: "ERROR_CODE :5.1.1"
    if code is None:
        bracketed = re.search(r"\(#([245]\.[0-7]\.\d{1,3})\)", text)
        code = bracketed[1] if bracketed else None
    return Told(
        recipient=recipient,
        host=told.host or host_in(sentence or "") or host_in(text),
        status_code=code,
        sentence=sentence,
    )
