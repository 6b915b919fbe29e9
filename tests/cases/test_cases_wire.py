"""Situations that no zone shows: a resolver that fails, a server that pauses, an EHLO that is refused."""

from __future__ import annotations

import asyncio
import re

import pytest
from judge_builders import OFFERED, SELF, WEB, mx, path, reply, tls
from msgspec.structs import replace
from resolvers import failing

from mailpath.exchanges import Failure, Stage
from mailpath.facts import Path, Walk
from mailpath.judge.presets import PRESETS
from mailpath.lab import Lab
from mailpath.report import brief
from mailpath.report.headline import headline
from mailpath.report.result import build
from mailpath.walk import live_network, walk


def shown(found: Walk, posture: str) -> tuple[str, str]:
    """The headline, and the first finding with its remedy, on one line."""
    result = build(found, [PRESETS[posture]], {}, deciding=[posture])
    page = brief.render(result, ascii_only=True)
    first = re.split(r"^[x!-] (?=[A-Z]+\d{3})|^More ", page, flags=re.MULTILINE)[1]
    return headline(result), " ".join(first.split())


DOMAIN = "dane-good.example"
EVERYTHING = "the resolver answers {} to every query, even for unrelated names and the root"
#: What fails (response code, types), whether only without CD, below which name; domain and posture; words of
#: the headline, the first finding, words of its remedy.
RESOLVERS = [
    # The resolver cannot prove that there is no TLSA record: its validator fails, or all of it.
    (("SERVFAIL", "TLSA"), True, "", "signed-no-tlsa.example", "exim", "deferred", "SEC009", "at another"),
    (("SERVFAIL", "MX"), True, "", DOMAIN, "rfc", "deferred", "SEC009", "Use another resolver"),
    (("SERVFAIL", "TLSA"), False, "", DOMAIN, "postfix-dane", "deferred", "SND006", "Use another resolver"),
    (("SERVFAIL", "TLSA"), False, DOMAIN, DOMAIN, "postfix-dane", "deferred", "TLSA005", "Ask another"),
    # It fails for everything: the recipient is not at fault.
    (("REFUSED",), False, "", DOMAIN, "postfix-dane", EVERYTHING.format("REFUSED"), "SND004", "another"),
    (("SERVFAIL",), False, "", "plaintext.example", "exim", "SERVFAIL to every query", "SND004", "another"),
    (("NOTIMP",), False, "", DOMAIN, "gmail", "unknown for gmail", "SND004", "another"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("fails", "without_cd", "below", "domain", "posture", "words", "code", "fix"), RESOLVERS
)
def test_a_resolver_that_fails(
    lab: Lab,
    fails: tuple[str, ...],
    without_cd: bool,
    below: str,
    domain: str,
    posture: str,
    words: str,
    code: str,
    fix: str,
) -> None:
    assert lab.settings.resolver is not None

    async def run(resolver: str) -> Walk:
        async with live_network(replace(lab.settings, resolver=resolver)) as network:
            return await walk(Path(recipient=domain, sender="a.example"), network, network.ground.made)

    with failing(lab.settings.resolver, *fails, without_cd=without_cd, name=below) as resolver:
        found = asyncio.run(run(resolver))
    told, first = shown(found, posture)
    assert words in told
    assert first.startswith(code)
    assert fix in first


def pausing(stage: Stage, **said: object):
    """A server of which we gave up waiting, and senders do not."""
    return lambda _sni: {**said, "failure": Failure.TIMEOUT, "failed_at": stage, "limit": 30.0}


def refusing(code: int):
    refused = {
        "greeting": reply("220 hello"),
        "ehlo": reply(f"{code} Syntactically invalid EHLO argument(s)"),
    }
    return lambda _sni: {**refused, "helo": reply(f"{code} no")}


GREETED = {"greeting": reply("220 hello")}
AT_EHLO = "30 s for the reply to EHLO of mx1.b.example (192.0.2.1), but {} waits"
#: A server; the posture, words of the headline, the first finding, words of it.
SERVERS = [
    # A pause against spam is no failure.
    (pausing(Stage.EHLO, **GREETED), "postfix-may", AT_EHLO, "TLS027", "--reply-timeout"),
    (pausing(Stage.EHLO, **GREETED), "exim-require-tls", AT_EHLO, "TLS027", "--reply-timeout"),
    (pausing(Stage.GREETING), "rfc", "--greeting-timeout waits longer", "TLS027", "--greeting-timeout"),
    (pausing(Stage.STARTTLS, **OFFERED), "postfix-encrypt", "unknown for", "TLS027", "--reply-timeout"),
    # EHLO refused with 501 or 550 speaks of the client's name, with another code of the server.
    (refusing(501), "postfix-may", "501 no", "TLS017", "--ehlo NAME"),
    (refusing(550), "exim-require-tls", "550 no", "TLS017", "--ehlo NAME"),
    (refusing(502), "postfix-encrypt", "502", "TLS017", "look for a firewall"),
]


@pytest.mark.parametrize(("server", "posture", "words", "code", "fix"), SERVERS)
def test_a_server_that_pauses_or_refuses_our_name(server, posture, words, code, fix) -> None:
    made = path(mx("mx1", server))
    told, first = shown(replace(made, sender=replace(made.sender, ehlo="my_host.a.example")), posture)
    assert words.format(posture) in told
    assert first.startswith(code)
    assert fix in first


@pytest.mark.parametrize("slow", [WEB, SELF])
def test_behind_a_host_that_takes_the_mail_a_pause_does_not_matter(slow) -> None:
    taken = path(mx("mx1", tls(slow)), mx("mx2", pausing(Stage.EHLO, **GREETED), at=20))
    assert "delivered encrypted" in shown(taken, "rfc")[0]
