"""What a step of a lesson is about, and what it must not show as long as something is asked.  Pure."""

from __future__ import annotations

from msgspec.structs import replace

from mailpath.errors import MailpathError
from mailpath.lessons.grammar import Do, Explain, Predict, See, Transfer
from mailpath.lessons.session import Session


def keeps_to_one(session: Session) -> bool:
    """Whether what other senders do here stays hidden: it is asked later, or to be found."""
    step, domain = session.step, session.world.scenario.domain
    if isinstance(step, Do) and "posture" in step.may and not session.is_finished:
        return True
    for number in range(session.number + 1, len(session.lesson.step)):
        later = session.lesson.step[number]
        if isinstance(later, Predict | Transfer) and number not in session.progress.given:
            asked = Session(session.lesson, replace(session.progress, step=number))
            try:
                if asked.world.scenario.domain == domain:
                    return True
            except MailpathError:  # what this world is hangs on edits that are still to be made
                return True
    return False


def posture_of(session: Session) -> str:
    """Whose verdict a step is about; "" where it does not say."""
    match session.step:
        case Predict() | Transfer():
            return session.step.answer.posture
        case See():
            return session.step.posture
        case Explain() | Do():
            conditions = session.step.goal if isinstance(session.step, Do) else ()
            return next((each.posture for each in conditions if each.posture), "")
    return ""
