"""What a walk's facts come to, said once: steps, findings, reports and the judge read it here.  Pure.

`reached`: how far an SMTP session came.  `sessions`: which of them a sender would have had with an address.
`standing`: which of them speaks for a host, and what a sender that follows the standards meets there.
`tlsa`: the TLSA RRset of a host, and whether DANE applies to it.  `certificate`: what a host's certificate
proves.  `lookups`: every lookup of a walk.  `faults`: what failed on our own side.

No posture is asked here: where a server's habits decide, the judge starts from these and says so.
"""
