"""The DNSSEC trust anchors of the root zone, as IANA publishes them (RFC 9718).

KSK-2017 (tag 20326) and KSK-2024 (tag 38696), the two keys that sign the root's DNSKEY RRset during
and after the key rollover.  As DS records in zone-file text, which is also the form of a user's own
`trust_anchor` file.
"""

from __future__ import annotations

ROOT_ANCHORS = """\
. IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D
. IN DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16
"""
