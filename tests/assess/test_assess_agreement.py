"""Line, findings and the verdict of the RFCs' sender never contradict one another, whatever the walk.

Each host is looked at as the only one of its path, and each address as the only one of its host: then the
panels, the findings and the verdict speak of the same sessions.  A verdict that cannot be told from here
contradicts nothing.  Otherwise these are contradictions:

* the STARTTLS line is PASS, and the sender that came to a session there did not deliver over TLS at once; or
  it says that DANE matches, and the sender did not authenticate the host;
* the sender delivers over TLS and the line is neither PASS nor WEAK, or authenticates the host and it is not
  PASS; it delivers in the clear and the line is PASS;
* a session there holds the mail back, and the line is neither FAIL nor ERROR;
* mail is held back, and every panel is at peace;
* a finding of severity error says that the host is of no use (`NO_USE`), gives no TLS (`NO_TLS`), is not what
  DANE or an enforced policy asks for (`DANE_BROKEN`, `POLICY_BROKEN`), and the sender gets past exactly that;
* mail is held back by an event, and no finding tells of its cause (`TOLD_BY`).
"""

from __future__ import annotations

from collections.abc import Iterator

from any_walks import SECURITIES, SESSIONS, walks
from hypothesis import assume, given
from hypothesis import strategies as st
from judge_builders import WEB, ee, mx, path, plain
from msgspec.structs import replace

from mailpath.assess.tlsa import tlsa_of
from mailpath.facts import Found, MxHost, MxKind, StarttlsFacts, Status, Walk
from mailpath.findings import Severity, find
from mailpath.judge import Mechanism, Outcome, Verdict, judge
from mailpath.judge.events import UNTOLD, Event
from mailpath.judge.model import DELIVERED
from mailpath.judge.presets import PRESETS
from mailpath.match import dane, pkix
from mailpath.steps.registry import results
from mailpath.steps.sts import read

RFC = PRESETS["rfc"]
OVER_TLS = (Outcome.AUTHENTICATED, Outcome.ENCRYPTED)
BY_DANE = (Mechanism.DANE_EE, Mechanism.DANE_TA)

#: What ends a session, and the codes of which one tells why.
TOLD_BY = {
    Event.CONNECT_FAILED: {"TLS001", "TLS020"},
    Event.GREETING_REFUSED: {"TLS016", "TLS019"},
    Event.GREETING_LOST: {"TLS018", "TLS019"},
    Event.EHLO_LOST: {"TLS017", "TLS018"},
    Event.EHLO_REFUSED: {"TLS017"},
    Event.STARTTLS_ABSENT: {"TLS002", "TLS017", "TLS021"},
    Event.STARTTLS_REFUSED: {"TLS003"},
    Event.STARTTLS_LOST: {"TLS004"},
    Event.HANDSHAKE_FAILED: {"TLS004", "TLS006", "TLS007"},
    Event.TLSA_MISMATCH: {"TLS025"},
    Event.CERTIFICATE_ABSENT: {"TLS007"},
    # Under DANE-TA the trust anchor may match, and the path below it be no good.
    Event.CERTIFICATE_UNTRUSTED: {"TLS008", "TLS011", "TLS012", "TLS025"},
    Event.CERTIFICATE_EXPIRED: {"TLS009", "TLS025"},
    Event.CERTIFICATE_NOT_YET_VALID: {"TLS009", "TLS025"},
    Event.CERTIFICATE_WEAK: {"TLS023", "TLS025"},
    Event.CERTIFICATE_NAME_MISMATCH: {"TLS010", "TLS025"},
    Event.TLS_LOST: {"TLS018"},
    Event.TLS_EHLO_REFUSED: {"TLS018"},
}
#: The same of what comes before any session.
TOLD_BEFORE = {
    Event.MX_FAILED: {"MX005", "SEC003"},
    Event.TLSA_FAILED: {"TLSA005"},
    Event.DANE_UNKNOWN: {"TLSA005", "MX013"},
    Event.STS_MX_UNLISTED: {"STS013"},
}
NO_USE = {"TLS001", "TLS016", "TLS018", "TLS019"}
NO_TLS = {"TLS002", "TLS003", "TLS004", "TLS017"}
DANE_BROKEN = {"TLSA002", "TLSA005", "TLSA008", "TLSA009", "TLSA012", "TLS025"}
POLICY_BROKEN = {"STS013", "STS014", "STS017", "TLS008", "TLS009", "TLS010", "TLS011", "TLS012"}


def as_walked(walk: Walk) -> Walk:
    """`walk`, which the builders made, with what the steps make of records and policy as they read them."""
    hosts = []
    for host in walk.tlsa.hosts:
        asked = [
            replace(each, records=tuple(replace(one, unusable=dane.unusable(one)) for one in each.records))
            for each in host.candidates
        ]
        hosts.append(replace(host, candidates=tuple(asked)))
    facts = walk.sts
    if facts.fetch is not None:
        refused = pkix.check_policy_host(facts.fetch.chain, facts.fetch.host, walk.roots, walk.at)
        facts = read(replace(facts, fetch=replace(facts.fetch, verify_error=refused)))
    lookup, kind = walk.mx.lookup, MxKind.HOSTS
    if lookup.broken:
        kind = MxKind.FAILED
    elif lookup.found is Found.ABSENT:
        kind = MxKind.IMPLICIT
    mx = replace(walk.mx, kind=kind)
    return replace(walk, mx=mx, tlsa=replace(walk.tlsa, hosts=tuple(hosts)), sts=facts)


def only(walk: Walk, host: MxHost) -> Walk:
    """The walk whose path has no other host."""
    tlsa = replace(walk.tlsa, hosts=(tlsa_of(walk, host.name),))
    return replace(walk, mx=replace(walk.mx, hosts=(host,)), tlsa=tlsa)


def contradictions(walk: Walk, host: MxHost) -> Iterator[str]:
    """What is said of the one host of `walk` that cannot all be so."""
    verdict = judge(walk, RFC)
    if verdict.outcome is Outcome.UNKNOWN or verdict.event in UNTOLD:
        return
    yield from _lines(walk, verdict)
    if len(host.addresses) == 1:
        yield from _findings(walk, verdict)


def _lines(walk: Walk, verdict: Verdict) -> Iterator[str]:
    lines = {each.id: each for each in results(walk)}
    status, outcome = lines["starttls"].status, verdict.outcome
    at_once = outcome in OVER_TLS and not verdict.after_retry
    came_to_a_session = outcome in DELIVERED or verdict.event in TOLD_BY
    if status is Status.PASS and came_to_a_session and not at_once:
        yield "PASS, and nothing is delivered over TLS"
    came_to_the_host = came_to_a_session or verdict.event in (
        Event.TLSA_FAILED,
        Event.DANE_UNKNOWN,
        Event.STS_MX_UNLISTED,
    )
    matches = status is Status.PASS and "DANE matches (" in lines["starttls"].summary
    if matches and came_to_the_host and outcome is not Outcome.AUTHENTICATED:
        yield "DANE matches, and the host is not authenticated"
    if at_once and status not in (Status.PASS, Status.WEAK):
        yield "delivered over TLS, and the line says otherwise"
    if outcome is Outcome.AUTHENTICATED and status is not Status.PASS:
        yield "authenticated, and the line is not PASS"
    if verdict.event in TOLD_BY and outcome not in DELIVERED and status not in (Status.FAIL, Status.ERROR):
        yield "held back by a session, and the line is at peace"
    peace = all(each.status not in (Status.FAIL, Status.ERROR) for each in lines.values())
    if outcome not in DELIVERED and peace:
        yield "held back, and every panel is at peace"
    if outcome in DELIVERED and lines["tlsa"].word in ("MISMATCH", "LOOKUP FAILS"):
        yield "delivered past TLSA that fails"
    if verdict.mechanism in BY_DANE and lines["tlsa"].word != "MATCH":
        yield "matched by DANE, and the TLSA panel does not say so"


def _findings(walk: Walk, verdict: Verdict) -> Iterator[str]:
    found = find(walk)
    errors = {each.code for each in found if each.severity is Severity.ERROR}
    delivered = verdict.outcome in DELIVERED
    if delivered and not verdict.after_retry and errors & NO_USE:
        yield f"delivered past {errors & NO_USE}"
    if verdict.outcome in OVER_TLS and errors & (NO_USE | NO_TLS):
        yield f"delivered over TLS past {errors & (NO_USE | NO_TLS)}"
    if delivered and errors & DANE_BROKEN:
        yield f"delivered past {errors & DANE_BROKEN}"
    if delivered and errors & POLICY_BROKEN and verdict.mechanism not in BY_DANE:
        yield f"delivered past {errors & POLICY_BROKEN}"
    told = {**TOLD_BY, **TOLD_BEFORE}.get(verdict.event)
    codes = {each.code for each in found if each.severity is not Severity.INFO or each.code == "TLS020"}
    if not delivered and told is not None and not told & codes:
        yield f"held back by {verdict.event}, of which {sorted(codes)} say nothing"


def check(walk: Walk) -> None:
    walk = as_walked(walk)
    for host in walk.mx.hosts:
        for looked_at in (host, *(replace(host, addresses=(each,)) for each in host.addresses)):
            alone = only(walk, looked_at)
            assert list(contradictions(alone, looked_at)) == []


@given(walks())
def test_no_walk_contradicts_itself(walk: Walk) -> None:
    assume(len({host.name for host in walk.mx.hosts}) == len(walk.mx.hosts))
    check(walk)


@given(st.lists(SESSIONS, max_size=3), SECURITIES, st.booleans())
def test_nor_does_one_with_sessions_that_no_server_would_hold(sessions: list, security, dane: bool) -> None:
    walk = path(mx("mx1", plain, tlsa=(ee(WEB),) if dane else (), security=security), signed=True)
    check(replace(walk, starttls=StarttlsFacts(sessions=tuple(sessions))))
