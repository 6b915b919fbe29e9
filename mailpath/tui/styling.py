"""Classes that change together are styled together.

Textual styles a widget and all below it at each change of a class: five milliseconds for a whole screen, of
which a handful change when it is cleared, covered or shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from textual.app import App
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widget import Widget

P = ParamSpec("P")
Node = TypeVar("Node", bound=DOMNode)


class StyledApp(App[str]):
    """Styles what changed within `at_once` when that is over."""

    _changed: dict[DOMNode, None] | None = None

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Within another one, it is over with that."""
        if self._changed is not None:
            yield
            return
        self._changed = {}
        try:
            yield
        finally:
            self.style_now()
            self._changed = None

    def style_now(self) -> None:
        """Style what has changed so far: somebody asks what is displayed."""
        if not self._changed:
            return
        changed, self._changed = self._changed, None
        for node in changed:
            if not any(above in changed for above in node.ancestors):
                self.update_styles(node)
        self._changed = {}

    def update_styles(self, node: DOMNode, animate: bool = True) -> None:
        if self._changed is None:
            super().update_styles(node, animate)
        else:
            self._changed[node] = None


class StyledScreen(Screen[None]):
    """Only what is displayed can have the focus."""

    def fit(self) -> None:
        """Be of the terminal's size before anything is laid out: what a small one hides has then never been
        shown, and the first frame is styled once (5 ms)."""
        width, height = self.app.size
        for cells, sizes in (
            (width, self.HORIZONTAL_BREAKPOINTS or self.app.HORIZONTAL_BREAKPOINTS),
            (height, self.app.VERTICAL_BREAKPOINTS),
        ):
            fitting = [name for least, name in sizes or () if cells >= least]
            self.add_class(*fitting[-1:], update=False)

    def set_focus(self, widget: Widget | None, *given: Any, **options: Any) -> None:
        if widget is not self.focused:
            _app_of(self).style_now()
        super().set_focus(widget, *given, **options)


def _app_of(node: DOMNode) -> StyledApp:
    app = node.app
    assert isinstance(app, StyledApp)
    return app


def at_once(node: DOMNode) -> AbstractContextManager[None]:
    """For a block of code: the classes that it changes are styled when it is over."""
    return _app_of(node).at_once()


def styled_at_once(change: Callable[Concatenate[Node, P], None]) -> Callable[Concatenate[Node, P], None]:
    """The same for a method of a screen or widget."""

    @wraps(change)
    def changed(node: Node, /, *given: P.args, **options: P.kwargs) -> None:
        with at_once(node):
            change(node, *given, **options)

    return changed
