"""What is remembered between re-walks of one recording, and is of no use to the next.

Every walk brings messages with new identifiers, and every moment at which one is judged brings certificates
that an attacker would have made then.  The limits of what is remembered are made for one large path: a
program that walks for days would fill them with what is never asked for again.
"""

from __future__ import annotations

from mailpath.attacks import attacker
from mailpath.dnssec import denial_nsec3, signatures, wire
from mailpath.judge import reply_parsing
from mailpath.match import certificate, dane, der, names, pkix, sts, sts_record


def forget() -> None:
    """Drop it all.  What is asked for once more is worked out once more; no result changes."""
    for module in (wire, signatures, dane, pkix):
        module.forget()
    for remembered in (
        denial_nsec3.hash_of,
        der.parts,
        names.certificate_names,
        certificate.describe,
        sts.parse_policy,
        sts_record.parse_txt,
        reply_parsing.sees_starttls,
        reply_parsing.is_pix_banner,
    ):
        remembered.cache_clear()
    for made in (attacker.chain, attacker.root):
        made.cache_clear()
