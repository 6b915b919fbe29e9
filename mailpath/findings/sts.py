"""Findings on the MTA-STS policy (step 3)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from mailpath.assess.certificate import pkix_problem
from mailpath.assess.faults import policy_lost
from mailpath.assess.reached import Reached
from mailpath.assess.standing import standing_of
from mailpath.assess.tlsa import secure_set
from mailpath.exchanges import Failure
from mailpath.facts import Lookup, MxHost, MxKind, PolicyFetch, StsPolicy, Walk, gave_up_early
from mailpath.facts.findings import Finding, ServedFile, Severity
from mailpath.findings.catalogue import finding
from mailpath.findings.words import alias_lines, dotted, in_place, none_found, records_found, why
from mailpath.match import names, pkix, sts
from mailpath.match.names import certificate_names
from mailpath.match.sts_record import parse_txt
from mailpath.visible import visible
from mailpath.wording.phrases import clause, count, sentence
from mailpath.wording.times import DAY, calendar

#: RFC 8461 section 10.2 wants weeks; after a day a policy is forgotten before the next mail.
SHORT = DAY
#: Lines of a broken policy that a finding shows.
_MOST_LINES = 12
#: What a policy must say.
_LINES = {"version": "version: STSv1", "mode": "mode: testing", "max_age": "max_age: 604800"}
_ALIAS_ALONE = (
    "The TXT record is found through an alias, but the policy does not come with it: senders fetch it from"
    " this domain's own policy host, which has no address."
)
#: The max_age of a policy that is being tried out, in seconds.
_WEEK = 7 * DAY


def find(walk: Walk) -> Iterator[Finding]:
    facts = walk.sts
    if facts.txt is None or walk.mx.kind is MxKind.NULL:
        return
    domain = visible(walk.path.recipient)
    texts = records_found(facts.txt, [f'"{visible(text, limit=160)}"' for text in facts.texts[:4]])
    if facts.txt.proofless or (policy_lost(walk) and (facts.txt.broken or facts.policy_id is not None)):
        return
    if facts.txt.broken:
        yield finding("STS002", domain, f"The TXT lookup failed: {why(facts.txt)}.", got=why(facts.txt))
    elif not facts.texts:
        if walk.mx.kind is not MxKind.NONE:
            yield _none(walk, domain, facts.txt)
    elif facts.policy_id is None:
        several = parse_txt(facts.texts).several
        code = "STS004" if several else "STS003"
        fix = "" if several else f"Publish this record in its place.{in_place(facts.txt)}"
        records = [] if several else [_fresh_record(walk)]
        wrong = clause(visible(facts.reason)).rstrip(".")
        message = f"The MTA-STS record of {domain} is not valid: {wrong}."
        yield finding(code, domain, message, found=texts, fix=fix, records=records)
    elif facts.fetch is not None and facts.fetch.failure is Failure.NOT_TRIED:
        return  # a bound of ours, which SND008 tells of
    elif facts.policy is None:
        yield _no_policy(walk, facts.txt, facts.fetch, texts)
    else:
        yield from _policy(walk, facts.policy, domain)


def _fresh_record(walk: Walk) -> str:
    """A record with an id that no earlier one has: the time of the walk (RFC 8461 section 3.1)."""
    name = walk.sts.txt.canonical if walk.sts.txt is not None else f"_mta-sts.{walk.path.recipient}"
    return f'{dotted(name)} TXT "v=STSv1; id={calendar(walk.at):%Y%m%dT%H%M%S};"'


def _served(walk: Walk, mode: str, patterns: Sequence[str], max_age: int) -> ServedFile:
    """A policy that can be served as it is (RFC 8461 section 3.2)."""
    lines = ("version: STSv1", f"mode: {mode}", *(f"mx: {each}" for each in patterns), f"max_age: {max_age}")
    url = f"https://mta-sts.{visible(walk.path.recipient)}/.well-known/mta-sts.txt"
    return ServedFile(url, "\n".join(lines))


def _none(walk: Walk, domain: str, txt: Lookup) -> Finding:
    guarded = bool(walk.tlsa.hosts) and all(secure_set(host) is not None for host in walk.tlsa.hosts)
    hosts = [visible(host.name) for host in walk.mx.hosts if host.form == "name"]
    return finding(
        "STS001",
        domain,
        f"{domain} publishes no MTA-STS policy.",
        # Where DANE guards every host the policy is for senders without DANE only.
        severity=Severity.INFO if guarded else None,
        found=none_found(txt),
        fix=f"Serve this file, then publish this record.{in_place(txt)}",
        records=[_fresh_record(walk)],
        file=_served(walk, "testing", hosts or ["HOST"], _WEEK),
    )


def _no_policy(walk: Walk, txt: Lookup, fetch: PolicyFetch | None, texts: list[str]) -> Finding:
    """There is a record, and no policy comes of it."""
    reason = sentence(visible(walk.sts.reason))
    if fetch is None:
        return finding("STS007", visible(walk.path.recipient), reason, found=texts, got=reason)
    code, got = _why_no_policy(walk, fetch)
    if code == "STS005":
        return _no_policy_host(txt, fetch, texts)
    if code == "STS010" and fetch.failure is None:
        return _broken(walk, fetch, reason)
    if code == "STS007" and fetch.address is not None:
        port = urlsplit(fetch.url).port or 443
        reason = f"{visible(fetch.host)} [{fetch.address}] port {port}: {clause(got) or 'no answer'}."
    found = visible(fetch.url)
    if code == "STS006" and fetch.chain:
        named = ", ".join(visible(name) for name in certificate_names(fetch.chain[0]).dns[:5])
        found += f", served with a certificate for {named}" if named else ""
    return finding(code, visible(fetch.host), reason, found=found, got=got)


def _why_no_policy(walk: Walk, fetch: PolicyFetch) -> tuple[str, str]:
    """Code, and what was got."""
    detail = visible(fetch.detail)
    if fetch.verify_error or (fetch.failure is Failure.CERTIFICATE and not fetch.status):
        return "STS006", visible(fetch.verify_error or fetch.detail)
    if gave_up_early(walk, fetch):
        return "STS018", detail
    if fetch.failure is Failure.TOO_LARGE:
        return "STS010", "more than 64 KiB"
    if fetch.failure is not None or fetch.status is None:
        unanswered = fetch.failure is None and not fetch.chain and fetch.address is None
        return "STS005" if unanswered else "STS007", detail
    if fetch.status != 200:
        return "STS008", f"HTTP {fetch.status}"
    read = sts.parse_policy(fetch.body, b"text/plain")
    if read.policy is not None:
        content_type = visible(fetch.content_type or b"(no Content-Type)", limit=120)
        return "STS009", f"Content-Type: {content_type}"
    return "STS010", read.reason


def _no_policy_host(txt: Lookup, fetch: PolicyFetch, texts: list[str]) -> Finding:
    """The record is there and its host is not; a record behind an alias brings no policy with it."""
    asked = next((each for each in (fetch.v4, fetch.v6) if each is not None), None)
    name = dotted(asked.canonical if asked is not None else fetch.host)
    own = in_place(asked) if asked is not None else ""
    return finding(
        "STS005",
        visible(fetch.host),
        sentence(visible(fetch.detail)),
        found=texts,
        got=alias_lines(asked) if asked is not None else [],
        fix=f"Publish an A or AAAA record for {name} and serve the policy there, or delete the"
        f" {'CNAME' if txt.links else 'TXT'} record below.{own}",
        records=texts[:1],
        means=_ALIAS_ALONE if txt.links else "",
    )


def _broken(walk: Walk, fetch: PolicyFetch, reason: str) -> Finding:
    """A policy that nobody can read: which line, and what is wrong with it."""
    read = sts.parse_policy(fetch.body, b"text/plain")
    faulty = next((at for at, line in enumerate(read.lines) if line.verdict == "bad"), None)
    got = ""
    if re.match(rb"(?:\xef\xbb\xbf)?\s*<", fetch.body):
        reason = f"{visible(fetch.host)} serves an HTML page instead of a policy."
        fix = f"Serve the policy itself, as plain text, at {visible(fetch.url)}"
    elif faulty is not None:
        line, number = read.lines[faulty], faulty + 1
        got = f"line {number}: {visible(line.text, limit=120) or '(empty)'}"
        note = f"line {number} of the policy: {visible(line.note)}"
        reason = sentence(f"{reason.rstrip('.')}; {note}" if read.wants else f"{note[:1].upper()}{note[1:]}")
        fix = f"Correct line {number} of the policy, and change the id in the TXT record."
    else:
        hosts = [f"mx: {visible(host.name)}" for host in walk.mx.hosts[:5] if host.form == "name"]
        lines = {**_LINES, "mx": ", ".join(hosts) or "mx: HOST"}
        fix = f"Add to the policy: {lines[read.wants]}" if read.wants else ""
    first = max(0, (faulty or 0) - _MOST_LINES // 2)
    return finding(
        "STS010",
        visible(fetch.host),
        reason,
        found=visible(fetch.url),
        got=got,
        fix=fix,
        policy=[_marked(line) for line in read.lines[first : first + _MOST_LINES]],
    )


def _marked(line: sts.JudgedLine) -> str:
    text = visible(line.text, limit=120)
    note = f"{line.verdict}: {visible(line.note)}" if line.note else line.verdict
    return text if line.verdict == "ok" else f"{text}  <- {note}"


def _policy(walk: Walk, policy: StsPolicy, domain: str) -> Iterator[Finding]:
    shown = f"mode: {policy.mode}, id={visible(walk.sts.policy_id or '')}"
    if policy.mode == "none":
        yield finding("STS012", domain, f"The policy of {domain} is in mode none.", found=shown)
        return
    hosts = list(_hosts(walk, policy))
    if policy.mode == "testing":
        failing = len({each.subject for each in hosts})
        rest = f": {failing} of {count(len(walk.mx.hosts), 'MX host')} would fail it" if failing else ""
        yield finding(
            "STS011",
            domain,
            f"The policy of {domain} is in testing mode{rest}.",
            found=shown,
            fix="When the TLS reports are clean, change the policy to 'mode: enforce', then publish this"
            " record, whose id is new.",
            records=[_fresh_record(walk)],
        )
    if policy.max_age <= SHORT:
        how_long = f"for only {policy.max_age} seconds" if policy.max_age else "for no time at all"
        yield finding(
            "STS015",
            domain,
            f"Senders may cache the policy {how_long}.",
            found=f"max_age: {policy.max_age}",
        )
    yield from hosts
    for pattern in policy.mx if walk.mx.kind is not MxKind.FAILED else ():
        if not any(sts.mx_matches(pattern, host.name) for host in walk.mx.hosts):
            line = f"mx: {visible(pattern)}"
            yield finding(
                "STS016",
                visible(pattern),
                f"No MX host matches '{line}'.",
                found=line,
                fix=f"Delete the line '{line}' once no MX record will name such a host again.",
            )


def guards(walk: Walk) -> bool:
    """Whether an enforced policy protects the mail to every host."""
    policy = walk.sts.policy
    if policy is None or policy.mode != "enforce" or not walk.mx.hosts:
        return False
    return next(_hosts(walk, policy), None) is None


def _hosts(walk: Walk, policy: StsPolicy) -> Iterator[Finding]:
    """Hosts that fail the policy."""
    weight = Severity.ERROR if policy.mode == "enforce" else Severity.WARNING
    unlisted = [host for host in walk.mx.hosts if not sts.lists(policy, host.name)]
    for host in walk.mx.hosts:
        if host in unlisted:
            name = visible(host.name)
            yield finding(
                "STS013",
                name,
                f"{name} matches no mx pattern of the policy.",
                severity=weight,
                found=", ".join(f"mx: {visible(pattern)}" for pattern in policy.mx[:6]),
                got=f"MX host {name}",
                fix=f"Add the line 'mx: {name}' to the policy: serve this file, then publish this record,"
                " whose id is new.",
                records=[_fresh_record(walk)],
                file=_served(
                    walk,
                    policy.mode,
                    [visible(each) for each in (*policy.mx, *(other.name for other in unlisted))],
                    policy.max_age,
                ),
            )
        else:
            yield from _host(walk, host, weight)


def _host(walk: Walk, host: MxHost, weight: Severity) -> Iterator[Finding]:
    """Does the host keep what the policy promises (RFC 8461 section 4.2)?"""
    standing, name = standing_of(walk, host), visible(host.name)
    if standing is None or standing.reached <= Reached.GREETING_REFUSED:
        return  # not seen: an unanswered question is the STARTTLS step's to tell
    if standing.certificate is None and gave_up_early(walk, standing.session):
        return
    if not standing.chain:
        message = f"{name} gives no TLS, which the policy requires."
        yield finding("STS017", name, message, severity=weight, found="no TLS")
        return
    floor, rules = pkix.Floor.OPENSSL_1, names.RFC_8461
    problem = pkix_problem(walk, host.name, standing.chain, floor=floor, rules=rules)
    if problem is not None:
        mode = walk.sts.policy.mode if walk.sts.policy else ""
        yield finding(
            "STS014",
            name,
            f"{name} fails the MTA-STS policy: {problem[1]}.",
            severity=weight,
            found=f"mode: {mode}, {name} is listed",
            got=problem[1],
        )
