"""What is found on TLSA records, sessions and certificates."""

from __future__ import annotations

from typing import Any

import handmade as made
import pytest
from msgspec.structs import replace

from mailpath.assess.tlsa import tlsa_bases
from mailpath.exchanges import Failure, Stage, TlsProfile, TlsSession
from mailpath.facts import (
    Found,
    HostTlsa,
    Lookup,
    Reply,
    Security,
    SenderFacts,
    Session,
    StarttlsFacts,
    Status,
    TlsaFacts,
    Walk,
)
from mailpath.findings import Finding, Severity, find, step_of
from mailpath.steps.registry import result

CHAIN = (made.GOOD.der, made.INTERMEDIATE.der)
RIGHT = made.record(3, 1, 1, made.spki(made.GOOD))
WRONG = made.record(3, 1, 1, bytes(32))


def at(walk: Walk, step: str) -> dict[str, Finding]:
    return {each.code: each for each in find(walk) if step_of(each.code) == step}


def with_tlsa(*records: Any, **changes: Any) -> Walk:
    return made.walk(tlsa=TlsaFacts(hosts=(made.tlsa(*records, **changes),)))


# --- TLSA ------------------------------------------------------------------------------------------


def test_a_mismatch_shows_both_digests_and_the_record_to_publish() -> None:
    walk = with_tlsa(WRONG)
    found = at(walk, "tlsa")["TLSA002"]
    live = made.spki(made.GOOD).hex()
    assert found.found == f"_25._tcp.mx1.b.example. TLSA 3 1 1 {'00' * 32}"
    assert live in found.got
    assert found.fix.startswith("Publish this record, wait one TTL (3600 s)")
    assert found.records == (f"_25._tcp.mx1.b.example. TLSA 3 1 1 {live}",)
    assert at(walk, "starttls")["TLS025"].severity is Severity.ERROR


@pytest.mark.parametrize(
    ("records", "codes"),
    [
        ((RIGHT,), set()),
        ((), {"TLSA001"}),
        ((made.record(1, 1, 1, bytes(32)),), {"TLSA003"}),
        ((RIGHT, made.record(1, 1, 1, bytes(32))), {"TLSA004"}),
        ((made.record(2, 1, 1, made.spki(made.ROOT)),), {"TLSA008"}),
        ((made.record(2, 1, 1, made.spki(made.INTERMEDIATE)),), set()),
        ((RIGHT, WRONG), {"TLSA010"}),
        ((RIGHT, made.record(3, 1, 2, bytes(64))), {"TLSA002"}),
        ((made.record(3, 0, 1, made.dane.computed((0, 1), made.GOOD.der)),), {"TLSA013"}),
        (
            (RIGHT, made.record(3, 1, 2, made.dane.computed((1, 2), made.GOOD.der))),
            {"TLSA016"},
        ),
    ],
)
def test_tlsa(records: tuple[object, ...], codes: set[str]) -> None:
    assert set(at(with_tlsa(*records), "tlsa")) == codes


def test_a_trust_anchor_does_not_excuse_name_and_date() -> None:
    old = made.certificate(made.HOST, names=(made.HOST,), issuer=made.INTERMEDIATE, end=made.NOW - 1)
    anchor = made.record(2, 1, 1, made.spki(made.INTERMEDIATE))
    walk = replace(with_tlsa(anchor), starttls=made.with_and_without_sni(old.der, made.INTERMEDIATE.der))
    assert "expired" in at(walk, "tlsa")["TLSA009"].message


def test_a_failed_look_up_and_an_unsigned_set() -> None:
    assert set(at(with_tlsa(found=Found.FAILED, reason="SERVFAIL"), "tlsa")) == {"TLSA005"}
    assert set(at(with_tlsa(RIGHT, security=Security.BOGUS), "tlsa")) == {"TLSA005"}
    assert set(at(with_tlsa(RIGHT, security=Security.INSECURE), "tlsa")) == {"TLSA007"}


def test_tlsa_under_an_unsigned_mx() -> None:
    walk = made.walk()
    unsigned = replace(walk.mx, lookup=replace(walk.mx.lookup, security=Security.INSECURE))
    assert set(at(replace(walk, mx=unsigned), "tlsa")) == {"TLSA014"}


def asked(v4: Lookup, v6: Lookup) -> Walk:
    """A host with these address look-ups and a self-signed certificate, asked for TLSA as the walk does."""
    host = made.mx_host(v4=v4, v6=v6)
    why = tlsa_bases(host)[1]
    assert why is not None
    return made.walk(
        mx=made.mx(host),
        tlsa=TlsaFacts(hosts=(HostTlsa(host=made.HOST, not_tried=why.value),)),
        starttls=made.with_and_without_sni(made.SELF_SIGNED.der),
    )


@pytest.mark.parametrize(
    ("v4", "v6", "status", "word"),
    [
        ({"security": Security.BOGUS}, {}, Status.ERROR, "BOGUS"),
        ({"found": Found.FAILED}, {"found": Found.FAILED}, Status.ERROR, "UNKNOWN"),
        ({"found": Found.FAILED}, {}, Status.ERROR, "UNKNOWN"),
        ({"found": Found.ABSENT, "security": Security.BOGUS}, {}, Status.ERROR, "BOGUS"),
        ({"security": Security.INDETERMINATE}, {}, Status.ERROR, "UNKNOWN"),
        ({"found": Found.ABSENT}, {}, Status.SKIP, "NO ADDRESS"),
        ({"security": Security.INSECURE}, {}, Status.SKIP, "NOT SIGNED"),
    ],
)
def test_why_tlsa_is_not_asked_for(
    v4: dict[str, object], v6: dict[str, object], status: Status, word: str
) -> None:
    walk = asked(made.lookup(made.HOST, "A", made.ADDRESS, **v4), made.lookup(made.HOST, "AAAA", **v6))
    line = result("tlsa", walk)
    assert (line.status, line.word) == (status, word)
    assert "TLSA" not in at(walk, "starttls")["TLS008"].fix


def test_tlsa_is_advised_where_there_is_none() -> None:
    shown = made.with_and_without_sni(made.SELF_SIGNED.der)
    assert "Publish a TLSA record" in at(replace(with_tlsa(), starttls=shown), "starttls")["TLS008"].fix
    failed = replace(with_tlsa(found=Found.FAILED), starttls=shown)
    assert "TLSA" not in at(failed, "starttls")["TLS008"].fix


def test_requiretls_is_missed_by_a_message_that_asks_for_it() -> None:
    assert "TLS026" not in {each.code for each in find(made.walk())}
    (missed,) = (each for each in find(made.walk(), requiretls=True) if each.code == "TLS026")
    assert (missed.subject, missed.severity) == (made.HOST, Severity.ERROR)
    ready = made.session((made.GOOD.der,), extensions_tls=("REQUIRETLS",))
    walk = made.walk(starttls=StarttlsFacts(sessions=(ready,)))
    assert "TLS026" not in {each.code for each in find(walk, requiretls=True)}


def test_tlsa_and_no_tls() -> None:
    plain = StarttlsFacts(sessions=(made.session(),))
    assert at(made.walk(starttls=plain), "tlsa")["TLSA012"].got == "STARTTLS is not offered"
    dead = StarttlsFacts(sessions=(silent(),))
    assert set(at(made.walk(starttls=dead), "tlsa")) == {"TLSA015"}


def test_only_some_hosts_have_tlsa() -> None:
    second = made.mx_host("mx2.b.example", "192.0.2.11", preference=20)
    other = [
        replace(each, address="192.0.2.11", sni=each.sni and "mx2.b.example")
        for each in made.with_and_without_sni(*CHAIN).sessions
    ]
    walk = made.walk(
        mx=made.mx(made.mx_host(), second),
        tlsa=TlsaFacts(hosts=(made.tlsa(RIGHT), made.tlsa(host="mx2.b.example"))),
        starttls=StarttlsFacts(sessions=(*made.with_and_without_sni(*CHAIN).sessions, *other)),
    )
    assert at(walk, "tlsa")["TLSA011"].subject == "mx2.b.example"
    assert "TLS015" in at(walk, "starttls")


def test_one_address_of_two_with_another_key() -> None:
    host = made.mx_host(addresses=(made.ADDRESS, "192.0.2.11"))
    odd = made.certificate(made.HOST, names=(made.HOST,), issuer=made.INTERMEDIATE)
    second = made.session((odd.der, made.INTERMEDIATE.der), address="192.0.2.11")
    walk = made.walk(
        mx=made.mx(host),
        starttls=StarttlsFacts(sessions=(*made.with_and_without_sni(*CHAIN).sessions, second)),
    )
    assert "at 192.0.2.11" in at(walk, "tlsa")["TLSA002"].message


# --- sessions --------------------------------------------------------------------------------------


def silent(failure: Failure | None = Failure.TIMEOUT, **changes: object) -> Session:
    base = Session(
        address=made.ADDRESS,
        port=25,
        sni=made.HOST,
        failure=failure,
        failed_at=Stage.CONNECT,
        detail="nothing came",
    )
    return replace(base, **changes)


BEGUN = replace(made.session(()), tls=None, starttls=None, ehlo_tls=None)


@pytest.mark.parametrize(
    ("session", "code"),
    [
        (silent(), "TLS001"),
        (silent(Failure.REFUSED), "TLS001"),
        (silent(Failure.NOT_RECORDED), "TLS024"),
        (silent(address=made.ADDRESS, not_tried="more than 20 addresses"), "TLS022"),
        (silent(failed_at=Stage.GREETING), "TLS018"),
        (silent(Failure.PROTOCOL, failed_at=Stage.GREETING), "TLS019"),
        (
            silent(
                failed_at=Stage.GREETING, greeting=Reply(code=None, lines=(b"SSH-2.0",), defect="no code")
            ),
            "TLS019",
        ),
        (silent(failed_at=None, failure=None, greeting=made.reply(554, "no")), "TLS016"),
        (replace(made.session(), ehlo=made.reply(502, "what")), "TLS017"),
        (replace(made.session(), ehlo=None, failed_at=Stage.EHLO, failure=Failure.CLOSED), "TLS018"),
        (made.session(), "TLS002"),
        (replace(made.session(), extensions=("XXXXXXXA",)), "TLS021"),
        (replace(BEGUN, starttls=made.reply(454, "not now")), "TLS003"),
        (
            replace(
                BEGUN, starttls=made.reply(220, "go"), failed_at=Stage.HANDSHAKE, failure=Failure.TLS_ALERT
            ),
            "TLS004",
        ),
        (replace(BEGUN, failed_at=Stage.STARTTLS, failure=Failure.CLOSED), "TLS004"),
        (replace(BEGUN, starttls=made.reply(220, "go"), injected=b"250 evil\r\n"), "TLS005"),
        (
            replace(made.session(CHAIN), ehlo_tls=None, failure=Failure.CLOSED, failed_at=Stage.EHLO_TLS),
            "TLS018",
        ),
    ],
)
def test_sessions(session: Session, code: str) -> None:
    walk = made.walk(starttls=StarttlsFacts(sessions=(session,)))
    assert code in at(walk, "starttls")


SLOW = {"failure": Failure.TIMEOUT, "limit": 30.0, "detail": "Waited 30 s for it."}


@pytest.mark.parametrize(
    "session",
    [
        silent(failed_at=Stage.GREETING, limit=30.0),
        replace(made.session(), ehlo=None, failed_at=Stage.EHLO, **SLOW),
        replace(BEGUN, failed_at=Stage.STARTTLS, **SLOW),
        replace(BEGUN, starttls=made.reply(220, "go"), failed_at=Stage.HANDSHAKE, **SLOW),
        replace(made.session(CHAIN), ehlo_tls=None, failed_at=Stage.EHLO_TLS, **SLOW),
    ],
)
def test_our_own_limit_is_not_the_recipients_fault(session: Session) -> None:
    bare = replace(made.session(CHAIN), sni=None)
    walk = made.walk(
        starttls=StarttlsFacts(sessions=(bare, session)), tlsa=TlsaFacts(hosts=(made.tlsa(RIGHT),))
    )
    found = [each for each in find(walk) if each.severity is not Severity.INFO]
    assert {each.code for each in found} <= {"TLS027", "TLSA015", "STS001"}
    (slow,) = (each for each in found if each.code == "TLS027")
    assert slow.severity is Severity.WARNING
    alone = replace(walk, starttls=StarttlsFacts(sessions=(session,)))
    line = result("starttls", alone)
    assert (line.status, line.word) == (Status.ERROR, "SLOW")
    assert line.summary.endswith("senders wait for minutes.")
    impatient = replace(alone, patience="ours")
    assert result("starttls", impatient).status is Status.FAIL
    assert "TLS027" not in at(impatient, "starttls")


def test_after_five_minutes_any_sender_has_given_up() -> None:
    session = silent(failed_at=Stage.GREETING, limit=300.0)
    assert "TLS018" in at(made.walk(starttls=StarttlsFacts(sessions=(session,))), "starttls")


def test_no_route_is_nobodys_fault_where_another_address_answers() -> None:
    host = made.mx_host(addresses=("2001:db8::1", made.ADDRESS))
    dead = silent(Failure.UNREACHABLE, address="2001:db8::1")
    walk = made.walk(mx=made.mx(host), starttls=StarttlsFacts(sessions=(dead, made.session(CHAIN))))
    found = at(walk, "starttls")
    assert found["TLS020"].severity is Severity.INFO
    assert "TLS001" not in found


def test_no_route_at_all_is_nobodys_fault_either() -> None:
    walk = made.walk(starttls=StarttlsFacts(sessions=(silent(Failure.UNREACHABLE),)))
    found = at(walk, "starttls")
    assert found["TLS020"].severity is Severity.WARNING
    assert "TLS001" not in found
    line = result("starttls", walk)
    assert (line.status, line.word) == (Status.ERROR, "NO ROUTE")


def test_one_dead_address_of_two_is_a_warning() -> None:
    host = made.mx_host(addresses=(made.ADDRESS, "192.0.2.11"))
    sessions = (made.session(CHAIN), silent(Failure.REFUSED, address="192.0.2.11"))
    found = at(made.walk(mx=made.mx(host), starttls=StarttlsFacts(sessions=sessions)), "starttls")
    assert found["TLS001"].severity is Severity.WARNING


def test_a_local_block_is_never_the_recipients_fault() -> None:
    sender = SenderFacts(port25=Found.BLOCKED, port25_reason="Port 25 is closed here.")
    walk = made.walk(sender=sender, starttls=StarttlsFacts(sessions=(silent(),)))
    assert "TLS001" not in at(walk, "starttls")
    assert "SND001" in at(walk, "sender")


def test_equal_findings_of_two_addresses_are_one() -> None:
    host = made.mx_host(addresses=(made.ADDRESS, "192.0.2.11"))
    sessions = (made.session(), made.session(address="192.0.2.11"))
    walk = made.walk(mx=made.mx(host), starttls=StarttlsFacts(sessions=sessions))
    found = [each for each in find(walk) if each.code == "TLS002"]
    assert len(found) == 1
    assert "(192.0.2.10, 192.0.2.11)" in found[0].message


# --- TLS and certificates --------------------------------------------------------------------------

PLAIN_DNS = TlsaFacts(hosts=(made.tlsa(),))


def shows(*chain: bytes, **changes: Any) -> dict[str, Finding]:
    return at(made.walk(tlsa=PLAIN_DNS, starttls=made.with_and_without_sni(*chain, **changes)), "starttls")


def leaf(**changes: Any) -> bytes:
    fields: dict[str, Any] = {"names": (made.HOST,), "issuer": made.INTERMEDIATE, **changes}
    return made.certificate(made.HOST, **fields).der


@pytest.mark.parametrize(
    ("chain", "code"),
    [
        (CHAIN, None),
        ((made.SELF_SIGNED.der,), "TLS008"),
        ((leaf(end=made.NOW - made.DAY), made.INTERMEDIATE.der), "TLS009"),
        ((leaf(start=made.NOW + made.DAY), made.INTERMEDIATE.der), "TLS009"),
        ((leaf(names=("www.b.example",)), made.INTERMEDIATE.der), "TLS010"),
        ((made.GOOD.der,), "TLS011"),
        ((leaf(end=made.NOW + 5 * made.DAY), made.INTERMEDIATE.der), "TLS013"),
        ((leaf(rsa_bits=1024), made.INTERMEDIATE.der), "TLS023"),
        # Made for six days and renewed after four: not late with four days to go.
        ((leaf(start=made.NOW - 2 * made.DAY, end=made.NOW + 4 * made.DAY), made.INTERMEDIATE.der), None),
    ],
)
def test_certificates(chain: tuple[bytes, ...], code: str | None) -> None:
    assert set(shows(*chain)) == ({code} if code else set())


def test_a_private_authority_is_not_trusted() -> None:
    authority = made.certificate("Private", ca=True)
    assert set(shows(leaf(issuer=authority), authority.der)) == {"TLS012"}


def test_under_dane_a_self_signed_certificate_is_worth_knowing_no_more() -> None:
    walk = made.walk(
        tlsa=TlsaFacts(hosts=(made.tlsa(made.record(3, 1, 1, made.spki(made.SELF_SIGNED))),)),
        starttls=made.with_and_without_sni(made.SELF_SIGNED.der),
    )
    found = at(walk, "starttls")
    assert set(found) == {"TLS008"}
    assert found["TLS008"].severity is Severity.INFO
    assert "Senders with DANE need nothing" in found["TLS008"].fix


def test_old_versions_and_anonymous_suites() -> None:
    old = TlsSession(version="TLSv1", cipher="ECDHE-ECDSA-AES256-SHA", bits=256, chain=CHAIN)
    assert set(shows(*CHAIN, tls=old)) == {"TLS006"}
    anonymous = TlsSession(version="TLSv1.2", cipher="ADH-AES256-GCM-SHA384", bits=256)
    bare = made.session((), tls=anonymous)
    named = made.session((made.SELF_SIGNED.der,), profile=TlsProfile.AUTHENTICATED)
    walk = made.walk(tlsa=PLAIN_DNS, starttls=StarttlsFacts(sessions=(bare, named)))
    assert set(at(walk, "starttls")) == {"TLS007", "TLS008"}


def test_what_depends_on_sni() -> None:
    sessions = (made.session((made.SELF_SIGNED.der,), sni=None), made.session(CHAIN))
    found = at(made.walk(tlsa=PLAIN_DNS, starttls=StarttlsFacts(sessions=sessions)), "starttls")
    assert set(found) == {"TLS014"}
    assert "Handmade Issuing" in found["TLS014"].found
    assert found["TLS014"].got.startswith("no SNI: mx1.b.example, from CN=mx1.b.example")


def test_a_policy_makes_a_bad_certificate_an_error() -> None:
    walk = made.walk(tlsa=PLAIN_DNS, sts=made.sts(), starttls=made.with_and_without_sni(made.SELF_SIGNED.der))
    assert at(walk, "starttls")["TLS008"].severity is Severity.ERROR
