"""The plans that are carried out: every kind of plan, over many scenarios."""

from __future__ import annotations

from interop_plan_prepare import Case

#: For every run: a key change under DANE and MTA-STS, a policy, a repair.
SAMPLE = (
    Case("key-change", "full-protection"),
    Case("mta-sts", "sts-testing"),
    Case("repair", "dane-stale"),
)
ALL = (
    *SAMPLE,
    Case("key-change", "dane-good"),
    Case("key-change", "dane-ta"),
    Case("key-change", "dane-rollover"),
    Case("key-change", "dual-stack"),
    Case("key-change", "two-mx-weak"),
    Case("key-change", "nsec3"),
    Case("dane", "pkix-good"),
    Case("dane", "plaintext"),
    Case("dane", "signed-no-tlsa"),
    Case("dane", "sts-enforce"),
    Case("dane", "half-dane"),
    Case("mta-sts", "pkix-good"),
    Case("mta-sts", "dane-good"),
    Case("mta-sts", "sts-bad-cert"),
    Case("new-mx", "dane-good", "mx9"),
    Case("new-mx", "sts-enforce", "mx9"),
    Case("new-mx", "pkix-good", "mx9"),
    Case("leave-dane", "full-protection"),
    Case("leave-dane", "dane-good"),
    Case("leave-mta-sts", "sts-enforce"),
    Case("leave-mta-sts", "full-protection"),
    Case("repair", "sts-bad-cert"),
    Case("repair", "sts-mx-not-listed"),
    Case("repair", "bogus"),
)
