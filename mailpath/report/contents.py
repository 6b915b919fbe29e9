"""What every report holds, whatever it looks like: headings, circumstances, what was not tried.

Visible text all of it.  Renderers lay it out and escape it for their own language.
"""

from __future__ import annotations

from collections.abc import Iterator

from mailpath.assess.faults import bounds_reached
from mailpath.facts import Found, Status, StsPolicy, Walk, gave_up_early
from mailpath.judge import Posture, Verdict
from mailpath.judge.message_options import Message, is_policy_fresh
from mailpath.judge.requiretls import announcing, ignored
from mailpath.names import u_labels
from mailpath.report import envelope
from mailpath.report.provenance import sentences
from mailpath.report.result import Result
from mailpath.visible import visible
from mailpath.wording.phrases import clause, join_and
from mailpath.wording.times import span, to_the_second

#: A finding's severity as a step's status: they have their glyphs in common.
SEVERITY = {"error": Status.FAIL, "warning": Status.WEAK, "info": Status.SKIP}


def named(domain: str) -> str:
    """A domain, with its U-labels beside it where it has some."""
    unicode = u_labels(domain)
    return visible(domain) if unicode is None else f"{visible(domain)} ({visible(unicode)})"


def asked(result: Result) -> tuple[tuple[str, str], ...]:
    """(label, text): what the message asks for, and the policy that its sender holds; () where nothing."""
    rows = []
    if result.sending.message is not Message.ORDINARY:
        said = f"{_ASKS[result.sending.message]}; {_announcers(result.walk)}"
        if result.sending.message is Message.REQUIRETLS and not _implements(result.chosen):
            said += f"; {ignored(result.chosen)}"
        rows.append(("Message", said))
    if result.sending.policy_age is not None:
        rows.append(("Policy", _aged(result.known, result.sending.policy_age)))
    return tuple(rows)


def _aged(policy: StsPolicy | None, age: int) -> str:
    if policy is None:
        return f"this walk found none, so the content of one fetched {span(age)} ago is unknown"
    word = "cached" if is_policy_fresh(policy, age) else "expired, so this is a first contact again"
    return f"{word}: {span(age)} old, max_age {span(policy.max_age)}"


_ASKS = {
    Message.REQUIRETLS: "sent with REQUIRETLS (RFC 8689)",
    Message.TLS_REQUIRED_NO: "with TLS-Required: No in the header (RFC 8689)",
}


def _implements(posture: Posture) -> bool:
    return posture.requiretls or "requiretls" in posture.unknown


def _announcers(walk: Walk) -> str:
    """Which MX hosts announce REQUIRETLS."""
    ready = [visible(name) for name in announcing(walk)]
    others = [
        visible(host.name) for host in walk.mx.hosts if host.addresses and visible(host.name) not in ready
    ]
    if not ready:
        return "no MX host offers REQUIRETLS"
    if not others:
        return f"REQUIRETLS is offered by {join_and(ready)}"
    return f"REQUIRETLS is offered by {join_and(ready)}, not by {join_and(others)}"


def circumstances(result: Result) -> tuple[tuple[str, str], ...]:
    """(label, text): which path, when, from where, through which resolver, by which version, and what the
    trust in it rests on where that is not what everybody trusts.  Of a replay the first ones are claims."""
    walk = result.walk
    sender = named(walk.path.sender) if walk.path.sender is not None else "any sender"
    when = to_the_second(result.made)
    if result.at != result.made:
        when += f", judged as of {to_the_second(result.at)}"
    replayed = result.provenance.replayed
    says = "the capture says " if replayed else ""
    ehlo = visible(walk.sender.ehlo) or ("no name" if replayed else "this machine")
    seen = f"{ehlo}, resolver {visible(walk.resolver)}"
    return (
        ("Path", f"{sender} to {named(walk.path.recipient)}"),
        *asked(result),
        ("Walked", f"{says}{when}"),
        ("From", f"{says}{seen}"),
        ("By", f"mailpath {result.mailpath}"),
        *(("Trust", text) for text in [" ".join(trusts(result))] if text),
    )


def trusts(result: Result) -> tuple[str, ...]:
    """What the trust in the walk rests on, and whether its verdict is evidence; sentences, () where all is
    as usual."""
    told = sentences(result.provenance)
    if not result.doubt:
        return told
    taken = " It counts anyway, because of --trust-capture." if result.on_trust else ""
    return (f"Not evidence: {result.doubt}.{taken}", *told)


def no_evidence(result: Result) -> str:
    """Which verdicts are none, one sentence; "" where all of them are evidence."""
    doubted = [name for name, why in result.doubts.items() if why]
    if not doubted:
        return ""
    return f"Not evidence: {'all of them' if len(doubted) == len(result.doubts) else ', '.join(doubted)}."


def outcome(verdict: Verdict) -> str:
    """The outcome in one or three words: "plaintext on retry"."""
    return f"{verdict.outcome.value}{' on retry' if verdict.after_retry else ''}"


def possible(verdict: Verdict) -> str:
    """What an unknown outcome may be; "" where nothing is open."""
    return " or ".join(each.value for each in verdict.possible)


#: What a verdict hangs on where our own wait ended an exchange and is taken for the sender's.
_IMPATIENT = 'the sender is assumed to wait no longer than we do (patience "ours")'


def not_tried(result: Result) -> tuple[str, ...]:
    """What the report does not know, and why; sentences, each once."""
    return tuple(dict.fromkeys(_not_tried(result)))


def _not_tried(result: Result) -> Iterator[str]:
    walk = result.walk
    for bound in bounds_reached(walk):
        yield f"The walk was cut short: {visible(bound)}."
    for session in walk.starttls.sessions:
        if session.not_tried:
            yield f"A session with {session.address}: {visible(session.not_tried)}."
        elif gave_up_early(walk, session):
            yield f"The rest of the session with {session.address}: {clause(visible(session.detail))}."
        elif session.limit is not None and walk.patience == "ours":
            yield f"A longer wait for {session.address}: {_IMPATIENT}."
    for host in walk.tlsa.hosts:
        if host.not_tried:
            yield f"TLSA of {visible(host.host)}: {visible(host.not_tried)}."
    if walk.sts.fetch is not None and walk.sts.fetch.limit is not None and walk.patience == "ours":
        yield f"A longer wait for the policy: {_IMPATIENT}."
    if walk.sts.policy_id is None and walk.sts.fetch is None and walk.sts.found is Found.ABSENT:
        yield "The policy: no valid record announces one."
    if not envelope.said_mail_from(walk):
        yield "Whether a server accepts this sender and recipient: no MAIL FROM was sent (see --envelope)."
    if result.sending.policy_age is None or result.known is None:
        yield "A policy that the sender may have cached at an earlier delivery."
