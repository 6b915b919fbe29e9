"""Findings on the TLS reporting record (shown in step 3)."""

from __future__ import annotations

from collections.abc import Iterator

from mailpath.assess.faults import our_fault
from mailpath.facts import MxKind, Walk
from mailpath.facts.findings import Finding
from mailpath.findings.catalogue import finding
from mailpath.findings.words import none_found, publish, records_found, why
from mailpath.visible import visible
from mailpath.wording.phrases import sentence


def find(walk: Walk) -> Iterator[Finding]:
    facts = walk.sts
    if facts.tlsrpt is None or walk.mx.kind in (MxKind.NULL, MxKind.NONE):
        return
    if facts.tlsrpt.proofless or our_fault(walk, facts.tlsrpt):
        return
    domain = visible(walk.path.recipient)
    remedy = publish(facts.tlsrpt, f'"v=TLSRPTv1; rua=mailto:tlsrpt@{domain}"')
    if facts.tlsrpt.broken:
        yield finding("RPT003", domain, f"The TXT lookup failed: {why(facts.tlsrpt)}.", got=why(facts.tlsrpt))
    elif not facts.tlsrpt_texts:
        message = f"{domain} requests no TLS reports."
        yield finding("RPT001", domain, message, found=none_found(facts.tlsrpt), **remedy)
    elif not facts.tlsrpt_rua:
        texts = [f'"{visible(text, limit=160)}"' for text in facts.tlsrpt_texts[:4]]
        reason = sentence(visible(facts.tlsrpt_reason))
        yield finding("RPT002", domain, reason, found=records_found(facts.tlsrpt, texts), **remedy)
