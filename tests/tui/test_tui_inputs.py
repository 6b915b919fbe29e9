"""The inputs of the path: what is typed, what is refused, what Esc brings back."""

from __future__ import annotations

from textual.widgets import Input
from tui_world import FakeSession, app, drawn, settle

from mailpath.tui.widgets.bar import PathBar

WIDE = (120, 40)


async def test_bad_input_is_told_in_place() -> None:
    wrong = [
        ("recipient", "", "Recipient: Enter a domain"),
        ("recipient", "a..b", "Recipient: The name contains an empty label"),
        ("recipient", "192.0.2.1", "Recipient: An IP address has no MX"),
        ("sender", "so bad.example", "Sender: A domain name cannot contain a space"),
    ]
    session = FakeSession()
    async with app(session).run_test(size=WIDE) as pilot:
        await settle(pilot)
        for field, typed, sentence in wrong:
            pilot.app.screen.query_one(PathBar).fill("", "b.example")
            pilot.app.screen.query_one(f"#{field}", Input).value = typed
            await pilot.press("enter")
            await settle(pilot)
            assert sentence in drawn(pilot)
            assert session.walks == 0
            assert pilot.app.focused is pilot.app.screen.query_one(f"#{field}")


async def test_address_and_international_name() -> None:
    session = FakeSession()
    options = {"recipient": "Ann <ann@bücher.example>", "start": True}
    async with app(session, **options).run_test(size=WIDE) as pilot:
        await settle(pilot)
        assert "xn--bcher-kva.example (bücher.example)" in drawn(pilot)


async def test_letters_go_into_an_input_that_has_the_focus() -> None:
    async with app(recipient="").run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("q", "z", ".", "e", "x")
        assert pilot.app.screen.query_one("#recipient", Input).value == "qz.ex"
        await pilot.press("escape", "i")
        assert pilot.app.focused is pilot.app.screen.query_one("#recipient")


async def test_what_is_typed_replaces_the_path_and_escape_brings_it_back() -> None:
    session = FakeSession()
    async with app(session, start=True).run_test(size=WIDE) as pilot:
        await settle(pilot)
        recipient = pilot.app.screen.query_one("#recipient", Input)
        await pilot.press("i", "z", "escape")
        assert (recipient.value, session.walks) == ("b.example", 1)
        await pilot.press("i", "backspace", "enter")
        await settle(pilot)
        assert "Enter a domain" in drawn(pilot)
        await pilot.press("escape")
        await settle(pilot)
        assert recipient.value == "b.example"
        assert "Enter a domain" not in drawn(pilot)
        await pilot.press("i", *"c.org", "enter")
        await settle(pilot)
        assert (recipient.value, session.walks) == ("c.org", 2)
