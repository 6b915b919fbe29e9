"""Plans made by hand, for the app's pictures: one of each result."""

from __future__ import annotations

from tui_facts import AT

from mailpath.plan import Blocked, Do, Goal, Plan, Proof, Result, Step, Unsafe

_RECORD = "_25._tcp.mx1.b.example. 3600 IN TLSA 3 1 1 <SHA-256 of the next key>"
_STEPS = (
    Step(
        n=1,
        who="dns b.example",
        title="Publish the records of the next key",
        do=(
            Do(
                kind="publish",
                what="Publish the TLSA records of the next key beside those of the present one.",
                records=(_RECORD,),
                nsupdate=("zone b.example.", f"update add {_RECORD}", "send"),
            ),
        ),
        wait_s=3600,
        wait_because="Until the old TLSA records of _25._tcp.mx1.b.example have expired (TTL 3600 s).",
        check="mailpath dnssec _25._tcp.mx1.b.example TLSA",
        undo=("Withdraw these records again: nothing shows that key yet.",),
    ),
    Step(
        n=2,
        who="mail host mx1.b.example",
        title="Switch to the next key",
        do=(Do(kind="switch", what="Let mx1.b.example show the certificate with the next key."),),
        check="mailpath check b.example",
        undo=("Show the old key again: its records are still published.",),
    ),
)
_UNSAFE = Unsafe(
    order='"Switch to the next key" without the wait before it',
    state="new key served, old TLSA record cached",
    postures=("rfc", "postfix-dane"),
    outcome="deferred",
    for_s=3600,
)


def _stopped(goal: Goal, result: Result, reason: str, *blocked: Blocked) -> Plan:
    return Plan(goal=goal, recipient="b.example", at=AT, result=result, reason=reason, blocked=blocked)


PLANS = {
    plan.goal.value: plan
    for plan in (
        _stopped(Goal.REPAIR, Result.ALREADY, "No sender that goes by what is published is refused."),
        _stopped(
            Goal.DANE,
            Result.BLOCKED,
            "The zone of the mail host is not signed.",
            Blocked(by="mx2.provider.example", why="Ask them to sign the zone."),
        ),
        _stopped(Goal.MTA_STS, Result.UNKNOWN, "The walk did not see enough to plan from."),
        Plan(
            goal=Goal.KEY_CHANGE,
            recipient="b.example",
            at=AT,
            result=Result.PLAN,
            reason="2 steps, proven in 4 states under 31 postures.",
            steps=_STEPS,
            proof=Proof(states=4, postures=31),
            unsafe=(_UNSAFE,),
        ),
        _stopped(Goal.LEAVE_DANE, Result.ALREADY, "There are no TLSA records."),
        _stopped(Goal.LEAVE_MTA_STS, Result.ALREADY, "There is no policy."),
    )
}
