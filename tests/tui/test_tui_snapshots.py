"""Whole screens, driven by keys, at the sizes people have.  Look at the pictures when one changes."""

from __future__ import annotations

from typing import Any

import pytest
from tui_world import RESULTS, FakeSession, app, settle, walk

from mailpath.attacks.catalogue import ATTACKS
from mailpath.facts import Status

pytestmark = pytest.mark.snapshot

#: The list opens with no attack chosen, and each further key goes to the next.
SELF_SIGNED = ["a"] * (2 + list(ATTACKS).index("mitm-self-signed"))
SIZES = {"wide": (120, 40), "compact": (80, 24), "narrow": (60, 20)}


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_a_finished_walk(snap_compare: Any, size: tuple[int, int]) -> None:
    assert snap_compare(app(start=True), terminal_size=size, run_before=settle)


@pytest.mark.parametrize(
    ("name", "keys", "options"),
    [
        ("may", ["right", "right"], {}),
        ("light", ["T"], {}),
        ("evidence", ["e"], {}),
        ("help", ["question_mark"], {}),
        ("ascii", [], {"ascii": True}),
        ("verdict", ["6"], {}),
        ("zoom", ["4", "z"], {}),
        ("attack", SELF_SIGNED, {"posture": "postfix-may"}),
        ("attack-panel", [*SELF_SIGNED, "escape", "5"], {}),
        ("clock", ["t", "t"], {}),
        ("host", ["h"], {"posture": "postfix-dane"}),
        ("save", ["w"], {}),
        ("walks", ["s", "g"], {}),
        ("filter", ["slash", "1", "2", "enter"], {}),
        *((f"evidence-{number}", [str(number), "e"], {}) for number in (0, 1, 2, 3, 5)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_after_keys(snap_compare: Any, name: str, keys: list[str], options: dict[str, Any]) -> None:
    async def press(pilot: Any) -> None:
        await settle(pilot)
        await pilot.press(*keys)
        await settle(pilot)

    assert snap_compare(app(start=True, **options), terminal_size=(120, 40), run_before=press)


def test_compact_verdict(snap_compare: Any) -> None:
    async def press(pilot: Any) -> None:
        await settle(pilot)
        await pilot.press("6")
        await settle(pilot)

    assert snap_compare(app(start=True), terminal_size=(80, 24), run_before=press)


@pytest.mark.parametrize("size", [(120, 40), (80, 24)], ids=["wide", "compact"])
@pytest.mark.parametrize(("name", "downs"), [("goals", 2), ("step", 5), ("unsafe", 7)])
def test_a_plan(snap_compare: Any, size: tuple[int, int], name: str, downs: int) -> None:
    async def press(pilot: Any) -> None:
        await settle(pilot)
        await pilot.press("u")
        await settle(pilot)
        await pilot.press(*["down"] * downs)
        await settle(pilot)

    assert snap_compare(app(start=True), terminal_size=size, run_before=press)


@pytest.mark.parametrize(("name", "key"), [("help", "question_mark"), ("save", "w")])
def test_compact_dialogues(snap_compare: Any, name: str, key: str) -> None:
    async def press(pilot: Any) -> None:
        await settle(pilot)
        await pilot.press(key)
        await settle(pilot)

    assert snap_compare(app(start=True), terminal_size=(80, 24), run_before=press)


@pytest.mark.parametrize("size", [(80, 24), (60, 20)], ids=["compact", "narrow"])
def test_small_attack(snap_compare: Any, size: tuple[int, int]) -> None:
    async def press(pilot: Any) -> None:
        await settle(pilot)
        await pilot.press("a", "a")
        await settle(pilot)

    assert snap_compare(app(start=True), terminal_size=size, run_before=press)


def test_compact_postures(snap_compare: Any) -> None:
    async def press(pilot: Any) -> None:
        await settle(pilot)
        await pilot.press("o")
        await settle(pilot)

    assert snap_compare(app(start=True), terminal_size=(80, 24), run_before=press)


def test_before_anything_is_typed(snap_compare: Any) -> None:
    async def hide_cursor(pilot: Any) -> None:
        await settle(pilot)
        for field in pilot.app.screen.query("NameInput"):
            field.cursor_blink = False
        await settle(pilot)

    assert snap_compare(app(sender="", recipient=""), terminal_size=(120, 40), run_before=hide_cursor)


def test_while_it_walks(snap_compare: Any) -> None:
    session = FakeSession(pause=True)

    async def half(pilot: Any) -> None:
        for _ in range(4):
            await pilot.pause()

    assert snap_compare(app(session, start=True), terminal_size=(120, 40), run_before=half)


@pytest.mark.parametrize("size", [(120, 40), (60, 20)], ids=["wide", "narrow"])
def test_scenario_picker(snap_compare: Any, size: tuple[int, int]) -> None:
    async def down(pilot: Any) -> None:
        await settle(pilot)
        await pilot.press("down")
        await settle(pilot)

    assert snap_compare(app(FakeSession(lab=True)), terminal_size=size, run_before=down)


def test_ascii_and_compact(snap_compare: Any) -> None:
    assert snap_compare(app(start=True, ascii=True), terminal_size=(80, 24), run_before=settle)


def test_twelve_hosts(snap_compare: Any) -> None:
    session = FakeSession(found=walk(hosts=12))
    assert snap_compare(app(session, start=True), terminal_size=(120, 40), run_before=settle)


def test_nothing_could_be_learnt(snap_compare: Any) -> None:
    from msgspec.structs import replace

    results = tuple(
        replace(
            result, status=Status.ERROR, word="NO ANSWER", summary="The resolver did not answer within 5 s."
        )
        for result in RESULTS
    )
    session = FakeSession(found=walk(results=results))
    assert snap_compare(app(session, start=True), terminal_size=(80, 24), run_before=settle)


def test_no_colour(snap_compare: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert snap_compare(app(start=True, color=False), terminal_size=(120, 40), run_before=settle)
