"""Readings of facts that steps, findings, judge and reports share: what happened is said once (pure)."""
