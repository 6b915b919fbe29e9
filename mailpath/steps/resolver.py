"""Before a zone is blamed for an error: does the resolver answer such questions at all?

An RCODE such as SERVFAIL or REFUSED (RFC 1035 section 4.1.1) does not say whose error it is.  So the same
type is asked for at two names that have nothing to do with the path, and at the root; only if all three get
the same error is it the resolver's.  A walk without such an error asks nothing more, nor is a type asked for
that the walk has already had an answer to.
"""

from __future__ import annotations

import dns.name
import dns.rdatatype

from mailpath.assess.lookups import lookups
from mailpath.dnssec.messages import read_reply
from mailpath.exchanges import Question
from mailpath.facts import Found, Lookup, Walk
from mailpath.names import is_within
from mailpath.steps.tools import Tools, together

#: Names that are there to stay (RFC 2606 section 3, RFC 6761 section 6.5); on a network with a root of its
#: own they do not exist, which is an answer too.
UNRELATED = ("example.com", "example.org", "example.net")
ROOT = "."


async def failing_types(tools: Tools, walk: Walk) -> dict[str, str]:
    """The types for which the resolver answers with an error whatever the name, each with the RCODE."""
    made = list(lookups(walk))
    answered = {
        lookup.rdtype for lookup in made if lookup.links or lookup.found in (Found.FOUND, Found.ABSENT)
    }
    suspects: dict[str, Lookup] = {}
    for lookup in made:
        if lookup.refused and lookup.rdtype not in answered:
            suspects.setdefault(lookup.rdtype, lookup)
    fail = await together(*(_fails(tools, lookup) for lookup in suspects.values()))
    found = zip(suspects.items(), fail, strict=True)
    return {rdtype: lookup.rcode or "" for (rdtype, lookup), failed in sorted(found) if failed}


async def _fails(tools: Tools, lookup: Lookup) -> bool:
    own = {domain for domain in (tools.path.recipient, tools.path.sender) if domain is not None}
    unrelated = [name for name in UNRELATED if not any(is_within(domain, name) for domain in own)][:2]
    prefix = _prefix(lookup.name)
    names = [ROOT, *(f"{prefix}{name}" for name in unrelated)]
    rcodes = await together(*(_rcode(tools, name, lookup.rdtype) for name in names))
    return len(unrelated) == 2 and set(rcodes) == {lookup.rcode}


def _prefix(name: str) -> str:
    """ "_25._tcp." of "_25._tcp.mx1.b.example": some resolvers fail just such names."""
    labels = name.split(".")
    count = next((at for at, label in enumerate(labels) if not label.startswith("_")), 0)
    return "".join(f"{label}." for label in labels[:count])


async def _rcode(tools: Tools, name: str, rdtype: str) -> str | None:
    """The resolver's RCODE; None where no answer came, or none that is DNS."""
    exchange = await tools.network.ask(Question(name=name, rdtype=rdtype))
    return read_reply(dns.name.from_text(name), dns.rdatatype.from_text(rdtype), exchange).rcode
