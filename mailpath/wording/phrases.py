"""Small grammar: sentences, clauses, lists and numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def sentence(text: str, name: str = "") -> str:
    """`text` with a capital first letter and a full stop, unless it ends with another mark.

    A name it begins with keeps its case: "mx1.b.example: ...", or `name`, which may be of one label.
    """
    text = text.strip().rstrip(".")
    first = text.split(" ", 1)[0]
    if first.isalpha() and first != name:
        text = text[:1].upper() + text[1:]
    return text if not text or text.endswith(("!", "?", "…")) else f"{text}."


def clause(text: str) -> str:
    """`text` to stand inside a sentence: "The key ..." becomes "the key ...", "DANE ..." stays."""
    text = text.strip().rstrip(".")
    ordinary = text[:1].isupper() and not text[1:2].isupper()
    return text[:1].lower() + text[1:] if ordinary else text


def join_and(items: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"; there is at least one."""
    *first, last = items
    return f"{', '.join(first)} and {last}" if first else last


def count(number: int, thing: str) -> str:
    """ "1 host", "3 hosts", "2 addresses"."""
    ending = "" if number == 1 else "es" if thing.endswith("s") else "s"
    return f"{number} {thing}{ending}"


def amount(number: int, thing: str) -> str:
    """The same of what may be many: "1 mail", "1,234 mails"."""
    return f"{number:,}{count(number, thing).removeprefix(str(number))}"


def did_you_mean(word: str, among: Iterable[str]) -> str:
    """ " Did you mean 'check'?", to follow the sentence that refuses `word`; "" where nothing is near it."""
    from difflib import SequenceMatcher

    among = list(among)
    matcher = SequenceMatcher(None, "", word.casefold()[:80])
    nearest, likeness = "", 0.7
    for each in among:
        matcher.set_seq1(each.casefold())
        if matcher.ratio() > likeness:
            nearest, likeness = each, matcher.ratio()
    if not nearest and len(word) > 2:  # what a shell would complete
        begun = {each for each in among if each.casefold().startswith(word.casefold())}
        nearest = begun.pop() if len(begun) == 1 else ""
    return f" Did you mean {nearest!r}?" if nearest else ""
