"""How programs read MTA-STS: as RFC 8461 sections 3 and 4.1 say, or otherwise; as data."""

from __future__ import annotations

import msgspec


class StsParsing(msgspec.Struct, frozen=True, kw_only=True):
    """How a program reads record and policy; the defaults are RFC 8461.

    `txt_prefix`: it drops records that do not begin so.  `txt_grammar`: section 3.1's grammar holds;
    otherwise the program splits the record at ";" and "=" and needs only `v` and an `id`, of which the last
    counts.  `policy_grammar`: lines follow section 3.2, and one that does not makes the policy invalid;
    otherwise lines end where Python's str.splitlines() says, are split at the first ":", and only known
    fields matter.  `charset`: the body is in the charset that Content-Type names, by default ASCII.
    `last_wins`: if a field is repeated, the last one counts.  `cap_max_age`: more than a year counts as a
    year; otherwise the policy is invalid.  `any_depth`: `*.` in an mx pattern matches one or more labels.
    `cn_only`: a policy host's certificate without any DNS-ID may name the host in its common name.
    `txt_blanks`: blanks may stand before the first ";" of the record.  `mx_dot`: an mx pattern may end in a
    dot, and then matches no host.  `zero_age`: a policy whose max_age is 0 applies.
    """

    name: str = "RFC 8461"
    txt_prefix: str = "v=STSv1;"
    txt_grammar: bool = True
    policy_grammar: bool = True
    charset: bool = False
    last_wins: bool = False
    cap_max_age: bool = True
    any_depth: bool = False
    cn_only: bool = False
    txt_blanks: bool = False
    mx_dot: bool = False
    zero_age: bool = True


RFC = StsParsing()
#: postfix-tlspol 1.13.0, as seen.
TLSPOL = StsParsing(name="postfix-tlspol", txt_blanks=True, mx_dot=True, zero_age=False)
#: postfix-mta-sts-resolver 1.5.1 (resolver.py, utils.py, responder.py), as run and as read.
MTA_STS_RESOLVER = StsParsing(
    name="postfix-mta-sts-resolver",
    txt_prefix="v=STSv1",
    txt_grammar=False,
    policy_grammar=False,
    charset=True,
    last_wins=True,
    cap_max_age=False,
    any_depth=True,
    cn_only=True,
)
