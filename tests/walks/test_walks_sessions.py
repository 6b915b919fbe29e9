"""How many sessions one walk holds, whatever a zone names: few with one address, few in all."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import cast

import handmade as made
import pytest
from msgspec.structs import replace

from mailpath.dnssec import Validator
from mailpath.exchanges import (
    Chunk,
    Envelope,
    Failure,
    SmtpExchange,
    SmtpRequest,
    Stage,
    TlsProfile,
    TlsSession,
)
from mailpath.facts import Found, MxFacts, Session, StarttlsFacts, TlsaFacts, Walk
from mailpath.findings import find
from mailpath.judge import Outcome, judge
from mailpath.judge.habits import Sni
from mailpath.judge.presets import posture
from mailpath.network.protocol import Network, NetworkContext
from mailpath.steps import sessions, starttls
from mailpath.steps.registry import result
from mailpath.steps.tools import Tools

ENVELOPE = Envelope(mail_from="me@a.example", rcpt_to="you@b.example")
GREETS = (Chunk(sent=False, data=b"220 mx\r\n"), Chunk(sent=True, data=b"EHLO a\r\n"))
PLAIN = (*GREETS, Chunk(sent=False, data=b"250 mx\r\n"), Chunk(sent=True, data=b"QUIT\r\n"))
SECURED = (
    *GREETS,
    Chunk(sent=False, data=b"250-mx\r\n250 STARTTLS\r\n"),
    Chunk(sent=True, data=b"STARTTLS\r\n"),
    Chunk(sent=False, data=b"220 go\r\n"),
    Chunk(sent=True, data=b"EHLO a\r\n", tls=True),
    Chunk(sent=False, data=b"250 mx\r\n", tls=True),
)
STRONG = TlsSession(version="TLSv1.3", cipher="TLS_AES_256_GCM_SHA384", chain=(made.GOOD.der,))
ANONYMOUS = TlsSession(version="TLSv1.2", cipher="ADH-AES256-GCM-SHA384")
DEAD = {"failure": Failure.REFUSED, "failed_at": Stage.CONNECT, "detail": "The connection was refused."}


class Servers:
    """At every address the same: what is said, then TLS, then perhaps a failure."""

    def __init__(self, transcript=SECURED, tls: TlsSession | None = STRONG, **failed: object) -> None:
        self._answer = {"transcript": transcript, "tls": tls, **failed}
        self.requests: list[SmtpRequest] = []
        self.ground = NetworkContext(
            kind="lab", resolver="", trust_anchor="", roots=(), ehlo="a", made=made.NOW, allow_private=True
        )

    async def converse(self, request: SmtpRequest) -> SmtpExchange:
        self.requests.append(request)
        weak = request.profile is not TlsProfile.FULL and self._answer["tls"] is ANONYMOUS
        return SmtpExchange(request=request, **(self._answer | ({"tls": STRONG} if weak else {})))

    @property
    def most(self) -> int:
        """Sessions with the address that was asked most."""
        return max(Counter(request.address for request in self.requests).values())


def path(names: int, addresses: int) -> MxFacts:
    """`names` hosts, each at the same `addresses`."""
    there = tuple(f"192.0.2.{number}" for number in range(1, addresses + 1))
    hosts = (made.mx_host(f"mx{number:02d}.{made.DOMAIN}") for number in range(1, names + 1))
    return made.mx(*(replace(host, addresses=there) for host in hosts))


async def hold(servers: Servers, mx: MxFacts, tlsa: TlsaFacts | None = None) -> StarttlsFacts:
    walk = made.walk(
        mx=mx, tlsa=tlsa or TlsaFacts(hosts=tuple(made.tlsa(host=host.name) for host in mx.hosts))
    )

    async def found(*step_ids: str, settled: bool = False) -> Walk:
        return walk

    return await sessions.look(
        Tools(walk.path, cast(Network, servers), cast(Validator, None), made.NOW, found), walk
    )


def walked(mx: MxFacts, held: StarttlsFacts) -> Walk:
    tlsa = TlsaFacts(hosts=tuple(made.tlsa(host=host.name) for host in mx.hosts))
    walk = made.walk(mx=mx, starttls=held, tlsa=tlsa)
    return replace(walk, sender=replace(walk.sender, port25=Found.FOUND))


def left_out(held: StarttlsFacts) -> dict[str, int]:
    return dict(Counter(session.not_tried for session in held.sessions if session.not_tried))


NAMES = "no more than 2 names are tried at one address"
SESSIONS = "no more than 60 sessions are opened on one walk"


@pytest.mark.parametrize(
    ("names", "addresses", "tls", "envelope", "in_all", "with_one"),
    [
        (1, 1, STRONG, False, 2, 2),
        (5, 1, STRONG, False, 3, 3),
        (50, 1, STRONG, False, 3, 3),
        (50, 20, STRONG, False, 60, 3),
        (50, 1, ANONYMOUS, False, 4, 4),
        (50, 1, ANONYMOUS, True, 5, 5),
        (50, 7, ANONYMOUS, True, 35, 5),
        (50, 20, ANONYMOUS, True, 60, 3),
        (50, 25, ANONYMOUS, True, 60, 3),
    ],
)
async def test_sessions_are_bounded(names, addresses, tls, envelope, in_all, with_one) -> None:
    servers = Servers(tls=tls)
    servers.ground = replace(servers.ground, envelope=ENVELOPE if envelope else None)
    await hold(servers, path(names, addresses))
    assert (len(servers.requests), servers.most) == (in_all, with_one)


async def test_every_address_has_its_first_two_before_any_has_a_third() -> None:
    servers = Servers()
    mx = path(3, 20)
    held = await hold(servers, mx)
    assert {request.sni for request in servers.requests[:40]} == {None, mx.hosts[0].name}
    assert {request.sni for request in servers.requests[40:]} == {mx.hosts[1].name}
    assert left_out(held) == {NAMES: 20}


async def test_where_shares_are_small_the_envelope_comes_first_then_the_suites_then_names() -> None:
    servers = Servers(tls=ANONYMOUS)
    servers.ground = replace(servers.ground, envelope=ENVELOPE)
    held = await hold(servers, path(2, 13))  # eight addresses with room for five, five with room for four
    more = Counter(
        "envelope" if request.envelope else request.profile.value if request.profile != "full" else "name"
        for request in servers.requests
        if request.envelope or request.profile != "full" or request.sni == "mx02.b.example"
    )
    assert more == {"envelope": 13, "authenticated": 13, "name": 8}
    assert left_out(held) == {SESSIONS: 5}


async def test_a_second_profile_is_tried_once_per_address_with_the_first_host_s_name() -> None:
    servers = Servers(tls=ANONYMOUS)
    await hold(servers, path(3, 1))
    again = [request.sni for request in servers.requests if request.profile is TlsProfile.AUTHENTICATED]
    assert again == ["mx01.b.example"]


@pytest.mark.parametrize(
    ("cipher", "profiles"),
    [
        ("ECDHE-RSA-AES256-GCM-SHA384", []),
        ("AES256-GCM-SHA384", ["go"]),
        ("DHE-RSA-AES256-GCM-SHA384", ["openssl-2", "go"]),
        ("CAMELLIA256-SHA", ["gnutls", "go"]),
    ],
)
async def test_each_kind_of_sender_that_lacks_the_suite_has_a_session_of_its_own(
    cipher: str, profiles: list[str]
) -> None:
    servers = Servers(tls=replace(STRONG, version="TLSv1.2", cipher=cipher))
    await hold(servers, path(1, 1))
    assert [request.profile.value for request in servers.requests if request.profile != "full"] == profiles


async def test_a_dead_address_is_not_asked_again_and_judged_as_dead() -> None:
    servers = Servers((), None, **DEAD)
    servers.ground = replace(servers.ground, envelope=ENVELOPE)
    mx = path(5, 1)
    held = await hold(servers, mx)
    assert len(servers.requests) == 2
    assert left_out(held) == {"an earlier connection was not accepted": 4}
    walk = walked(mx, held)
    verdict = judge(walk, posture("postfix-dane"))
    assert verdict.outcome is Outcome.DEFERRED
    assert [each.outcome for each in verdict.attempts] == [Outcome.DEFERRED] * 5
    assert sum(each.code == "TLS001" for each in find(walk)) == 5


async def test_an_address_that_this_machine_could_not_try_is_not_dead() -> None:
    servers = Servers((), None, failure=Failure.LOCAL, failed_at=Stage.CONNECT, detail="Too many open files.")
    held = await hold(servers, path(2, 1))
    assert (len(servers.requests), left_out(held)) == (3, {})


async def test_where_no_session_comes_to_tls_no_further_name_is_tried_or_missed() -> None:
    servers = Servers(PLAIN, None)
    mx = path(5, 1)
    held = await hold(servers, mx)
    assert len(servers.requests) == 2
    walk = walked(mx, held)
    assert judge(walk, posture("postfix-encrypt")).outcome is Outcome.DEFERRED
    assert judge(walk, posture("postfix-may")).outcome is Outcome.PLAINTEXT
    assert result("starttls", walk).word == "NOT OFFERED"


async def test_what_hangs_on_a_name_that_was_not_tried_is_unknown() -> None:
    """No certificate names any host here, and of the third nobody knows."""
    mx = path(3, 1)
    walk = walked(mx, await hold(Servers(), mx))
    assert judge(walk, posture("postfix-secure")).outcome is Outcome.DEFERRED  # it sends no name
    verdict = judge(walk, replace(posture("postfix-secure"), session_limit=0, sni=Sni.MX))
    assert verdict.outcome is Outcome.UNKNOWN
    assert verdict.possible == (Outcome.AUTHENTICATED, Outcome.DEFERRED)
    assert NAMES in verdict.reason
    status, word, summary = starttls.host_line(walk, mx.hosts[2])
    assert (status.value, word, summary) == ("skip", "NOT TRIED", f"{NAMES}.")
    about = {each.code: each.severity.value for each in find(walk) if each.subject == "mx03.b.example"}
    assert about == {"TLSA001": about["TLSA001"], "TLS022": "info"}  # nothing of its certificate


async def test_an_older_capture_misses_only_what_was_its_to_hold() -> None:
    """Its sessions under further names are not asked for; those that only Exim would hold are not missed."""

    class Old(Servers):
        async def converse(self, request: SmtpRequest) -> SmtpExchange:
            exchange = await super().converse(request)
            if request.sni != "mx01.b.example" or request.address == "192.0.2.1":
                return exchange
            return SmtpExchange(request=request, failure=Failure.NOT_RECORDED)

    good = made.record(3, 1, 1, made.spki(made.GOOD))
    first = made.mx_host("mx01.b.example", "192.0.2.1")
    mx = made.mx(first, made.mx_host("mx02.b.example", "192.0.2.2"))
    tlsa = TlsaFacts(hosts=(made.tlsa(good, host="mx01.b.example"), made.tlsa(host="mx02.b.example")))
    servers = Old()
    held = await hold(servers, mx, tlsa)
    assert SmtpRequest(address="192.0.2.2", sni="mx01.b.example") in servers.requests
    assert [(each.address, each.sni) for each in held.sessions] == [
        ("192.0.2.1", None),
        ("192.0.2.1", "mx01.b.example"),
        ("192.0.2.2", None),
        ("192.0.2.2", "mx02.b.example"),
    ]


async def test_an_exchange_cut_off_is_a_session_that_was_not_tried() -> None:
    why = "the walk's deadline of 1 s passed (--deadline allows more)"
    mx = path(1, 1)
    held = await hold(Servers((), None, failure=Failure.NOT_TRIED, detail=why), mx)
    assert all(isinstance(each, Session) and each.not_tried == why for each in held.sessions)
    verdict = judge(walked(mx, held), posture("rfc"))
    assert (verdict.outcome, why in verdict.reason) == (Outcome.UNKNOWN, True)
    assert verdict.possible == (Outcome.ENCRYPTED, Outcome.PLAINTEXT, Outcome.DEFERRED)


async def test_a_host_behind_one_that_was_cut_off_does_not_decide() -> None:
    """Whether the first takes the mail is not known, though the second would."""

    class Half(Servers):
        async def converse(self, request: SmtpRequest) -> SmtpExchange:
            if request.address == "192.0.2.1":
                return SmtpExchange(request=request, failure=Failure.NOT_TRIED, detail="the time was over")
            return await super().converse(request)

    mx = made.mx(*(made.mx_host(f"mx{n}.b.example", f"192.0.2.{n}") for n in (1, 2)))
    verdict = judge(walked(mx, await hold(Half(PLAIN, None), mx)), posture("rfc"))
    assert verdict.outcome is Outcome.UNKNOWN
    assert verdict.possible == (Outcome.ENCRYPTED, Outcome.PLAINTEXT)


async def test_an_address_for_special_use_says_which_option_connects() -> None:
    mx = path(1, 1)
    special = replace(mx.hosts[0], special={"192.0.2.1": "documentation"})
    servers = Servers()
    servers.ground = replace(servers.ground, allow_private=False)
    (left,) = (await hold(servers, replace(mx, hosts=(special,)))).sessions
    assert left.not_tried == (
        "its address is for special use (documentation); --allow-private connects anyway"
    )
    assert not servers.requests


class Slow(Servers):
    """Sessions stay open: the first two until `goes_on`, that with mx02's name until `later`."""

    def __init__(self, transcript=SECURED, tls: TlsSession | None = STRONG) -> None:
        super().__init__(transcript, tls)
        self.goes_on, self.later, self.began = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.cut: list[str | None] = []

    async def converse(self, request: SmtpRequest) -> SmtpExchange:
        further = request.sni == "mx02.b.example"
        if further:
            self.began.set()
        try:
            await (self.later if further else self.goes_on).wait()
        except asyncio.CancelledError:
            self.cut.append(request.sni)
            raise
        return await super().converse(request)


async def test_a_further_name_does_not_wait_for_two_whole_sessions() -> None:
    servers = Slow()
    held = asyncio.create_task(hold(servers, path(2, 1)))
    await asyncio.wait_for(servers.began.wait(), 5)
    servers.later.set()
    servers.goes_on.set()
    assert [each.sni for each in (await held).sessions] == [None, "mx01.b.example", "mx02.b.example"]
    assert (servers.most, servers.cut) == (3, [])


async def test_a_further_name_s_session_is_given_up_where_the_others_end_before_tls() -> None:
    servers = Slow(PLAIN, None)
    held = asyncio.create_task(hold(servers, path(2, 1)))
    await asyncio.wait_for(servers.began.wait(), 5)
    servers.goes_on.set()
    assert left_out(await held) == {"sessions with this address end before TLS, whatever the SNI": 1}
    assert (len(servers.requests), servers.cut) == (2, ["mx02.b.example"])
