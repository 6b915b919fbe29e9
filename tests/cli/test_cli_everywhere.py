"""`mailpath dnssec --has, --lacks`: every name server is asked, and not the resolver's memory."""

from __future__ import annotations

import asyncio
import json

import pytest

from mailpath.commands.everywhere import ask_all
from mailpath.lab import Lab, scenarios
from mailpath.online import live_network

_OTHER = f"3 1 1 {'00' * 32}"
_OWNER = "_25._tcp.mx1.dane-good.example"


def test_what_is_served_and_what_is_not(run) -> None:
    words = ("dnssec", _OWNER, "TLSA", "--lab", "dane-good")
    code, out, _ = run(*words, "--has", _OTHER)
    assert (code, out) == (1, f"the lab: lacks {_OTHER}\n")
    assert run(*words, "--lacks", _OTHER)[:2] == (0, "the lab: as asked\n")
    code, out, _ = run(
        "dnssec",
        "dane-good.example",
        "MX",
        "--lab",
        "dane-good",
        "--json",
        "--has",
        "10 mx1.dane-good.example.",
    )
    assert (code, json.loads(out)[0]["ok"]) == (0, True)
    assert run(*words, "--has", "rubbish")[0] == 64


def test_a_server_that_fails_is_unknown(run) -> None:
    code, out, _ = run(
        "dnssec",
        "_25._tcp.mx1.dane-lookup-fails.example",
        "TLSA",
        "--lab",
        "dane-lookup-fails",
        "--has",
        _OTHER,
    )
    assert code == 3
    assert "SERVFAIL" in out or "REFUSED" in out


@pytest.mark.parametrize("dead", [False, True])
def test_each_address_of_each_server_is_asked(dead: bool) -> None:
    scenario = next(each for each in scenarios() if each.id == "dane-good")
    asked: list[str | None] = []
    with Lab.start((scenario,)) as lab:

        def opened(address: str | None):
            asked.append(address)
            silent = dead and address is not None
            return live_network(lab.settings.merged(resolver="127.0.0.1:1") if silent else lab.settings)

        answers = asyncio.run(ask_all(_OWNER, "TLSA", opened))
    assert asked == [None, "192.0.2.1"]
    assert [(each.server, each.address) for each in answers] == [("ns1.nic.example", "192.0.2.1")]
    assert (answers[0].records is None) == dead
