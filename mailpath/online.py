"""The way out: the networks that open sockets.  Light, for one that only asks DNS needs no more of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from mailpath.dnssec import read_anchors
from mailpath.errors import concerning
from mailpath.network.settings import Settings, anchor_text, roots

if TYPE_CHECKING:
    from mailpath.network.bounded import Bounded
    from mailpath.network.live import LiveNetwork
    from mailpath.network.shared import Shared


def live_network(settings: Settings, kind: str = "live") -> Bounded:
    """The network of one walk that opens sockets, refusing policy hosts that no reader of policies would
    accept.

    The common name counts here: some senders accept it (the strict judgement is the walk's).
    Raises `SettingsError` and `BadAnchor` for files of the settings that cannot be used.
    """
    from mailpath.network.bounded import Bounded

    return Bounded(open_ended(settings, kind), settings.whole_wait)


def shared_network(settings: Settings, kind: str = "live", walks: int = 1) -> Shared:
    """The network of many walks, so many of them at once: see `live_network`."""
    from mailpath.network.shared import Shared

    return Shared(open_ended(settings, kind, walks), settings.whole_wait)


def open_ended(settings: Settings, kind: str = "live", walks: int = 1) -> LiveNetwork:
    """The network below both, for whoever bounds walks otherwise.  Raises as `live_network` does."""
    from mailpath.network.live import LiveNetwork

    if settings.trust_anchor is not None:
        with concerning(file=settings.trust_anchor, key="trust_anchor"):
            read_anchors(anchor_text(settings))
    trusted = roots(settings)

    def refuse(chain: tuple[bytes, ...], host: str) -> str | None:
        from mailpath.match import pkix

        return pkix.check_policy_host(chain, host, trusted, int(time.time()), allow_cn=True)

    return LiveNetwork(settings, policy_host_check=refuse, kind=kind, walks=walks)
