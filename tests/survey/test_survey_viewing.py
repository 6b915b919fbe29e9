"""A survey looked at: found, ordered, grouped and counted as one would by hand; walks are looked at again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from mailpath.judge import Outcome
from mailpath.judge.presets import PRESETS
from mailpath.network.replay import Replay
from mailpath.survey.again import FOUND, Cell, Look, cells_of, look_again
from mailpath.survey.judging import row_for
from mailpath.survey.results import Cause, Row, compare, group_in
from mailpath.survey.viewing import Arrangement, Domains, Head, Seen, Totals, entries, kinds_of
from mailpath.walk import walk
from mailpath.whatif import Rewalks, attack_outcome

POSTURES = ("may", "dane", "sts")
SEEN = Seen(look=FOUND, today="may", posture="dane")
OUTCOMES = st.sampled_from(Outcome)


@st.composite
def surveys(draw: st.DrawFn) -> list[Row]:
    """Rows of a survey, most mails first; some were not walked, some prove nothing."""
    rows = []
    for number in range(draw(st.integers(0, 12))):
        row = Row(domain=f"d{number}.example", mails=draw(st.integers(1, 9)))
        if draw(st.booleans()):
            names = draw(st.sets(st.sampled_from(POSTURES)))
            row = replace(
                row,
                operator=draw(st.sampled_from(["", "one.example", "two.example"])),
                outcomes={name: draw(OUTCOMES) for name in names},
                inconclusive=draw(st.sampled_from(["", "192.0.2.1 turned us away for now."])),
            )
        rows.append(row)
    return sorted(rows, key=lambda row: (-row.mails, row.domain))


@given(surveys(), st.data())
def test_totals_are_those_of_the_results(rows: list[Row], data: st.DataObject) -> None:
    domains = Domains(rows, [row.domain for row in rows])
    totals = Totals(domains, FOUND, "may", POSTURES)
    wanted = compare(rows, "may", POSTURES)
    for posture in POSTURES:
        found = totals.of(posture)
        assert {kind: found[kind] for kind in found} == {
            kind: getattr(wanted[posture], kind) for kind in found
        }
        assert kinds_of(domains, FOUND, "may", posture) == [group_in(row, "may", posture) for row in rows]
    # What is judged later counts as if it had been there from the beginning.
    missing = domains.missing(FOUND, POSTURES)
    for number in missing:
        domains.put(number, FOUND, {name: Cell(outcome=data.draw(OUTCOMES)) for name in POSTURES})
    totals.again(missing)
    again = Totals(domains, FOUND, "may", POSTURES)
    assert [totals.of(name) for name in POSTURES] == [again.of(name) for name in POSTURES]
    assert domains.missing(FOUND, POSTURES) == []


@given(
    surveys(),
    st.sampled_from(["mails", "domain", "operator", "cause", "may", "dane"]),
    st.booleans(),
    st.sampled_from(["", "operator", "cause"]),
)
def test_every_domain_is_listed_once(rows: list[Row], by: str, turned: bool, grouped: str) -> None:
    domains = Domains(rows, [])
    how = Arrangement(by=by, turned=turned, grouped=grouped)
    listed = entries(domains, SEEN, how)
    if grouped:
        heads = [each for each in listed if isinstance(each, Head)]
        assert heads == listed
        assert sum(head.domains for head in heads) == len(rows)
        assert sum(head.mails for head in heads) == sum(row.mails for row in rows)
        assert [head.broken for head in heads] == sorted((head.broken for head in heads), reverse=True)
        how = replace(how, opened=frozenset(head.name for head in heads))
        listed = [each for each in entries(domains, SEEN, how) if not isinstance(each, Head)]
    assert sorted(listed) == list(range(len(rows)))  # type: ignore[type-var]


def test_found_by_any_words_in_any_order_and_by_kind() -> None:
    fine = dict.fromkeys(POSTURES, Outcome.ENCRYPTED)
    cause = Cause(event="cert-mismatch", code="TLSA002", reason="It matches none.")
    rows = [
        Row(domain="xn--bcher-kva.example", mails=9, operator="big.example", outcomes=fine),
        Row(
            domain="b.example",
            mails=5,
            operator="big.example",
            hosts=("mx1.big.example",),
            outcomes={**fine, "dane": Outcome.DEFERRED},
            causes={"dane": cause},
        ),
        Row(domain="c.example", mails=7),
    ]
    domains = Domains(rows, ["b.example"])

    def listed(**how: Any) -> list[Any]:
        return entries(domains, SEEN, Arrangement(**how))

    assert listed(sought="BÜCHER") == listed(sought="big xn--") == [0]
    assert listed(sought="mx1") == listed(sought="tlsa002 example") == listed(only="newly_deferred") == [1]
    assert listed(sought="nowhere") == []
    assert listed(only="unknown") == [2]
    assert listed(by="dane") == [1, 0, 2]
    assert listed(by="mails", turned=True) == [2, 1, 0]
    assert [head.name for head in listed(grouped="cause")] == [
        "TLSA002: The certificate matches no TLSA record",
        "delivered, encrypted",
        "not judged",
    ]
    assert [head.name for head in listed(grouped="operator")] == ["big.example", "no mail host"]
    # Under an attack nothing is known until it is judged, and of what was not kept nothing will be.
    attack = Look("strip-starttls")
    assert domains.missing(attack, POSTURES) == [1]
    domains.put(1, attack, {"dane": Cell(outcome=Outcome.PLAINTEXT, read="yes")})
    assert kinds_of(domains, attack, "may", "dane") == ["unknown", "read", "unknown"]


def test_a_kept_walk_is_seen_as_check_sees_it(walks: Any) -> None:
    capture = walks.of("dane-stale").capture
    postures = tuple(PRESETS[name] for name in ("postfix-may", "postfix-dane"))

    async def look(asked: Look) -> Mapping[str, Cell]:
        return await look_again(capture, postures, asked)

    found = asyncio.run(walk(capture.path, Replay(capture), capture.ground.made))
    assert asyncio.run(look(FOUND)) == cells_of(row_for(found, 1, postures[0], postures[1:]))
    later = asyncio.run(look(Look(at=capture.ground.made + 3650 * 86400)))
    assert later["postfix-dane"].cause.event != asyncio.run(look(FOUND))["postfix-dane"].cause.event
    attacked = asyncio.run(look(Look("mitm-self-signed")))
    for posture in postures:
        alone = asyncio.run(attack_outcome(Rewalks(capture), posture, "mitm-self-signed"))
        cell = attacked[posture.name]
        assert (cell.outcome, cell.read == "yes") == (alone.outcome, alone.attacker_reads)
    assert {name: cell.read for name, cell in attacked.items()} == {
        "postfix-may": "yes",
        "postfix-dane": "no",
    }
