"""Where the app's walks come from: the live network, the built-in lab, or a capture."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mailpath.lab import Scenario
    from mailpath.network.capture import Capture
    from mailpath.network.settings import Settings


@dataclass(frozen=True)
class LiveSource:
    """The network that `settings` describe; None: as they are where nobody says otherwise."""

    settings: Settings | None = None

    kind = "live"
    badge = "LIVE"
    now = "now"


@dataclass(frozen=True)
class LabSource:
    """The mini-internet of this package.

    `scenario`: the id of a built-in one, one that was loaded from a file, or None: the picker opens.
    `file`: that file, which is watched; "" for none.  `spoil`: say beforehand what comes of a scenario.
    """

    scenario: Scenario | str | None = None
    file: str = ""
    spoil: bool = False

    kind = "lab"
    badge = "LAB"
    now = "now"


@dataclass(frozen=True)
class CaptureSource:
    """A recording; nothing is sent.  Its walk is replayed as of the time at which it was made, as it says.

    `settings`: whom this user trusts, which the recording is held against; None: nobody beyond what this
    machine knows.
    """

    capture: Capture
    settings: Settings | None = None

    kind = "capture"
    now = "as recorded"

    @property
    def badge(self) -> str:
        made = datetime.fromtimestamp(self.capture.ground.made, UTC)
        return f"CAPTURE {made:%Y-%m-%d %H:%M}"


Source = LiveSource | LabSource | CaptureSource
