"""Types that nobody can validate: they are no RRset of a zone, or nobody signs them."""

from __future__ import annotations

import dns.rdatatype
from dns.rdatatype import RdataType

_WHY = {
    RdataType.ANY: "stands for whatever the server chooses to send, often one RRset of many (RFC 8482): name"
    " a type, such as A, AAAA, MX, TXT or TLSA",
    RdataType.RRSIG: "records are not signed themselves (RFC 4035 section 2.2): name the type that they"
    " cover",
    RdataType.AXFR: "is the transfer of a whole zone, which resolvers do not do: name a record type",
    RdataType.MAILA: "is obsolete, and stood for several types: use MX",
    RdataType.OPT: "belongs to a message, not to a zone, so it is never signed",
    RdataType.NONE: "is reserved, and no record has it (RFC 6895 section 3.1)",
}
_LIKE = {
    RdataType.SIG: RdataType.RRSIG,
    RdataType.IXFR: RdataType.AXFR,
    RdataType.MAILB: RdataType.MAILA,
    RdataType.TSIG: RdataType.OPT,
    RdataType.TKEY: RdataType.OPT,
}


def why_not_asked(rdtype: RdataType) -> str:
    """Why no answer of type `rdtype` can be validated, as a sentence without its full stop.

    "" for a type of which zones have RRsets (RFC 6895 section 3.1).
    """
    if rdtype in (RdataType.NONE, RdataType.SIG, RdataType.RRSIG) or dns.rdatatype.is_metatype(rdtype):
        why = _WHY.get(_LIKE.get(rdtype, rdtype), "is a meta type, so no zone has records of it")
        return f"{dns.rdatatype.to_text(rdtype)} {why}"
    return ""
