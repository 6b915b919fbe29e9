"""Postfix's smtp_tls_policy_maps: exceptions for exactly the domains that newly break (postconf(5)).

An exception is what the sender does today; a table that is forgotten keeps mail from being protected for
ever, so each says until when to look again.
"""

from __future__ import annotations

from collections.abc import Iterator

from mailpath.judge.posture import DaneUse, Level, Posture
from mailpath.survey.out.decision import broken_under, decisions, headline
from mailpath.survey.results import Results
from mailpath.visible import visible
from mailpath.wording.layout import wrapped
from mailpath.wording.phrases import amount
from mailpath.wording.times import DAY, day

#: Seconds after which an exception is to be looked at again.
LOOK_AGAIN = 30 * DAY
_WIDTH = 100


def render(results: Results, posture: str, *, today: Posture | None, made: int) -> str:
    """The table, for `postmap`; ends with a newline.  `today`: the posture that the survey was compared with;
    `made`: Unix time.
    """
    return "\n".join(_lines(results, posture, level_of(today), made)) + "\n"


def level_of(today: Posture | None) -> str:
    """The level of a policy that treats a domain as today."""
    if today is None:
        return "may"
    if today.dane is DaneUse.MANDATORY:
        return "dane-only"
    if today.dane is not DaneUse.OFF and today.level in (Level.MAY, Level.NONE):
        return "dane"
    return str(today.level)


def _lines(results: Results, posture: str, level: str, made: int) -> Iterator[str]:
    decision = next(each for each in decisions(results) if each.posture == posture)
    again = day(made + LOOK_AGAIN)
    broken = broken_under(results, posture)
    yield from _comment(
        f"smtp_tls_policy_maps: exceptions from {posture}. {headline(results, decision)}"
        f" Surveyed on {day(made)} by mailpath {results.mailpath}, compared with {results.today}."
    )
    if broken:
        yield from _comment(
            f"Look again by {again}: survey the same list, and take out what is mended. Until then mail to"
            f" these domains goes as it does today (level {level}), without what {posture} protects it from."
        )
        yield "# main.cf: smtp_tls_policy_maps = hash:/etc/postfix/tls_policy"
        yield "# then:    postmap /etc/postfix/tls_policy"
        yield "# A table of MTA-STS policies (socketmap:...) stands behind this one: the first match counts."
    else:
        yield "# There is no exception to make."
    for each in broken:
        yield ""
        said = each.said or f"{each.reason.title}."
        seen = f" Seen at {each.row.assumed_from}, of the same provider." if each.row.assumed_from else ""
        code = f"{each.reason.code}: " if each.reason.code else ""
        yield from _comment(f"{amount(each.row.mails, 'mail')}. {code}{said}{seen} Look again by {again}.")
        yield f"{each.row.domain}    {level}"


def _comment(text: str) -> Iterator[str]:
    """Lines that begin with "#": `text` is visible, so that none of it begins a line of its own."""
    for line in wrapped(visible(text, limit=2000), _WIDTH):
        yield f"# {line}"
