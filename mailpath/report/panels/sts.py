"""Evidence of step 3: record, fetch, each line of the policy judged, and the TLSRPT record."""

from __future__ import annotations

from collections.abc import Iterator

from mailpath.facts import PolicyFetch, Walk
from mailpath.match import sts
from mailpath.report.panels.certificates import chain_lines
from mailpath.report.panels.records import lookup_lines
from mailpath.visible import visible

#: Lines of a policy that are shown.
MOST_POLICY_LINES = 60


def lines(walk: Walk) -> Iterator[str]:
    facts = walk.sts
    yield from lookup_lines(facts.txt)
    if facts.policy_id is not None:
        yield f"id: {visible(facts.policy_id)}"
    if facts.fetch is not None:
        yield ""
        yield from _fetched(facts.fetch)
    if facts.reason:
        yield f"Result: {visible(facts.reason)}"
    if facts.policy is not None:
        yield ""
        for host in walk.mx.hosts:
            pattern = next((each for each in facts.policy.mx if sts.mx_matches(each, host.name)), None)
            told = f"is listed (mx: {visible(pattern)})" if pattern is not None else "matches no mx pattern"
            yield f"MX host {visible(host.name)} {told}"
    yield ""
    yield from lookup_lines(facts.tlsrpt)
    for uri in facts.tlsrpt_rua:
        yield f"Reports go to {visible(uri)}"
    if facts.tlsrpt_reason and facts.tlsrpt_texts:
        yield f"No reports: {visible(facts.tlsrpt_reason)}"


def _fetched(fetch: PolicyFetch) -> Iterator[str]:
    yield f"GET {visible(fetch.url)}"
    for lookup in (fetch.v6, fetch.v4):
        yield from (f"  {line}" for line in lookup_lines(lookup))
    if fetch.address is not None:
        yield f"  asked at {fetch.address}"
    if fetch.status is not None:
        yield f"  HTTP {fetch.status}, Content-Type: {visible(fetch.content_type or b'(none)', limit=120)}"
    if fetch.failure is not None or (fetch.detail and fetch.status is None):
        why = fetch.detail or (fetch.failure.value if fetch.failure is not None else "")
        yield f"  failed: {visible(why)}"
    if fetch.chain:
        trust = "holds" if fetch.verify_error is None else f"is refused: {visible(fetch.verify_error)}"
        yield f"  The certificate of the policy host {trust}"
        yield from (f"    {line}" for line in chain_lines(fetch.chain))
    if fetch.body:
        yield "  Policy:"
        judged = sts.parse_policy(fetch.body, fetch.content_type).lines
        for line in judged[:MOST_POLICY_LINES]:
            note = f"  ({line.verdict}: {visible(line.note)})" if line.note else ""
            yield f"    | {visible(line.text, limit=200)}{note}"
        if len(judged) > MOST_POLICY_LINES:
            yield f"    … {len(judged) - MOST_POLICY_LINES} more lines"
