"""What the ground of a capture may say: it comes from a stranger, and a walk takes it as given."""

from __future__ import annotations

from mailpath.names import BadName, to_dns_name
from mailpath.network.protocol import SIMULATED_ZONE, Ground

_KINDS = ("live", "lab", "capture")


def fault(ground: Ground) -> str:
    """Why no walk can stand on `ground`, one sentence; "" where it can."""
    if any(zone != SIMULATED_ZONE for zone in ground.simulated_insecure):
        return f"The capture simulates an unsigned zone other than {SIMULATED_ZONE}."
    if not all(map(_is_name, ground.insecure_zones)):
        return "The capture contains a negative trust anchor that is not a domain name."
    if ground.kind not in _KINDS:
        return "The capture does not say what kind of network it was made on."
    if not all(1 <= port <= 65535 for port in (ground.smtp_port, ground.https_port)):
        return "The capture names a port that is not between 1 and 65535."
    return ""


def _is_name(text: str) -> bool:
    """As the settings write a negative trust anchor, but for capitals and a dot at the end."""
    try:
        return to_dns_name(text) in (text.lower(), text.lower().removesuffix("."))
    except BadName:
        return False
