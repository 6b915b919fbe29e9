"""Evidence of step 3: record, fetch, each line of the policy judged, and the TLSRPT record."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from mailpath.facts import PolicyFetch, Walk
from mailpath.match import pkix, sts
from mailpath.report.panels.certificates import chain_lines
from mailpath.report.panels.records import lookup_lines
from mailpath.visible import visible

#: Lines of a policy that are shown.
MOST_POLICY_LINES = 60


def lines(walk: Walk, own: Collection[bytes] = ()) -> Iterator[str]:
    """`own`: roots that this machine does not know."""
    facts = walk.sts
    yield from lookup_lines(facts.txt)
    if facts.fetch is not None:
        yield ""
        yield from _fetched(walk, facts.fetch, own)
    if facts.reason:
        yield f"Result: {visible(facts.reason)}"
    yield ""
    yield from lookup_lines(facts.tlsrpt)


def _fetched(walk: Walk, fetch: PolicyFetch, own: Collection[bytes]) -> Iterator[str]:
    yield f"GET {visible(fetch.url)}"
    for lookup in (fetch.v6, fetch.v4):
        yield from (f"  {line}" for line in lookup_lines(lookup))
    if fetch.address is not None:
        yield f"  from {fetch.address}"
    if fetch.status is not None:
        yield f"  HTTP {fetch.status}, Content-Type: {visible(fetch.content_type or b'(none)', limit=120)}"
    if fetch.failure is not None or (fetch.detail and fetch.status is None):
        why = fetch.detail or (fetch.failure.value if fetch.failure is not None else "")
        yield f"  failed: {visible(why)}"
    if fetch.chain:
        trust = "holds" if fetch.verify_error is None else f"is refused: {visible(fetch.verify_error)}"
        yield f"  The certificate of the policy host {trust}"
        built = pkix.verify(fetch.chain, walk.roots, walk.at)
        yield from (f"    {line}" for line in chain_lines(fetch.chain, built.path, own))
    if fetch.body:
        yield "  The policy, line by line:"
        yield from (f"    {line}" for line in _judged(walk, fetch))


def _judged(walk: Walk, fetch: PolicyFetch) -> Iterator[str]:
    """Each line of the policy, and what RFC 8461 section 3.2 makes of it."""
    judged = sts.parse_policy(fetch.body, fetch.content_type).lines
    shown = [(visible(line.text, limit=200), line) for line in judged[:MOST_POLICY_LINES]]
    room = min(max((len(text) for text, _ in shown), default=0), 48)
    for text, line in shown:
        note = f": {visible(line.note)}" if line.note else _hosts(walk, line.text)
        yield f"{text:<{room}}  {line.verdict}{note}"
    if len(judged) > MOST_POLICY_LINES:
        yield f"… {len(judged) - MOST_POLICY_LINES} more lines"


def _hosts(walk: Walk, line: bytes) -> str:
    """Behind an mx line: the MX hosts that it names."""
    field, _, pattern = line.partition(b":")
    if field != b"mx":
        return ""
    wanted = pattern.strip().decode("ascii", "replace")
    named = [visible(host.name) for host in walk.mx.hosts if sts.mx_matches(wanted, host.name)]
    return f": names {', '.join(named[:4])}" if named else ": names no MX host"
