"""All zones of the test internet."""

from __future__ import annotations

import interop_zones_algorithms
import interop_zones_denial
import interop_zones_spoilt
import interop_zones_tree
import interop_zones_trust
from interop_model import Zone

ZONES: tuple[Zone, ...] = (
    *interop_zones_tree.ZONES,
    *interop_zones_denial.ZONES,
    *interop_zones_algorithms.ZONES,
    *interop_zones_trust.ZONES,
    *interop_zones_spoilt.ZONES,
)
