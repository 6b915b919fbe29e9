"""What people type, as the names that DNS and certificates use (A-labels, RFC 5890).

Everything below this door speaks lower-case A-labels without the trailing dot; the root is ".".
"""

from __future__ import annotations

import ipaddress
import re

import idna

#: RFC 1035 section 2.3.4: 255 octets on the wire, 253 characters as text.
MAX_NAME = 253
MAX_LABEL = 63

_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\Z")


#: A local part as RFC 5321 section 4.1.2 has it, dot-string or quoted, without quoted pairs; beyond ASCII
#: as RFC 6531 section 3.3 has it.  Nothing in it can end the path it stands in, or the command line.
_LOCAL_PART = re.compile(
    r"[^\s\x00-\x20\x7f-\x9f\ud800-\udfff<>()\[\]\\,;:@\"]+"
    r"|\"[^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\"\\<>]+\""
)
#: RFC 5321 section 4.5.3.1.1, in octets.
MAX_LOCAL_PART = 64


class BadName(ValueError):
    """What was typed is no domain; the message says why in one plain sentence."""


def to_domain(text: str) -> str:
    """The domain in `text`: "b.example", "user@b.example", "User <user@bücher.example>", "b.example.".

    Returns lower-case A-labels without a trailing dot.  Raises `BadName` with one sentence.
    """
    raw = text.strip()
    if not raw:
        raise BadName("Nothing was typed: a domain or a mail address is needed.")
    if raw.endswith(">") and "<" in raw:
        raw = raw[raw.rindex("<") + 1 : -1].strip()
        if not raw:
            raise BadName("Nothing stands between < and >: the null address has no domain.")
    if "@" in raw:
        raw = raw.rsplit("@", 1)[1].strip()
        if not raw:
            raise BadName("Nothing stands behind the @.")
    if raw == ".":
        raise BadName("The root takes no mail: give a domain.")
    if raw.startswith("["):
        raise BadName("An address literal has no MX, no DNSSEC and no policy: give a domain.")
    try:
        ipaddress.ip_address(raw.removesuffix("."))
    except ValueError:
        return a_labels(raw)
    raise BadName("An IP address has no MX, no DNSSEC and no policy: give a domain.")


def as_domain(text: str) -> str | None:
    """The same; None where the text names no domain."""
    try:
        return to_domain(text)
    except BadName:
        return None


def a_labels(name: str) -> str:
    """`name` as lower-case A-labels (IDNA 2008, UTS 46 mapping).  Raises `BadName`."""
    if name == ".":
        return name
    labels: list[str] = []
    for label in re.split(r"[.\u3002\uff0e\uff61]", name.removesuffix(".")):
        if not label:
            raise BadName("The name has an empty label (two dots in a row).")
        ascii_label = _a_label(label)
        if len(ascii_label) > MAX_LABEL:
            raise BadName("A label of the name is longer than 63 characters.")
        if not _LABEL.match(ascii_label):
            raise BadName("The name has a character that no domain name can have.")
        labels.append(ascii_label)
    joined = ".".join(labels)
    if len(joined) > MAX_NAME:
        raise BadName("The name is longer than 253 characters.")
    return joined


def _a_label(label: str) -> str:
    if label.isascii():
        return label.lower()
    try:
        return idna.encode(label, uts46=True, transitional=False).decode("ascii").lower()
    except idna.IDNAError as error:
        raise BadName(f"The name is no valid international name: {error}.") from error


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
    labels: list[str] = []
    for label in name.split("."):
        try:
            labels.append(idna.decode(label) if label.startswith("xn--") else label)
        except (idna.IDNAError, UnicodeError):
            return None
    return ".".join(labels)
