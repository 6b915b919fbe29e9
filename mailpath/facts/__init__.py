"""What a walk found: frozen facts, the same for every posture, and free of times and order of arrival.

Foreign text stays bytes here, or is DNS presentation text; whoever shows it sends it through `visible()`.
Names are lower-case A-labels without a trailing dot, the root is ".".
"""

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
from mailpath.facts.findings import Entry, Finding, Severity
from mailpath.facts.path import (
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
from mailpath.facts.steps import ENVELOPE, LOOKS_FOR, SHORT, STEPS, TITLES, WALKED, Panel
from mailpath.facts.waits import cut_short, gave_up_early

__all__ = [
    "ENVELOPE",
    "LOOKS_FOR",
    "SHORT",
    "STEPS",
    "TITLES",
    "WALKED",
    "AliasLink",
    "DnssecFacts",
    "DsFact",
    "Entry",
    "Finding",
    "Found",
    "HostTlsa",
    "KeyFact",
    "Lookup",
    "MxFacts",
    "MxHost",
    "MxKind",
    "Panel",
    "Path",
    "PolicyFetch",
    "Reply",
    "Security",
    "SenderFacts",
    "Session",
    "Severity",
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
    "cut_short",
    "gave_up_early",
]
