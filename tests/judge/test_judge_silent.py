"""Fields about which a posture's source is silent: each value is played, and what hangs on it is unknown."""

from __future__ import annotations

from judge_builders import WEB, down, ended, mx, path, plain, tls
from msgspec.structs import replace
from test_judge_patience import slow_greeting

from mailpath.exchanges import Failure, Stage
from mailpath.judge import MAX_COMBINATIONS, Event, Outcome, Verdict, judge, possible_verdicts
from mailpath.judge.presets import PRESETS

MAY = PRESETS["postfix-may"]
#: Does it try IPv6 addresses?  The source does not say.
SILENT = replace(MAY, name="ours", unknown={"ipv6": (True, False)})
ABOUT = "the sources on ours are silent about ipv6"
not_recorded = ended(Failure.NOT_RECORDED, Stage.CONNECT)


def judged(v6, v4, posture=SILENT):
    return judge(path(mx("mx1", v4, v6=v6)), posture)


def test_where_every_value_comes_to_the_same_the_verdict_stands():
    found = judged(tls(WEB), tls(WEB))
    assert (found.outcome, found.possible, found.posture) == (Outcome.ENCRYPTED, (), "ours")
    assert found.reason == judged(tls(WEB), tls(WEB), MAY).reason
    slow = judged(slow_greeting, slow_greeting)  # unknown in the same way, whatever it tries
    assert slow.possible == (Outcome.ENCRYPTED, Outcome.PLAINTEXT, Outcome.DEFERRED)
    assert ABOUT not in slow.reason


def test_where_the_values_differ_the_reason_names_the_field():
    found = judged(plain, tls(WEB))
    assert (found.outcome, found.event) == (Outcome.UNKNOWN, Event.SOURCE_SILENT)
    assert found.possible == (Outcome.ENCRYPTED, Outcome.PLAINTEXT)
    assert found.reason == f"cannot be determined: {ABOUT}"


def test_what_is_unknown_for_another_reason_too_gives_both():
    slow = judged(slow_greeting, down)
    assert slow.possible == (Outcome.ENCRYPTED, Outcome.PLAINTEXT, Outcome.DEFERRED)
    assert slow.reason.startswith("cannot be determined from here: we waited 30 s for the greeting")
    assert slow.reason.endswith(f"; and {ABOUT}")
    behind = judged(down, slow_greeting, replace(SILENT, unknown={"ipv6": (False, True)}))
    assert behind.reason.startswith("cannot be determined from here: we waited 30 s for the greeting")


def test_where_one_value_leads_to_what_nobody_has_seen_anything_is_possible():
    found = judged(not_recorded, down)
    assert (found.outcome, found.possible) == (Outcome.UNKNOWN, ())
    assert found.reason == f"cannot be determined from here: this session was not recorded; and {ABOUT}"


def reading(*fields):
    """A delivery that asks for these fields, and tells by its reason what they were."""

    def deliver(_walk, posture, _cached):
        said = ",".join(str(getattr(posture, field)) for field in fields)
        return Verdict(posture=posture.name, outcome=Outcome.DEFERRED, reason=said, event=Event.MX_FAILED)

    return deliver


def test_each_combination_of_what_is_asked_for_is_played_once():
    limits = {"address_limit": (0, 1, 2), "session_limit": (0, 1), "ipv6": (True, False)}
    posture = replace(MAY, unknown=limits)
    found = possible_verdicts(path(), posture, None, reading("address_limit", "session_limit"))
    assert sorted(each.reason for each in found) == ["0,0", "0,1", "1,0", "1,1", "2,0", "2,1"]


def test_no_more_combinations_are_played_than_anybody_waits_for():
    unknown = {field: tuple(range(20)) for field in ("address_limit", "session_limit")}
    found = possible_verdicts(path(), replace(MAY, unknown=unknown), None, reading(*unknown))
    assert len(found) == MAX_COMBINATIONS
