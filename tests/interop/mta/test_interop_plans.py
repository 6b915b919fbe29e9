"""Plans are carried out while mail is sent every 100 ms: none is lost, and the orders that plans warn of lose
some, as foreseen.

`make interop` carries a sample out; with MAILPATH_PLANS=all in the environment every plan of
`interop_plan_cases` is, which takes a quarter of an hour.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator

import pytest
from interop_plan_carry import Carried, carry_out, carry_out_unsafe
from interop_plan_cases import ALL, SAMPLE
from interop_plan_prepare import Case, prepare
from interop_plan_stage import Stage, stage

CASES = ALL if os.environ.get("MAILPATH_PLANS") == "all" else SAMPLE


@pytest.fixture(scope="module")
def plans(figures: list[str]) -> Iterator[list[Carried]]:
    """What has been carried out; told in the end."""
    done: list[Carried] = []
    yield done
    for what, unsafe in (("Plans", False), ("Orders that plans warn of", True)):
        some = [each for each in done if each.unsafe is unsafe]
        if some:
            figures.append(_told(what, some))


def _told(what: str, done: list[Carried]) -> str:
    mail, lost = sum(each.mail for each in done), sum(each.lost for each in done)
    hit, seconds = sum(each.hit.total() for each in done), sum(each.seconds for each in done)
    as_foreseen = f" ({hit} then and in the way foreseen)" if hit else ""
    return f"{what}: {len(done)} carried out, {lost} of {mail} messages lost{as_foreseen}, {seconds:.0f} s"


@pytest.fixture(scope="module")
def staged() -> Iterator[Stage]:
    with stage() as up:
        yield up


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_plan_loses_no_mail_and_what_it_warns_of_does(
    case: Case, staged: Stage, plans: list[Carried], figures: list[str]
) -> None:
    prepared = asyncio.run(prepare(case))
    carried = [carry_out(staged, prepared)]
    carried += [carry_out_unsafe(staged, prepared, killing) for killing in prepared.killings]
    plans += carried
    figures += [each.line for each in carried]
    wrong = [f"{each.name}: {sentence}" for each in carried for sentence in each.wrong[:5]]
    assert not wrong, "\n".join(wrong)
