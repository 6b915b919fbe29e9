"""How an option reads that has no text of its own."""

from __future__ import annotations

from collections.abc import Mapping

from mailpath.facts.steps import TITLES

_OUTCOMES = {
    "authenticated": "It is delivered, and the server has proved who it is.",
    "encrypted": "It is delivered, encrypted, to whoever answers.",
    "plaintext": "It is delivered in the clear.",
    "deferred": "It waits; the sender tries again later.",
    "bounced": "It goes back to whoever wrote it.",
}
#: Where somebody sits on the path, each of them may end with that somebody reading it.
_READ = {
    "authenticated": "It is delivered; the other end has passed the check, and the attacker reads it.",
    "encrypted": "It is delivered, encrypted, and the attacker reads it.",
    "plaintext": "It is delivered in the clear, and the attacker reads it.",
}
_OTHERS = {
    "yes": "Yes, the attacker reads it.",
    "no": "No, the attacker reads nothing.",
    "none": "None of them.",
    "certificate": "A certificate.",
    "signatures": "The signatures in DNS.",
    "policy": "The policy in the sender's cache.",
}


def option_text(say: Mapping[str, str], key: str) -> str:
    """The text of an option: its own, of `say`, or the usual one."""
    return " ".join(say.get(key, usual_text(key)).split())


def usual_text(key: str) -> str:
    """For an answer that is always the same kind of answer."""
    outcome, read = key.removesuffix(", read"), key.endswith(", read")
    outcome, slash, _ = outcome.partition("/retry")
    if read and outcome in _READ:
        text = _READ[outcome]
    else:
        text = _OUTCOMES.get(outcome) or _OTHERS.get(key) or TITLES.get(key, key)
    return f"It waits at first. On a later attempt: {text[0].lower()}{text[1:]}" if slash else text
