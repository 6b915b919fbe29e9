"""How programs read MTA-STS: as RFC 8461 sections 3 and 4.1 say, or otherwise; as data."""

from __future__ import annotations

import msgspec

#: RFC 8461 section 3.2: a policy's suggested limit, in bytes.
MAX_POLICY = 64 * 1024


class StsParsing(msgspec.Struct, frozen=True, kw_only=True):
    """How a program reads record and policy; the defaults are RFC 8461.

    Of the TXT record: `txt_prefix`: it drops records that do not begin so; `txt_blanks`: blanks may stand
    before the ";" of that.  `txt_grammar`: section 3.1's grammar holds; otherwise the program splits the
    record at ";" and "=" and needs only `v` and an `id`.  `txt_id`: it needs that id.  `txt_several`: of
    several records one is enough.

    Of the policy: `policy_grammar`: lines follow section 3.2, and one that does not makes the policy invalid;
    otherwise they are split at the first ":", and only known fields matter.  `trims`: blanks around the name
    of a field do not count.  `charset`: the body is in the charset that Content-Type names, by default ASCII,
    and lines end where Python's str.splitlines() says.  `content_type`: it must be text/plain.  `most`: bytes
    that a policy may have; `cuts`: it reads so many, and no further.  `max_age`: there must be one;
    `zero_age`: it may be 0; `cap_max_age`: more than a year counts as a year; otherwise the policy is
    invalid.  `mx_needed`: a policy that is enforced must name a host; otherwise one that names none lists
    none.

    Of both: `ignores_case`: the case of field names, of the mode and of `v` does not count, nor does a byte
    order mark.  `last_wins`: if a field is repeated, the last one counts.

    Of hosts: `any_depth`: `*.` in an mx pattern matches one or more labels.  `cn_only`: a policy host's
    certificate without any DNS-ID may name the host in its common name.  `mx_dot`: an mx pattern may end in
    a dot, and then matches no host.
    """

    name: str = "RFC 8461"
    txt_prefix: str = "v=STSv1;"
    txt_blanks: bool = False
    txt_grammar: bool = True
    txt_id: bool = True
    txt_several: bool = False
    policy_grammar: bool = True
    trims: bool = False
    ignores_case: bool = False
    charset: bool = False
    content_type: bool = True
    most: int = MAX_POLICY
    cuts: bool = False
    last_wins: bool = False
    max_age: bool = True
    zero_age: bool = True
    cap_max_age: bool = True
    mx_needed: bool = True
    any_depth: bool = False
    cn_only: bool = False
    mx_dot: bool = False


RFC = StsParsing()
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
#: The same behind Sendmail 8.18's FEATURE(sts), which compares the patterns itself.
SENDMAIL = msgspec.structs.replace(MTA_STS_RESOLVER, name="Sendmail's resolver", any_depth=False)
#: mox mtasts/parse.go, mtasts.go: the grammar of the RFC, whatever the Content-Type.
MOX = StsParsing(name="mox", txt_prefix="v=STSv1", txt_blanks=True, content_type=False)
#: chasquid internal/sts/sts.go: it never looks at the id.
CHASQUID = StsParsing(
    name="chasquid",
    txt_grammar=False,
    txt_id=False,
    txt_several=True,
    policy_grammar=False,
    trims=True,
    most=10 * 1024,
    cuts=True,
    last_wins=True,
    zero_age=False,
    cap_max_age=False,
)
#: mailauth lib/mta-sts.js, which ZoneMTA has by way of mx-connect; it has no limit but that of the memory.
MAILAUTH = StsParsing(
    name="mailauth",
    txt_prefix="v=STSv1",
    txt_grammar=False,
    policy_grammar=False,
    trims=True,
    ignores_case=True,
    content_type=False,
    most=2**31,
    last_wins=True,
    cap_max_age=False,
    any_depth=True,
    cn_only=True,
)
#: Courier 2.0.6, observed.
COURIER = StsParsing(
    name="Courier",
    txt_grammar=False,
    content_type=False,
    max_age=False,
    mx_needed=False,
    any_depth=True,
)
#: postfix-tlspol 1.13.0, observed.
TLSPOL = StsParsing(name="postfix-tlspol", txt_prefix="v=STSv1", txt_blanks=True, zero_age=False, mx_dot=True)
