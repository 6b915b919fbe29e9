"""Small grammar for the panels' sentences."""

from __future__ import annotations


def sentence(text: str) -> str:
    """`text` with a capital first letter (unless it begins with a name) and one full stop."""
    text = text.strip().rstrip(".")
    first = text.split(" ", 1)[0]
    # "mx1.b.example: ..." begins with a name, which keeps its case.
    if first.isalpha():
        text = text[:1].upper() + text[1:]
    return text if text.endswith(("!", "?", "…")) else f"{text}."


def clause(text: str) -> str:
    """`text` to stand inside a sentence: "The key ..." becomes "the key ...", "DANE ..." stays."""
    plain_capital = text[:1].isupper() and not text[1:2].isupper()
    return (text[:1].lower() + text[1:] if plain_capital else text).rstrip(".")


def count(number: int, thing: str) -> str:
    """ "1 host", "3 hosts", "2 addresses"."""
    ending = "" if number == 1 else "es" if thing.endswith("s") else "s"
    return f"{number} {thing}{ending}"
