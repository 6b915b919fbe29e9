"""What an attacker on the path does to the fetch of an MTA-STS policy (RFC 8461 section 10.2).

It cannot change what comes over verified HTTPS, only keep it from coming.
"""

from __future__ import annotations

from mailpath.attacks.aim import Aim
from mailpath.exchanges import Failure, HttpsExchange, HttpsRequest

DROPPED = "packets to the policy host are dropped (simulated attack)"


class HttpsTampering:
    """The HTTPS part of `attacks`."""

    def __init__(self, attacks: frozenset[str], aim: Aim) -> None:
        self._blocked = f"https://mta-sts.{aim.recipient}/" if "block-policy" in attacks else None

    def supply(self, request: HttpsRequest) -> HttpsExchange | None:
        """Nothing, where the attacker is in the way; None: the fetch goes through."""
        if self._blocked is not None and request.url.startswith(self._blocked):
            return HttpsExchange(request=request, failure=Failure.TIMEOUT, detail=DROPPED)
        return None
