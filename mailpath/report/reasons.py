"""What a server's own log does not say: the rule that decided, and what was wrong with a certificate.

A reader of the RFCs would expect something else where a rule decided; the sender's sentence ("Server
certificate not verified") is the same whatever was wrong.
"""

from __future__ import annotations

import re

from mailpath.judge import Attempt, Event, Posture, Verdict
from mailpath.judge.events import NOT_VERIFIED
from mailpath.judge.rules import told
from mailpath.visible import visible
from mailpath.wording.phrases import clause

_HIDDEN = (*NOT_VERIFIED, Event.HANDSHAKE_FAILED)


def rules(posture: Posture, each: Attempt | Verdict) -> str:
    """What the rules that decided make this sender do, as a clause; "" where none did."""
    first, *more = (told(posture, rule) for rule in each.because) if each.because else ("",)
    # The subject is the same: "this sender does this; it does that".
    return "; ".join((first, *(re.sub("^this sender ", "it ", each) for each in more)))


def beside(posture: Posture, tried: Attempt) -> str:
    """What belongs beside the sentence in the log, as a clause; "" where that says it all."""
    why = visible(tried.why).rstrip(".") if tried.event in _HIDDEN else ""
    hidden = clause(why) if why not in tried.reason else ""
    return "; ".join(part for part in (hidden, rules(posture, tried)) if part)
