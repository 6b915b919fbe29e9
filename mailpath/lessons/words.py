"""How an option reads that has no text of its own, and a condition that does not hold yet."""

from __future__ import annotations

from collections.abc import Mapping

from mailpath.facts.steps import TITLES
from mailpath.lessons.edits import parse
from mailpath.lessons.grammar import Condition

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


def told_unmet(wanted: Condition) -> str:
    """What is still to be reached, in one sentence: the condition's own, or one made of what it asks for."""
    if wanted.says:
        return " ".join(wanted.says.split())
    asked = [
        f"the mail must never be {wanted.never} on the way" if wanted.never else "",
        f"the mail must be {wanted.outcome.partition('/')[0]}" if wanted.outcome else "",
        f"it must go to {wanted.host}" if wanted.host not in ("", "none") else "",
        "the attacker must read it" if wanted.reads else "",
        "the attacker must not read it" if wanted.reads is False else "",
    ]
    told = ", and ".join(each for each in asked if each)
    if not told:
        return "Something is still missing."
    cases = [f"with {wanted.posture}, " if wanted.posture else "", *map(_told_case, wanted.world)]
    sentence = f"{''.join(cases)}{told}."
    return sentence[0].upper() + sentence[1:]


def _told_case(edit: str) -> str:
    made = parse(edit)
    if made.verb == "attack":
        return "without an attack, " if made.value == "none" else f"under {made.value}, "
    return f"after `{edit}`, "
