"""Why there are no steps."""

from __future__ import annotations

from mailpath.plan.model import Blocked, Result


class Stopped(Exception):
    """No error: the answer may be that all is well.  `result`: anything but a plan; `reason`: a sentence."""

    def __init__(self, result: Result, reason: str, blocked: tuple[Blocked, ...] = ()) -> None:
        super().__init__(reason)
        self.result, self.reason, self.blocked = result, reason, blocked
