"""The plans that are carried out: every kind of plan, over many scenarios."""

from __future__ import annotations

from interop_plan_prepare import Case

#: One of each kind that is quick, for every run.
SAMPLE = (
    Case("key-change", "dane-good"),
    Case("mta-sts", "pkix-good"),
    Case("repair", "dane-stale"),
)
ALL = SAMPLE
