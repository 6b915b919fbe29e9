"""A verdict in glyph, word and style: an outcome is no success where it is the attacker who gets the mail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mailpath.tui.text import OUTCOME_STYLE, OUTCOME_WORD, Glyphs, outcome_word

if TYPE_CHECKING:
    from mailpath.facts import Walk
    from mailpath.judge.model import Verdict
    from mailpath.tui.judging import JudgedWalk


class Mark(msgspec.Struct, frozen=True):
    """`text`: in full, "! ENCRYPTED, to the attacker"; `stop`: for a stop of the rail; `cell`: for the
    matrix, "! read".  `lost`: the attacker reads the mail."""

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
    retried = "*" if verdict.after_retry else ""
    if attacked:
        from mailpath.attacks.exposure import reads

        if reads(walk, verdict):
            clear = verdict.outcome == "plaintext"
            how = "read by the attacker" if clear else "to the attacker"
            return Mark(
                glyph=glyphs.weak,
                text=f"{glyphs.weak} {word}, {how}",
                stop=f"{glyphs.weak} {word if clear else 'TO ATTACKER'}",
                cell=f"{glyphs.weak} read{retried}",
                style="$error",
                lost=True,
            )
    style = OUTCOME_STYLE[verdict.outcome]
    text = f"{glyph} {word}"
    return Mark(glyph, text, text, f"{glyph} {OUTCOME_WORD[verdict.outcome]}{retried}", style)
