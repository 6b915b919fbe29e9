"""What the ground of a capture may say: it comes from a stranger, and a walk takes it as given."""

from __future__ import annotations

import dns.exception
import dns.name

from mailpath.network.protocol import SIMULATED_ZONE, Ground

_KINDS = ("live", "lab", "capture")


def fault(ground: Ground) -> str:
    """Why no walk can stand on `ground`, one sentence; "" where it can."""
    if any(zone != SIMULATED_ZONE for zone in ground.simulated_insecure):
        return f"The capture simulates an unsigned zone that is not {SIMULATED_ZONE}."
    if not all(map(_is_name, ground.insecure_zones)):
        return "The capture holds a negative trust anchor that is no domain name."
    if ground.kind not in _KINDS:
        return "The capture does not say of what kind of network it is."
    if not all(1 <= port <= 65535 for port in (ground.smtp_port, ground.https_port)):
        return "The capture names a port that is none."
    return ""


def _is_name(text: str) -> bool:
    try:
        return bool(text) and dns.name.from_text(text) is not None
    except (dns.exception.DNSException, ValueError):
        return False
