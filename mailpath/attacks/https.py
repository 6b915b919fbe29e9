"""What an attacker does to the fetch of an MTA-STS policy (RFC 8461 section 10.2).

It cannot change what comes over verified HTTPS, only keep it from coming.
"""

from __future__ import annotations

from mailpath.attacks.dns import has_records
from mailpath.attacks.record import Attack, Forged, Need, Victim
from mailpath.exchanges import DnsExchange, Failure, HttpsExchange, HttpsRequest, Question
from mailpath.facts import Security, Walk
from mailpath.judge import Verdict

DROPPED = "packets to the policy host are dropped (simulated attack)"


def _deny_record(victim: Victim, question: Question, answered: DnsExchange) -> Forged | None:
    record = (question.rdtype, question.name) == ("TXT", f"_mta-sts.{victim.recipient}")
    return Forged() if record and has_records(answered) else None


def _drop_fetch(victim: Victim, request: HttpsRequest) -> HttpsExchange | None:
    if not request.url.startswith(f"https://mta-sts.{victim.recipient}/"):
        return None
    return HttpsExchange(request=request, failure=Failure.TIMEOUT, detail=DROPPED)


def _explain_policy(after: Walk, verdict: Verdict) -> str:
    txt = after.sts.txt
    found = "the sender finds no MTA-STS policy"
    if txt is not None and txt.security is Security.BOGUS:
        found = "the denial of the MTA-STS record is bogus, but without an answer there is no policy"
    return f"{found}; the cached policy applies" if verdict.policy_state == "cached" else found


ATTACKS = (
    Attack(
        name="block-policy",
        title="The MTA-STS policy is blocked",
        does="Denies that the _mta-sts record exists, and blocks the policy fetch.",
        needs=(Need.DNS, Need.WEB_PATH),
        stopped_by="A cached policy: only the first contact is unprotected (RFC 8461 section 10.2).",
        cost=3,
        opens=True,
        dns=_deny_record,
        https=_drop_fetch,
        cause=_explain_policy,
    ),
)
