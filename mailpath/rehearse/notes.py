"""What cannot be carried over, and how foreign octets become text of a scenario file."""

from __future__ import annotations

import re

from mailpath.visible import visible

#: Notes of one capture: a hostile one must not fill the screen.
MOST_NOTES = 100
_PLAIN = re.compile(r"(?:\*\.)?[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?\Z")


class Notes:
    """Sentences for people, in order, each once (visible text)."""

    def __init__(self) -> None:
        self._said: dict[str, None] = {}

    def add(self, about: str, sentence: str) -> None:
        """`about`: a foreign name; `sentence`: ours, without a full stop."""
        if len(self._said) < MOST_NOTES:
            self._said[f"{visible(about, limit=100)}: {sentence}."] = None

    @property
    def sentences(self) -> tuple[str, ...]:
        """All of them."""
        return tuple(self._said)

    def text(self, about: str, octets: bytes) -> str:
        """`octets` as text; a scenario file is UTF-8."""
        try:
            return octets.decode("utf-8")
        except UnicodeDecodeError:
            self.add(about, "it said octets that are not UTF-8; question marks stand for them here")
            return octets.decode("utf-8", "replace").replace("\ufffd", "?")


def is_plain(name: str) -> bool:
    """Whether a scenario file can hold `name` as a host name."""
    return _PLAIN.match(name) is not None and ".." not in name


def relative(name: str, domain: str) -> str:
    """The absolute `name` as a scenario of `domain` writes it: "@", "mx1", "mx1.other.example."."""
    if name == domain:
        return "@"
    below = name.removesuffix(f".{domain}")
    return below if below != name else f"{name}."


def absolute(name: str, domain: str) -> str:
    """What `relative` was given."""
    if name == "@":
        return domain
    return name.removesuffix(".") if name.endswith(".") else f"{name}.{domain}"
