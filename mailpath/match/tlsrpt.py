"""TLSRPT: where senders report failed TLS to a domain (RFC 8460 section 3)."""

from __future__ import annotations

import re

_PREFIX = "v=TLSRPTv1;"
_FIELD = re.compile(r"([A-Za-z0-9][A-Za-z0-9_.-]{0,31})=([\x21-\x3a\x3c-\x7e \t]*)\Z")
_URI = re.compile(r"(?:mailto:[^@\s]+@[^@\s]+|https://[^\s/]\S*)\Z", re.IGNORECASE)
MAX_RUA = 20


def parse_tlsrpt(texts: tuple[bytes, ...]) -> tuple[tuple[str, ...], str]:
    """(report URIs, why there are none) from the TXT records at `_smtp._tls.<domain>`.

    Drops records that do not begin with `v=TLSRPTv1;`; exactly one must remain (RFC 8460 section 3).  Keeps
    only `mailto:` and `https:` URIs.  Never raises.
    """
    candidates = [
        text.decode("ascii") for text in texts if text.isascii() and text.startswith(_PREFIX.encode())
    ]
    if not candidates:
        return (), f"No TXT record begins with '{_PREFIX}'." if texts else "There is no TXT record."
    if len(candidates) > 1:
        return (), f"{len(candidates)} TXT records begin with '{_PREFIX}'; there must be only one."
    fields: dict[str, str] = {}
    for piece in candidates[0].removeprefix(_PREFIX).split(";"):
        stripped = piece.strip(" \t")
        if not stripped:
            continue
        found = _FIELD.match(stripped)
        if found is None:
            return (), "The TXT record does not have the form of RFC 8460 section 3."
        fields.setdefault(found[1], found[2])
    if "rua" not in fields:
        return (), "The TXT record has no rua."
    uris = [uri.strip(" \t") for uri in fields["rua"].split(",")][:MAX_RUA]
    good = tuple(uri for uri in uris if _URI.match(uri))
    return good, "" if good else "No rua is a mailto: or https: address."
