"""Whether what a learner reads before a prediction gives its answer away.

A sentence that speaks of several options gives nothing away; one that speaks of the right one alone does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailpath.facts.steps import TITLES
from mailpath.lab.scenario import Scenario
from mailpath.lessons.grammar import Do, Lesson, Predict, Transfer, wrong_of, wrong_texts
from mailpath.lessons.path import shown_texts
from mailpath.lessons.worlds import World

#: How texts speak of an outcome.
_WORDS = {
    "authenticated": r"authenticat|verified",
    "encrypted": r"encrypt",
    "plaintext": r"plain ?text|in the clear|unencrypted|clear text",
    "deferred": r"defer|is held back|keeps the mail|stays in the queue",
    "bounced": r"bounce|returned to (?:its|the) sender",
    "read": r"(?:reads|can read|is read)\b",
    "yes": r"attacker reads|is read by the attacker",
    "no": r"cannot read|does not read|reads nothing",
    "certificate": r"certificate",
    "signatures": r"signature",
    "policy": r"policy",
}
#: What is asked -> what a sentence says of it that answers it.
_SAYS = {
    "host": re.compile(r"\b(?:gets?|takes|receives|deliver|goes to)", re.IGNORECASE),
    "ends": re.compile(r"\b(?:ends?|expires?|runs? out|first)\b", re.IGNORECASE),
}
_SENTENCE = re.compile(r"[^.!?]+[.!?]?")


def leaks(lesson: Lesson, number: int, worlds: list[World], answer: str) -> Iterator[tuple[str, str]]:
    """(key, sentence) of each sentence that gives the answer to step `number` away."""
    step = lesson.step[number]
    assert isinstance(step, Predict | Transfer)
    for key, text in _read_before(lesson, number, worlds):
        for sentence in _SENTENCE.findall(text):
            says = _SAYS.get(step.answer.of)
            if says is not None and not says.search(sentence):
                continue  # it only names what is there
            spoken = {option for option in step.options if speaks_of(sentence, option)}
            if spoken == {answer}:
                yield key, " ".join(sentence.split())


def _read_before(lesson: Lesson, number: int, worlds: list[World]) -> Iterator[tuple[str, str]]:
    yield "title", lesson.title
    yield "about", lesson.about
    yield f"step[{number}].ask", getattr(lesson.step[number], "ask", "")
    scenario = worlds[number].scenario
    own = lesson.step[number].scenario or lesson.scenario
    if isinstance(own, Scenario):
        yield from ((f"scenario.{key}", getattr(own, key)) for key in ("title", "teaches", "hint"))
    yield "scenario", scenario.about
    yield "scenario", scenario.domain.replace("-", " ")
    yield from (("scenario", server.host.replace("-", " ")) for server in scenario.server)
    for earlier in range(number):
        step = lesson.step[earlier]
        if worlds[earlier] != worlds[number]:
            continue  # it tells of another world
        for text in shown_texts(step):
            yield f"step[{earlier}]", text
        if isinstance(step, Do):
            yield from ((f"step[{earlier}].hints", hint) for hint in step.hints)
        yield from ((f"step[{earlier}].wrong", wrong_of(text).says) for text in wrong_texts(step))


def speaks_of(sentence: str, option: str) -> bool:
    """Whether a sentence speaks of this answer: of "encrypted, read" where it speaks of both."""
    words = option.partition("/")[0].split(", ")
    words += ["read"] if option.endswith(", read") and "read" not in words else []
    return all(_names(sentence, word) for word in words)


def _names(sentence: str, word: str) -> bool:
    if word in TITLES:
        return re.search(rf"\b{re.escape(TITLES[word])}\b", sentence, re.IGNORECASE) is not None
    stems = _WORDS.get(word)
    pattern = rf"\b(?:{stems})" if stems else rf"\b{re.escape(word)}\b"
    return re.search(pattern, sentence, re.IGNORECASE) is not None
