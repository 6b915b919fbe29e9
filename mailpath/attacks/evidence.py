"""Why an attack works, or why it does not, told from the facts of the tampered walk.  Pure.

The facts are the validator's and the matchers' own: a forged answer is "bogus" here because the walk found
it so.
"""

from __future__ import annotations

from mailpath.attacks.catalogue import parse
from mailpath.attacks.exposure import goes_to_attacker
from mailpath.facts import Walk
from mailpath.judge import Outcome, Verdict
from mailpath.judge.model import DELIVERED
from mailpath.visible import visible


def evidence(
    after: Walk, attack: str, verdict: Verdict, *, touched: bool = True, steer_to: str | None = None
) -> str:
    """For example "the MX RRset is signed, and the forged one is bogus; deferred (...)"."""
    effect = explain_effect(after, verdict)
    if not touched:
        return f"it finds nothing to tamper with; {effect}"
    causes = [] if steer_to is None else [f"only {visible(steer_to)} is reachable"]
    for each in parse(attack):
        causes.append(each.cause if isinstance(each.cause, str) else each.cause(after, verdict))
    return "; ".join(filter(None, (*causes, effect)))


def explain_effect(walk: Walk, verdict: Verdict) -> str:
    """What the sender does then, in a few words."""
    if verdict.outcome not in DELIVERED:
        return f"{verdict.outcome.value} ({verdict.reason})"
    taken = goes_to_attacker(walk, verdict)
    host = "the attacker" if taken else visible(verdict.host or "")
    if verdict.outcome is Outcome.PLAINTEXT:
        sent = f"sent to {host} in the clear"
    elif taken:
        authenticated = verdict.outcome is Outcome.AUTHENTICATED
        sent = f"delivered to {host}, {('which passes for the real host' if authenticated else 'encrypted')}"
    else:
        sent = f"delivered {verdict.outcome.value} to {host}"
    # The hosts that were tried before the one that takes the mail: what an attack does is often this.
    passed = list(dict.fromkeys(each.host for each in verdict.attempts if each.host != verdict.host))
    if passed:
        over = f"{visible(passed[0])} is" if len(passed) == 1 else f"{len(passed)} hosts are"
        sent = f"{over} skipped; {sent}"
    return f"{sent} on a retry" if verdict.after_retry else sent
