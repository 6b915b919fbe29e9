"""Little room: what matters is in sight, and what is not is told."""

from __future__ import annotations

import pytest
from msgspec import structs
from tui_world import FakeSession, app, drawn, path_screen, settle, shown, walk

from mailpath.facts import Found, SenderFacts
from mailpath.judge.model import Attempt
from mailpath.tui.judging import JudgedWalk
from mailpath.tui.text import after, wrap
from mailpath.tui.widgets.verdict import VerdictPanel

WIDE = (120, 40)


async def test_many_hosts_have_no_blank_lines_above_them_and_their_reader_stays_where_he_is() -> None:
    async with app(FakeSession(found=walk(hosts=20)), start=True).run_test(size=WIDE) as pilot:
        await settle(pilot)
        verdict = pilot.app.screen.query_one(VerdictPanel)
        lines = shown(verdict.query_one("#sentence")).split("\n")
        assert lines[-1].strip()
        assert f"6 Verdict under rfc, {verdict.max_scroll_y} more below" in drawn(pilot)
        verdict.focus()
        await pilot.press("end")
        await settle(pilot)
        assert "more below" not in drawn(pilot)
        for key in ("right", "right", "left"):
            await pilot.press(key)
            await settle(pilot)
            assert verdict.scroll_y > 0
        await pilot.press("r")
        await settle(pilot)
        assert verdict.scroll_y == 0


def test_what_is_cut_from_wrapped_lines_is_the_text_itself() -> None:
    """A long name that was broken between two labels has no blank in it."""
    text = "mx07.inbound.region-east.mail-platform.b.example: TLS 1.3, but the certificate does not match"
    for width in range(8, 60):
        lines = wrap(text, width)
        assert all(after(text, lines[:at]).startswith(line) for at, line in enumerate(lines))


@pytest.mark.parametrize(("size", "least"), [((40, 12), 8), ((60, 20), 9)])
async def test_an_opened_verdict_has_the_room(size: tuple[int, int], least: int) -> None:
    async with app(start=True).run_test(size=size) as pilot:
        await settle(pilot)
        await pilot.press("6")
        await settle(pilot)
        screen = path_screen(pilot)
        assert screen.query_one(VerdictPanel).content_size.height + screen.answer.size.height >= least
        below = drawn(pilot).split("6 Verdict under rfc")[1]
        assert [line.strip() for line in below.split("\n")].count("") <= 1  # what is between the two tables
        assert "Server certificate not verified" in below


async def test_the_list_has_its_room_when_something_was_scrolled_right_before_it_is_shown() -> None:
    """Of its size Textual then tells nobody."""
    async with app(start=True).run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("4", "pagedown", "o")
        await settle(pilot)
        assert "Posture 1-12 of 16" in drawn(pilot)
        assert "Tab: more" not in drawn(pilot)


@pytest.mark.parametrize("size", [(80, 24), (60, 20), (40, 12)])
async def test_dialogues_stay_on_the_screen(size: tuple[int, int]) -> None:
    async with app(start=True).run_test(size=size) as pilot:
        await settle(pilot)
        for key, box in (("w", "#save"), ("question_mark", "#help")):
            await pilot.press(key)
            await settle(pilot)
            screen = pilot.app.screen
            assert screen.region.contains_region(screen.query_one(box).region)
            await pilot.press("escape")
        await pilot.press("w")
        await settle(pilot)
        for suffix in (".json.gz", ".svg"):
            assert suffix in drawn(pilot)
        assert ("anywhere, offline" in drawn(pilot)) is (size[0] > 40)


@pytest.mark.parametrize("size", [(80, 24), (60, 20), (40, 12)])
async def test_what_to_do_is_told_whole_and_a_cut_is_marked(size: tuple[int, int]) -> None:
    blocked = structs.replace(walk(), sender=SenderFacts(port25=Found.BLOCKED))
    async with app(FakeSession(found=blocked), start=True).run_test(size=size) as pilot:
        await settle(pilot)
        said = " ".join(shown(pilot.app.screen.query_one("#problem")).split())
        assert "mailpath check b.example --from a.example" in said
        assert said.endswith(
            "…" if size[0] == 40 else "The servers were not seen; the other panels are valid."
        )
        for selector in ("#problem", "#verdict"):
            widget = pilot.app.screen.query_one(selector)
            assert widget.region == pilot.app.screen.find_widget(widget).visible_region
        hint = pilot.app.screen.query_one("#hint")
        path_screen(pilot).hint.say("word " * 99)
        await settle(pilot)
        if hint.display:
            assert hint.size.height == 6
            assert shown(hint).endswith("…")


async def test_zoomed_evidence_is_wrapped_and_the_way_back_is_told() -> None:
    async with app(start=True).run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("5", "e")
        await settle(pilot)
        panel = path_screen(pilot).steps.open_panel
        assert panel is not None
        assert "L wider" in drawn(pilot)
        assert "Zoom off" not in drawn(pilot)
        await pilot.press("z", "end")
        await settle(pilot)
        assert "L wider" not in drawn(pilot)
        assert "PgDn" not in drawn(pilot)
        assert "z Zoom off" in drawn(pilot)
        assert panel._scroll.scroll_y == panel._scroll.max_scroll_y
        await pilot.press("home", "escape")
        await settle(pilot)
        assert panel._scroll.scroll_y == 0
        assert "Zoom off" not in drawn(pilot)


async def test_a_posture_of_many_words_costs_the_others_few_lines() -> None:
    """They are the open panel's."""

    def wordy(judged: JudgedWalk, posture: str) -> list[tuple[Attempt, str]]:
        said = "many words " * 60 if posture == "postfix-may" else "few words"
        return [(each, said) for each in judged.verdict(posture).attempts]

    session = FakeSession()
    session.judged_by.attempts = wordy  # type: ignore[attr-defined]
    async with app(session, start=True).run_test(size=WIDE) as pilot:
        await settle(pilot)
        lines = shown(pilot.app.screen.query_one("#sentence")).split("\n")
        assert [line.strip() for line in lines].count("") <= 2
