"""TLSA lines of a certificate that is yet to come, and of another authority of the same kind."""

from mailpath.lab import Lab
from mailpath.lab.ca import Authority
from mailpath.lab.scenario import decode

_FILE = b"""
id = "next"
title = "t"
teaches = "t"
hint = "h"

[[zone]]
sec = "signed"
rr = [
  "@ MX 10 mx1",
  "a {tlsa 2 1 1 mx1}",
  "b {tlsa 2 1 1 mx1/ta}",
  "c {tlsa 2 1 1 mx1/next}",
  "d {tlsa 2 1 1 mx1/next/ta}",
  "e {tlsa 2 1 1 mx1/same/ta}",
  "f {tlsa 2 1 1 mx1/next/0}",
]

[[server]]
host = "mx1"
cert = "ta"
tlsacert = { next = { preset = "ta", key = "next", ca = "next" }, same = { preset = "ta", key = "next" } }
"""


def test_a_line_names_a_certificate_of_the_table_and_a_place_in_its_path() -> None:
    authority = Authority(1_800_000_000)
    shown = []
    for _ in range(2):
        with Lab.start((decode(_FILE, "next"),), now=1_800_000_000, authority=authority) as lab:
            shown.append({name: lab.records(f"{name}.next.example", "TLSA")[0] for name in "abcdef"})
    first, second = shown
    assert first == second, "labs that share an authority show the same certificates"
    assert len({first[name] for name in "abcd"}) == 4
    assert first["e"] == first["b"], "the same authority as before"
    assert first["f"] == first["c"], "the leaf by its place"
