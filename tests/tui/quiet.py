"""When an app under test has nothing left to do: exactly, not by how busy the processor looks.

Textual's driver takes a process that used little CPU for some milliseconds to be idle.  On a busy machine a
process that merely was not scheduled looks the same, and a test then reads a half-drawn screen.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from time import monotonic
from typing import Any

from textual._compositor import Compositor
from textual._context import active_app
from textual.css.stylesheet import Stylesheet
from textual.widgets import OptionList

_render_update = Compositor.render_update
_replace_rules = Stylesheet.replace_rules

#: Turns of the event loop in a row in which nothing was to be done.
CALM = 3


async def quiet(min_sleep: float = 0, max_sleep: float = 5) -> None:
    """Return when every message has been handled and what is shown is drawn; after `max_sleep` s all the same
    (a walk that is under way redraws its clock for ever)."""
    app = active_app.get()
    end = monotonic() + max_sleep
    calm, busy = 0, None
    while calm < CALM and monotonic() < end:
        await asyncio.sleep(0)
        if busy is None or not _busy(busy):  # whoever was busy mostly still is: no need to look at all
            busy = next((pump for pump in _pumps(app) if _busy(pump)), None)
        calm = calm + 1 if busy is None else 0
        if calm == CALM and app.is_running and _undrawn(app.screen):
            app.screen._on_timer_update()  # what the refresh timer does a sixtieth of a second later
            calm = 0


def unseen(
    compositor: Compositor, full: bool = False, screen_stack: list[Any] | None = None, simplify: bool = False
) -> Any:
    """For `Compositor.render_update`.  Under the test driver nobody sees what is written to the terminal, and
    writing it is a third of the work: what a test reads is drawn when it reads it, a picture in `full`."""
    if full:
        return _render_update(compositor, full, screen_stack, simplify)
    for widget in list(compositor.visible_widgets):
        if isinstance(widget, OptionList):
            widget._update_lines()  # the one widget that learns its height when it is drawn
    compositor._dirty_regions.clear()
    return None


def replaced(node: Any, rules: Any, animate: bool = False) -> None:
    """For `Stylesheet.replace_rules`.  A class that comes or goes styles all below it once more, mostly as
    before: setting each rule to what it is changes nothing, and is a third of the work."""
    base = node.styles.base
    if getattr(base, "_set_before", None) == (rules, base._rules):
        node.notify_style_update()
        return
    _replace_rules(node, rules, animate)
    base._set_before = rules, dict(base._rules)


def _pumps(app: Any) -> Iterator[Any]:
    yield app
    for screen in app.screen_stack:
        yield from screen.walk_children(with_self=True)


def _busy(pump: Any) -> bool:
    """Whether it is anywhere but waiting for its next message."""
    if not pump._running or pump._closing or pump._closed:
        return False
    queue = pump._message_queue
    waiting = any(not waiter.done() for waiter in queue.ready_event._waiters)
    return not waiting or not queue.empty() or bool(pump._next_callbacks)


def _undrawn(screen: Any) -> bool:
    return bool(
        screen._layout_required
        or screen._scroll_required
        or screen._repaint_required
        or screen._recompose_required
        or screen._dirty_widgets
        or screen._callbacks
    )
