"""What a walk found: frozen facts, the same for every posture, and free of times and order of arrival.

Foreign text stays bytes here, or is DNS presentation text; whoever shows it sends it through `visible()`.
Names are lower-case A-labels without a trailing dot, the root is ".".
"""

from mailpath.facts.bounds import bounds_reached
from mailpath.facts.dns import (
    AliasLink,
    DsFact,
    Found,
    KeyFact,
    Lookup,
    Security,
    SignatureFact,
    ZoneFact,
)
from mailpath.facts.path import (
    STEPS,
    DnssecFacts,
    HostTlsa,
    MxFacts,
    MxHost,
    MxKind,
    Path,
    PolicyFetch,
    Reply,
    SenderFacts,
    Session,
    StarttlsFacts,
    Status,
    StepResult,
    StsFacts,
    StsPolicy,
    TlsaFacts,
    TlsaRecord,
    TlsaSet,
    Walk,
)
from mailpath.facts.resolver import lookups, not_theirs, policy_lost, unasked, unproven, unreached
from mailpath.facts.waits import cut_short, gave_up_early

__all__ = [
    "STEPS",
    "AliasLink",
    "DnssecFacts",
    "DsFact",
    "Found",
    "HostTlsa",
    "KeyFact",
    "Lookup",
    "MxFacts",
    "MxHost",
    "MxKind",
    "Path",
    "PolicyFetch",
    "Reply",
    "Security",
    "SenderFacts",
    "Session",
    "SignatureFact",
    "StarttlsFacts",
    "Status",
    "StepResult",
    "StsFacts",
    "StsPolicy",
    "TlsaFacts",
    "TlsaRecord",
    "TlsaSet",
    "Walk",
    "ZoneFact",
    "bounds_reached",
    "cut_short",
    "gave_up_early",
    "lookups",
    "not_theirs",
    "policy_lost",
    "unasked",
    "unproven",
    "unreached",
]
