"""What people type, as the names that DNS and certificates use (A-labels, RFC 5890).

Two doors: `to_domain` for what has mail, and so is a host's name (RFC 1123 section 2.1, RFC 5321 section
2.3.5), and `to_dns_name` for whatever DNS can be asked for, where any octet is legal (RFC 2181 section 11).
Everything below them speaks lower-case A-labels without the trailing dot; the root is ".".
"""

from __future__ import annotations

import ipaddress
import re

from mailpath.errors import MailpathError
from mailpath.visible import visible

#: RFC 1035 section 2.3.4: 255 octets on the wire, 253 characters as text.
MAX_NAME = 253
MAX_WIRE = 255
MAX_LABEL = 63

_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\Z")
_NOT_IN_A_LABEL = re.compile(r"[^a-z0-9_-]")
#: The full stop, and what IDNA takes for one (RFC 3490 section 3.1, UTS 46 section 2.3).
_DOTS = ".\u3002\uff0e\uff61"
#: What presentation form escapes beside octets that do not print (RFC 1035 section 5.1).
_ESCAPED = frozenset(b'"().;\\@$')
_DIGITS = re.compile(r"[0-9]{1,3}")
#: How idna names the code point that it refuses.
_CODE_POINT = re.compile(r"U\+([0-9A-F]{4,6})")
_BLANKS = {" ": "a space", "\t": "a tab", "\n": "a line break", "\r": "a line break"}


#: A local part as RFC 5321 section 4.1.2 has it, dot-string or quoted, without quoted pairs; beyond ASCII
#: as RFC 6531 section 3.3 has it.  Nothing in it can end the path it stands in, or the command line.
_LOCAL_PART = re.compile(
    r"[^\s\x00-\x20\x7f-\x9f\ud800-\udfff<>()\[\]\\,;:@\"]+"
    r"|\"[^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\"\\<>]+\""
)
#: RFC 5321 section 4.5.3.1.1, in octets.
MAX_LOCAL_PART = 64


_EMPTY_LABEL = "The name contains an empty label (two dots in a row)."
_TOO_LONG = "The name is longer than 255 octets."


class BadName(MailpathError, ValueError):
    """What was typed is no domain, or no name; the message says why in one plain sentence."""


def to_domain(text: str) -> str:
    """The domain in `text`: "b.example", "user@b.example", "User <user@bücher.example>", "b.example.".

    Returns lower-case A-labels without a trailing dot.  Raises `BadName` with one sentence.
    """
    raw = text.strip()
    if not raw:
        raise BadName("Enter a domain or a mail address.")
    if raw.endswith(">") and "<" in raw:
        raw = raw[raw.rindex("<") + 1 : -1].strip()
        if not raw:
            raise BadName("There is nothing between < and >: the null address has no domain.")
    if "@" in raw:
        raw = raw.rsplit("@", 1)[1].strip()
        if not raw:
            raise BadName("There is nothing after the @.")
    if raw == ".":
        raise BadName("The root accepts no mail. Enter a domain.")
    if raw.startswith("["):
        raise BadName("An address literal has no MX, no DNSSEC and no policy. Enter a domain.")
    try:
        ipaddress.ip_address(raw.removesuffix("."))
    except ValueError:
        return a_labels(raw)
    raise BadName("An IP address has no MX, no DNSSEC and no policy. Enter a domain.")


def as_domain(text: str) -> str | None:
    """The same; None where the text names no domain."""
    try:
        return to_domain(text)
    except BadName:
        return None


def is_text(typed: str) -> bool:
    """Whether `typed` is a text to be read, and no name of a path as "Name <address>" is."""
    return len(typed.split()) > 1 and ("\n" in typed.strip() or as_domain(typed) is None)


def a_labels(name: str) -> str:
    """`name` as lower-case A-labels (IDNA 2008, UTS 46 mapping).  Raises `BadName`."""
    if name == ".":
        return name
    labels: list[str] = []
    for label in re.split(f"[{_DOTS}]", name.removesuffix(".")):
        if not label:
            raise BadName(_EMPTY_LABEL)
        ascii_label = _a_label(label)
        if len(ascii_label) > MAX_LABEL:
            raise BadName("A label of the name is longer than 63 characters.")
        if not _LABEL.match(ascii_label):
            wrong = _NOT_IN_A_LABEL.search(ascii_label)
            if wrong is None:
                raise BadName("A label of a domain name cannot begin or end with a hyphen.")
            raise BadName(f"A domain name cannot contain {_character(wrong[0])}.")
        labels.append(ascii_label)
    joined = ".".join(labels)
    if len(joined) > MAX_NAME:
        raise BadName("The name is longer than 253 characters.")
    return joined


def _a_label(label: str) -> str:
    if label.isascii():
        return label.lower()
    import idna  # not for the many names that are ASCII

    try:
        encoded = idna.encode(label, uts46=True, transitional=False).decode("ascii").lower()
    except idna.IDNAError as error:
        point = _CODE_POINT.search(str(error))
        shown = _character(chr(int(point[1], 16))) if point else ""
        why = f"{shown} is not allowed" if shown else visible(str(error), limit=120).rstrip(".")
        raise BadName(f"This is not a valid internationalized domain name: {why}.") from error
    if "." in encoded:  # one of the letters is mapped to several, a full stop among them
        raise BadName(
            "This is not a valid internationalized domain name: it contains a character that"
            " stands for a full stop."
        )
    return encoded


def _character(char: str) -> str:
    """One character as a sentence names it: "a space", "'+'", "U+2603 '☃'"."""
    if char in _BLANKS:
        return _BLANKS[char]
    if "!" <= char <= "~":
        return f"'{char}'" if char != "'" else "an apostrophe"
    shown = visible(char)
    return f"U+{ord(char):04X} '{char}'" if shown == char else f"U+{ord(char):04X}"


def is_within(name: str, zone: str) -> bool:
    """Whether `name` is `zone` or below it; both lower-case, without the trailing dot; the root is "."."""
    return zone in (".", name) or name.endswith(f".{zone}")


def to_dns_name(text: str) -> str:
    """Any name that DNS can be asked for: "q.*.example", "0/25.2.0.192.in-addr.arpa" (RFC 2317), "bücher.de",
    with `\\.` and `\\DDD` as zone files have them (RFC 1035 section 5.1).

    Returns it in presentation form: lower-case, escaped where it must be, A-labels for letters beyond ASCII,
    no trailing dot; the root is ".".  Raises `BadName` with one sentence.
    """
    if not text:
        raise BadName("The name is empty.")
    if text == ".":
        return text
    if len(text) > 4 * MAX_WIRE:
        raise BadName(_TOO_LONG)
    labels = [_octets(label) for label in _labels(text)]
    if not labels[-1]:
        labels.pop()  # behind the dot at the end
    if not all(labels):
        raise BadName(_EMPTY_LABEL)
    if max(map(len, labels)) > MAX_LABEL:
        raise BadName("A label of the name is longer than 63 octets.")
    if sum(len(label) + 1 for label in labels) + 1 > MAX_WIRE:
        raise BadName(_TOO_LONG)
    return ".".join("".join(map(_presented, label.lower())) for label in labels)


def _labels(text: str) -> list[list[str | int]]:
    """The labels of `text`: characters as they stand there, and the octets that escapes stand for."""
    labels: list[list[str | int]] = [[]]
    at = 0
    while at < len(text):
        char = text[at]
        at += 1
        if char in _DOTS:
            labels.append([])
        elif char != "\\":
            labels[-1].append(char)
        elif (digits := _DIGITS.match(text, at)) is None:
            if not text[at : at + 1] or not "\x20" <= text[at] <= "~":
                raise BadName("A backslash must be followed by a printable ASCII character or three digits.")
            labels[-1].append(ord(text[at]))
            at += 1
        else:
            if len(digits[0]) != 3 or int(digits[0]) > 255:
                raise BadName(f"\\{digits[0]} is not an octet: use three digits, at most \\255.")
            labels[-1].append(int(digits[0]))
            at += 3
    return labels


def _octets(label: list[str | int]) -> bytes:
    """One label on the wire.  Raises `BadName`."""
    typed = "".join(each for each in label if isinstance(each, str))
    if any(char < " " or char == "\x7f" for char in typed):
        raise BadName("Write a control character in a name as a backslash and three digits.")
    if typed.isascii():
        return bytes(each if isinstance(each, int) else ord(each) for each in label)
    if len(typed) < len(label):
        raise BadName("A label with non-ASCII letters cannot contain escapes.")
    return _a_label(typed).encode("ascii")


def _presented(octet: int) -> str:
    if octet in _ESCAPED:
        return f"\\{octet:c}"
    return f"{octet:c}" if 0x20 < octet < 0x7F else f"\\{octet:03d}"


def is_local_part(text: str) -> bool:
    """Whether `text` may stand before the @ of a mailbox in MAIL FROM and RCPT TO."""
    return _LOCAL_PART.fullmatch(text) is not None and len(text.encode()) <= MAX_LOCAL_PART


def is_mailbox(text: str) -> bool:
    """Whether `text` is a local part, an @ and a domain in A-labels, as a path of RFC 5321 has them."""
    local, _, domain = text.rpartition("@")
    try:
        return is_local_part(local) and a_labels(domain) == domain
    except BadName:
        return False


def u_labels(name: str) -> str | None:
    """The Unicode form of A-label `name`, or None where there is none to show beside it."""
    if "xn--" not in name:
        return None
    import idna

    labels: list[str] = []
    for label in name.split("."):
        try:
            labels.append(idna.decode(label) if label.startswith("xn--") else label)
        except (idna.IDNAError, UnicodeError):
            return None
    return ".".join(labels)
