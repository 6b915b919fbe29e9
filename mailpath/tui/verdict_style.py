"""A verdict in glyph, word and style.  Under an attack they say whether the mail is read, and only then what
becomes of it: a mail that waits is safe, one that arrives may not be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mailpath.tui.text import OUTCOME_STYLE, OUTCOME_WORD, Glyphs, outcome_word

if TYPE_CHECKING:
    from mailpath.facts import Walk
    from mailpath.judge.model import Verdict
    from mailpath.tui.judging import JudgedWalk


class Mark(msgspec.Struct, frozen=True):
    """`text`: in full, "✗ READ, encrypted to the attacker"; `stop`: shorter, for a table; `cell`: for the
    matrix, "✗ READ" or "✓ defer".  `lost`: the attacker reads the mail."""

    glyph: str
    text: str
    stop: str
    cell: str
    style: str
    lost: bool = False


def of_judged(judged: JudgedWalk, posture: str, glyphs: Glyphs, *, attacked: bool = False) -> Mark:
    """How its verdict is shown; one that is no evidence as just that, whatever it says."""
    if judged.doubt(posture):
        text = f"{glyphs.unknown} NOT EVIDENCE"
        return Mark(glyphs.unknown, text, text, f"{glyphs.unknown} claim", "$error")
    return mark(judged.walk, judged.verdict(posture), glyphs, attacked=attacked)


def mark(walk: Walk, verdict: Verdict, glyphs: Glyphs, *, attacked: bool = False) -> Mark:
    """How `verdict` on `walk` is shown.  `attacked`: an attacker is on that path, and may be served."""
    glyph, word = glyphs.of(verdict.outcome), outcome_word(verdict.outcome)
    cell = OUTCOME_WORD[verdict.outcome] + ("*" if verdict.after_retry else "")
    style = OUTCOME_STYLE[verdict.outcome]
    if not attacked:
        text = f"{glyph} {word}"
        return Mark(glyph, text, text, f"{glyph} {cell}", style)
    from mailpath.attacks.exposure import may_read, reads

    lost = reads(walk, verdict)
    if lost:
        glyph, said, style = glyphs.failed, "READ", "$error"
        cell = "READ" + cell[len(OUTCOME_WORD[verdict.outcome]) :]
        how = word if verdict.outcome == "plaintext" else f"{word} to the attacker"
    elif may_read(walk, verdict):
        glyph, said, how, style = glyphs.unknown, "MAYBE READ", word, "$warning"
    else:
        glyph, said, how, style = glyphs.passed, "NOT READ", word, "$success"
    return Mark(glyph, f"{glyph} {said}, {how.lower()}", f"{glyph} {said}", f"{glyph} {cell}", style, lost)
