"""A text in place of the recipient: the path that it names is walked, and its line held in sight."""

from __future__ import annotations

import pytest
from test_tui_real import plain, walked
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input
from tui_world import path_screen

from mailpath.tickets.pasted import read_pasted
from mailpath.tui import LabSource
from mailpath.tui.app import MailpathApp
from mailpath.tui.session import Session

LINE = (
    "Nov 23 12:00:00 mail postfix/smtp[123]: 4XyZabc12: to=<u@dane-stale.example>,"
    " relay=mx1.dane-stale.example[192.0.2.1]:25, delay=1, delays=0/0/1/0, dsn=4.7.5,"
    " status=deferred (Server certificate not verified)"
)
TOLD = "Your line: 4.7.5 Server certificate not verified. Cause found: TLSA002 at mx1.dane-stale.example"


async def paste(pilot: Pilot[str], text: str) -> None:
    screen = path_screen(pilot)
    screen.query_one("#recipient", Input).focus()
    await pilot.pause()
    pilot.app.post_message(events.Paste(text))
    await pilot.pause()


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_from_a_pasted_line_to_its_cause_in_two_keys(size: tuple[int, int]) -> None:
    session = Session(LabSource("plaintext"))
    try:
        async with MailpathApp(session).run_test(size=size) as pilot:
            screen = await walked(pilot)
            session.recording = None
            await paste(pilot, LINE)  # one
            await pilot.pause()
            assert screen.query_one("#recipient", Input).value == "dane-stale.example"
            assert screen.posture == "postfix-dane"
            assert session.recording is None  # no packet before Walk is pressed
            assert "Your line: 4.7.5 Server certificate not verified." in plain(pilot)
            await pilot.press("enter")  # two
            screen = await walked(pilot)
            assert TOLD in plain(pilot)
            assert "deferred by postfix-dane at" in plain(pilot)
            # It stays for another posture, and goes with another path.
            screen.posture = "postfix-may"
            await pilot.pause()
            assert TOLD in plain(pilot)
            screen.query_one("#recipient", Input).value = "dane-good.example"
            screen.bar.submit()
            await walked(pilot)
            assert "Your line" not in plain(pilot)
    finally:
        session.close()


async def test_the_reply_answers_a_refusal_that_no_walk_explains() -> None:
    full = "<u@dane-good.example>: host mx1.dane-good.example[192.0.2.1] said: 552 5.2.2 mailbox full"
    session = Session(LabSource("dane-good"))
    try:
        async with MailpathApp(session, pasted=read_pasted(full)).run_test(size=(120, 40)) as pilot:
            screen = await walked(pilot)
            assert "Whose move: the recipient." in plain(pilot)
            await pilot.press("c")
            await pilot.pause()
            assert "Only the owner of the mailbox can change this" in plain(pilot)
            await pilot.press("escape")
            screen.query_one("#recipient", Input).value = "dane-stale.example"
            screen.bar.submit()
            await pilot.pause()
            await walked(pilot)
            assert screen.walks.refused is None
    finally:
        session.close()


async def test_what_names_no_recipient_is_told_and_typed_text_is_read() -> None:
    session = Session(LabSource("dane-stale"))
    try:
        async with MailpathApp(session, pasted=read_pasted(LINE)).run_test(size=(120, 40)) as pilot:
            screen = await walked(pilot)
            assert TOLD in plain(pilot)
            await paste(pilot, "\x1b]52;c;x\x07 no path\nat all")
            assert "The text does not name the recipient of a mail" in plain(pilot)
            screen.query_one("#recipient", Input).value = "5.7.1 refused: to=<u@dane-good.example>,"
            screen.bar.submit()
            await pilot.pause()
            screen = await walked(pilot)
            assert screen.walks.state.path is not None
            assert screen.walks.state.path.recipient == "dane-good.example"
            assert "Your line: 5.7.1 refused" in plain(pilot)
    finally:
        session.close()
