"""Our validator against unbound and delv, over zones of BIND, ldns and Knot DNS on nsd, named and knotd."""

from __future__ import annotations

from collections import Counter

import pytest
from interop_differences import UNBOUND_DELV_DIFFER, WE_DIFFER, Difference
from interop_model import Zone
from interop_observers import read_delv
from interop_zones import ZONES

EXCEPTIONS = {question for entry in UNBOUND_DELV_DIFFER + WE_DIFFER for question in entry.questions}


def agreeing(zone: Zone) -> dict[tuple[str, str], str]:
    """The questions that are counted, and the status that everybody gives them."""
    return {
        question: status
        for question, status in zone.expectations().items()
        if question not in EXCEPTIONS and status != "unanswered"
    }


@pytest.mark.parametrize("zone", ZONES, ids=lambda zone: zone.name)
def test_our_status_is_that_of_unbound_and_of_delv(zone: Zone, observed) -> None:
    for question, expected in agreeing(zone).items():
        said = {"unbound": observed.unbound[question], "delv": observed.delv[question]}
        said |= {way: answers[question].status for way, answers in observed.ours.items()}
        reasons = {answers[question].reason for answers in observed.ours.values()}
        assert set(said.values()) == {expected}, f"{question}, {zone.about}: {said}; {reasons}"


@pytest.mark.parametrize("entry", UNBOUND_DELV_DIFFER + WE_DIFFER, ids=lambda entry: entry.questions[0][0])
def test_what_is_listed_as_different_still_is(entry: Difference, observed) -> None:
    for question in entry.questions:
        assert (observed.unbound[question], observed.delv[question]) == (entry.unbound, entry.delv), question
        for answers in observed.ours.values():
            assert answers[question].status == entry.ours, (question, answers[question])


@pytest.mark.parametrize("zone", [zone for zone in ZONES if zone.unanswered], ids=lambda zone: zone.name)
def test_what_cannot_be_asked_is_neither_secure_nor_absent(zone: Zone, observed) -> None:
    for question in zone.expectations():
        assert observed.unbound[question] == "SERVFAIL", "also with CD"
        assert observed.delv[question] not in ("secure", "insecure")
        for answers in observed.ours.values():
            assert answers[question].status == "indeterminate", answers[question]
            assert answers[question].found == "failed", answers[question]


def test_every_verdict_names_its_reason(observed) -> None:
    lookups = [(asked, said) for answers in observed.ours.values() for asked, said in answers.items()]
    assert not [asked for asked, said in lookups if not said.reason]


def test_enough_is_compared() -> None:
    questions = [question for zone in ZONES for question in zone.expectations()]
    assert Counter(questions).most_common(1)[0][1] == 1, "nothing is asked twice"
    assert set(questions) >= EXCEPTIONS
    counted = Counter(status for zone in ZONES for status in agreeing(zone).values())
    assert counted.total() >= 60
    assert min(counted[status] for status in ("secure", "insecure", "bogus")) >= 60
    assert sum(bool(agreeing(zone)) for zone in ZONES) >= 25
    assert {zone.signer for zone in ZONES} == {"bind", "ldns", "knot", "online", ""}
    assert {zone.server for zone in ZONES} == {"root", "nsd", "named", "knotd", "nobody"}


@pytest.mark.parametrize(
    ("printed", "status"),
    [
        ("; fully validated\nx. 300 IN A 192.0.2.1\n; fully validated\n", "secure"),
        ("; fully validated\nx. 300 IN CNAME y.\n; unsigned answer\ny. 300 IN A 192.0.2.1\n", "insecure"),
        ("; negative response, fully validated\n;; resolution failed: ncache nxrrset\n", "secure"),
        ("; negative response, unsigned answer\n;; resolution failed: ncache nxdomain\n", "insecure"),
        (";; validating x/A: no valid signature found\n;; resolution failed: failure\n", "bogus"),
        (";; resolution failed: timed out\n", ";; resolution failed: timed out"),
        ("nothing of the kind", "nothing of the kind"),
    ],
)
def test_what_delv_prints_is_read_as_it_is_meant(printed: str, status: str) -> None:
    assert read_delv(printed) == status
