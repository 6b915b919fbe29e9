"""Exim's main log (specification, chapter 53): `=>`, `->`, `>>` delivered, `**` failed, `==` deferred.

Counted is what went to a host (`H=`), or would have gone: a deferral may have no host yet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailpath.survey.lists.tally import Tally

#: A message's id begins somewhere before this; the hyphen is what a search can jump to.  Behind the address
#: may stand the one that it was redirected from.
_DELIVERY = re.compile(
    rb"-([0-9A-Za-z]{6,11}-[0-9A-Za-z]{2,4}) (=>|->|>>|\*\*|==) "
    rb'((?:"(?:[^"\\\n]|\\[^\n]){0,320}")?[^\s"<>@]{0,320}@([^\s"<>:]{1,255})):?([^\n]*)'
)
#: Deferred before there was a host, yet on the way to one.
_ROUTED = re.compile(rb" R=(?:dns|smarthost)\w{0,40}| T=\w{0,40}smtp")
_HOST = re.compile(rb" H=(\S{1,255})")
_LOOPBACK = re.compile(rb" H=[^\n\[]{0,300}\[(?:127\.|::1\])")


def read_exim(blocks: Iterator[bytes], tally: Tally) -> None:
    """A main log, as a file or through syslog."""
    counts, said = tally.counts, tally.said
    for block in blocks:
        for queue, flag, address, domain, rest in _DELIVERY.findall(block):
            if b" H=" not in rest:
                if flag != b"==" or _ROUTED.search(rest) is None:
                    continue
            elif _LOOPBACK.search(rest) is not None:
                continue
            if flag == b"==":
                if b"a TLS session is required" in rest:
                    said["required"] += 1
                if not tally.waits(queue, address):
                    continue
            else:
                if flag != b"**":
                    said[_tls_of(rest)] += 1
                    if domain not in tally.routes and (host := _HOST.search(rest)) is not None:
                        tally.route(domain.lower(), host[1].lower())
                if tally.any_waits and not tally.leaves(queue, address):
                    continue
            counts[domain.lower()] += 1
        tally.check()


def _tls_of(rest: bytes) -> str:
    if b" X=" not in rest:
        return "plaintext"
    if b" CV=dane" in rest:
        return "CV=dane"
    return "CV=yes" if b" CV=yes" in rest else "CV=no"
