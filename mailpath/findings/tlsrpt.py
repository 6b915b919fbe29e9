"""Findings on the TLS reporting record (shown in step 3)."""

from __future__ import annotations

from collections.abc import Iterator

from mailpath.assess.faults import our_fault
from mailpath.facts import MxKind, Walk
from mailpath.facts.findings import Finding
from mailpath.findings.catalogue import finding
from mailpath.findings.words import dotted, why
from mailpath.visible import visible
from mailpath.wording.phrases import sentence


def find(walk: Walk) -> Iterator[Finding]:
    facts = walk.sts
    if facts.tlsrpt is None or walk.mx.kind in (MxKind.NULL, MxKind.NONE):
        return
    if facts.tlsrpt.proofless or our_fault(walk, facts.tlsrpt):
        return
    domain = visible(walk.path.recipient)
    owner = dotted(f"_smtp._tls.{walk.path.recipient}")
    fix, record = "Publish this record.", f'{owner} TXT "v=TLSRPTv1; rua=mailto:tlsrpt@{domain}"'
    if facts.tlsrpt.broken:
        yield finding("RPT003", domain, f"The TXT lookup failed: {why(facts.tlsrpt)}.", got=why(facts.tlsrpt))
    elif not facts.tlsrpt_texts:
        missing = f"{owner} has no TXT record"
        yield finding(
            "RPT001", domain, f"{domain} requests no TLS reports.", found=missing, fix=fix, records=[record]
        )
    elif not facts.tlsrpt_rua:
        shown = [f'{owner} TXT "{visible(text, limit=160)}"' for text in facts.tlsrpt_texts[:4]]
        reason = sentence(visible(facts.tlsrpt_reason))
        yield finding("RPT002", domain, reason, found=shown, fix=fix, records=[record])
