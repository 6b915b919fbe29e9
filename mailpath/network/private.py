"""Finds in other people's words what tells who and where we are, and puts marks in its place.  Pure.

Servers repeat what they learnt of a client: its address in a dozen spellings, the name that its provider made
of that address, its EHLO name or a part of it, the mail addresses of the envelope.  So the rule is the other
way round: an address stands only if it was talked to, a host name only if it was asked for in DNS, if the
server calls itself so or if it belongs to a link; everything else of that shape goes.
"""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Iterable, Iterator

from mailpath.network import spellings

#: What stands in the place of something taken out; a name where a name must stand (RFC 2606 section 2).
MARK = "redacted"
NAME = "redacted.invalid"

#: Labels that say nothing of whose host it is; some are words of every greeting.
_GENERIC = frozenset(
    {"email", "gateway", "host", "inbound", "internal", "local", "localdomain", "localhost", "mail", "mailer"}
    | {
        "mailhost",
        "mailout",
        "mta",
        "mx",
        "node",
        "outbound",
        "postmaster",
        "relay",
        "root",
        "sender",
        "server",
    }
    | {"smtp", "smtpd", "test", "user", "webmaster"}
)
#: Addresses of this machine that are sought in further spellings.
_MOST_ADDRESSES = 8
#: Shorter words are sought only where they stand alone.
_LONG = 4

_OCTET = r"[0-9]{1,3}"
#: Of more than four parts, too: which of them are the address is nobody's guess.
_V4 = re.compile(rf"(?<![0-9]){_OCTET}(?:[-_.]{_OCTET}){{3,7}}(?![0-9])")
_V6 = re.compile(r"(?i)(?<![0-9a-z])(?:[0-9a-f]{0,4}[:-]){2,7}(?:[0-9a-f]{1,4})?(?![0-9a-z])")
_MAPPED = re.compile(rf"(?i)(?<![0-9a-z]):{{0,2}}(?:[0-9a-f]{{0,4}}:){{1,6}}{_OCTET}(?:\.{_OCTET}){{3}}")
_STAR = re.compile(rf"(?<![0-9])(?<![0-9][-_.]){_OCTET}(?:\.{_OCTET}){{1,2}}(?:\.[*xX])+(?![\w])")
_NIBBLES = re.compile(r"(?i)(?<![0-9a-f])[0-9a-f](?:[.-][0-9a-f]){31}(?![0-9a-f])")
#: An IPv4 address as one number (inet_aton(3)), or as twelve digits in a provider's name.
_NUMBER = re.compile(r"(?i)(?<![0-9a-z])(?:0x[0-9a-f]{8}|(?!20[0-9]{6}\b)[0-9]{8,10}|[0-9]{12})(?![0-9a-z])")
_HEX_PARTS = re.compile(
    r"(?i)(?<![0-9a-z])0x[0-9a-f]{1,2}(?:\.(?:0x[0-9a-f]{1,2}|[0-9]{1,3})){3}(?![0-9a-z])"
)
_MAILBOX = re.compile(r"(?:\"[^\"\r\n]{0,64}\"|[^\s<>@:;,\"()\[\]=]{1,64})@(?=[^\s<>@]{1,255})")
_TOKEN = re.compile(r"[\w.-]+")
#: But for what belongs to a link: it leads to a page for everybody.
_HOST = re.compile(r"(?i)(?<![\w.-])(?<!://)(?:[\w-]{1,63}\.)+[a-z][\w-]{0,62}(?![\w-]|\.\w)")


class Private:
    """What is private in one capture.

    `names`: host names of this machine; `locals_`: local parts of mail addresses; `others`: further words, as
    they stand.  `public_addresses`, `public_names`: what was talked to and asked for, lower case.
    """

    def __init__(
        self,
        *,
        names: Iterable[str],
        locals_: Iterable[str],
        others: Iterable[str],
        public_addresses: Iterable[str],
        public_names: Iterable[str],
    ) -> None:
        self._public_addresses = frozenset(public_addresses)
        self._public_names = {each for name in (NAME, *public_names) for each in _and_above(name)}
        self._own = frozenset(name.lower() for name in names if name and name.lower() != NAME)
        self._names = _pattern(_short_forms(self._own, self._public_names))
        locals_ = tuple(locals_)
        self._words = _pattern({*locals_, *others})
        known = {label for name in self._public_names for label in name.split(".")} | _GENERIC
        self._parts = _pattern({part for local in locals_ for part in _parts_of(local)} - known, alone=True)
        self._spelt: re.Pattern[str] | None = None

    def learn(self, texts: Iterable[str]) -> None:
        """Addresses that stand in `texts` as they are will be found in other spellings, too."""
        found = Counter(
            _read(spelling) or ""
            for text in texts
            for spelling in _addresses(text)
            if self._private(spelling)
        )
        often = [address for address, _ in found.most_common(_MOST_ADDRESSES)]
        self._spelt = spellings.pattern_of(often, self._public_addresses)

    def trust(self, name: str) -> None:
        """The server calls itself `name`."""
        if not self._holds_address(name) and name.lower() not in self._own:
            self._public_names |= _and_above(name.lower())

    def hide(self, text: str) -> str:
        """`text` with marks in the place of everything private."""
        text = _MAILBOX.sub(f"{MARK}@", text)
        text = _TOKEN.sub(self._token, text)
        text = _STAR.sub(MARK, text)
        for pattern in (_HEX_PARTS, _MAPPED, _V6, _V4, _NUMBER):
            text = pattern.sub(self._address, text)
        marked = ((self._spelt, MARK), (self._names, NAME), (self._words, MARK), (self._parts, MARK))
        for words, stand_in in marked:
            if words is not None:
                text = words.sub(stand_in, text)
        return _HOST.sub(self._host, text)

    # --- one match ---

    def _token(self, match: re.Match[str]) -> str:
        """A whole name goes where an address is a part of it: the rest names its provider."""
        name = match[0].strip(".-_")
        if not name or not self._holds_address(name):
            return match[0]
        return match[0].replace(name, MARK)

    def _address(self, match: re.Match[str]) -> str:
        return MARK if self._private(match[0]) else match[0]

    def _host(self, match: re.Match[str]) -> str:
        return match[0] if match[0].lower() in self._public_names else MARK

    # --- predicates ---

    def _private(self, spelling: str) -> bool:
        found = _read(spelling)
        return found is not None and found not in self._public_addresses

    def _holds_address(self, name: str) -> bool:
        """Whether a private address is a part of the name `name`, forwards or backwards."""
        if not any(letter.isdigit() for letter in name):
            return False
        if _NIBBLES.search(name):
            return True
        if not any(letter.isalpha() for letter in name):
            return False
        return any(self._private(found) for found in _addresses(name))


def _and_above(name: str) -> set[str]:
    """`name` and the domains above it, of two labels at least."""
    labels = name.split(".")
    return {name, *(".".join(labels[at:]) for at in range(1, len(labels) - 1))}


def _addresses(text: str) -> Iterator[str]:
    """Every spelling of an address in `text`."""
    for pattern in (_HEX_PARTS, _MAPPED, _V6, _V4):
        for match in pattern.finditer(text):
            yield match[0]


def _read(spelling: str) -> str | None:
    """The address that is spelt so, canonical; None where it is none."""
    text = spelling.lower()
    if ":" in text or (text.count("-") >= 2 and not _V4.fullmatch(text)):
        return _read_v6(text.replace("-", ":"))
    if text.isdigit() and len(text) == 12:
        text = ".".join(text[at : at + 3] for at in (0, 3, 6, 9))
    elif "." not in text and "-" not in text and "_" not in text:
        return _read_number(int(text, 0 if text.startswith("0x") else 10))
    if len(re.split(r"[-_.]", text)) > 4:
        return text
    parts = [int(part, 16) if part.startswith("0x") else int(part) for part in re.split(r"[-_.]", text)]
    if max(parts) > 255:
        return None
    return ".".join(map(str, parts))


def _read_v6(text: str) -> str | None:
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError:
        # A sentence may go on behind the address with a colon of its own.
        return _read_v6(text[:-1]) if text.endswith(":") else None
    return str(address.ipv4_mapped or address)


def _read_number(number: int) -> str | None:
    """As inet_aton(3) has it; below 2**24 it is a network of nobody."""
    return str(ipaddress.IPv4Address(number)) if 1 << 24 <= number < 1 << 32 else None


def _short_forms(names: frozenset[str], public: set[str]) -> set[str]:
    """The names, their telling labels, and the domains above them that are not public."""
    known = {label for name in public for label in name.split(".")} | _GENERIC
    found: set[str] = set()
    for name in names:
        labels = name.strip(".").split(".")
        if name.startswith("["):
            continue  # an address literal: addresses are sought by themselves
        found.add(name)
        found |= {label for label in labels[: max(1, len(labels) - 1)] if label not in known}
        found |= _and_above(name) - public
    return {each for each in found if not each.isdigit()}


def _parts_of(local: str) -> Iterator[str]:
    """What a server may call the mailbox `local` by: without its subaddress (RFC 5233), by either name."""
    base, plus, _ = local.partition("+")
    if plus:
        yield base.lower()
    for part in re.split(r"[.+]", local):
        if len(part) >= _LONG and not part.isdigit():
            yield part.lower()


#: What may stand for a character that is neither letter nor digit: itself or another of its kind, escaped
#: (RFC 3986 section 2.1, RFC 3461 section 4, RFC 2045 section 6.7), behind a backslash.
_JOINT = r"(?:[%+=][0-9a-fA-F]{2}|\\?[^\w\s]|_)?"


def _pattern(words: Iterable[str], *, alone: bool = False) -> re.Pattern[str] | None:
    """Finds these words in whatever way they are joined, longest first; None for none.

    Long ones are found inside others, too, unless all stand `alone`.  They are sought in bytes read as
    Latin-1.
    """
    wanted = {word.encode("utf-8", "replace").decode("latin-1") for word in words if word and word != MARK}
    if not wanted:
        return None
    either: list[str] = []
    for word in sorted(wanted, key=lambda word: (-len(word), word)):
        spelt = "".join(
            re.escape(letter) if letter.isalnum() or not letter.isascii() else _JOINT for letter in word
        )
        apart = alone or len(word) < _LONG or word.lower() in _GENERIC
        either.append(rf"(?<![^\W_]){spelt}(?![^\W_])" if apart else spelt)
    return re.compile("(?i)" + "|".join(either))
