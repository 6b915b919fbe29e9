"""The text of trust anchors: what is read, what is refused in one sentence, and that it takes no time."""

import contextlib
import time
from typing import Any

import dns.name
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from miniworld import Key, name

from mailpath.dnssec import BadAnchor, read_anchors
from mailpath.network.anchors import ROOT_ANCHORS
from mailpath.network.protocol import MAX_ANCHOR
from mailpath.visible import visible

KEY = Key("anchor", flags=257).dnskey.to_text()
DS = f"4711 13 2 {'00' * 32}"


def test_several_names_and_both_kinds_in_one_text():
    text = f"""
; unbound's and BIND's tools write such lines
. IN DS {DS}
corp.example. 172800 IN DNSKEY {KEY} ;{{id = 1 (ksk), size = 256b}} ;;state=2 [  VALID  ]
Corp.EXAMPLE IN 60 DS ( 4711 13
    2 {"00" * 16} {"00" * 16} )
lab.corp.example DS 4712 8 4 {"0" * 96}
"""
    found = read_anchors(text)
    assert {owner.to_text(): (len(one.ds), len(one.keys)) for owner, one in found.items()} == {
        ".": (1, 0),
        "corp.example.": (1, 1),
        "lab.corp.example.": (1, 0),
    }
    assert set(read_anchors(ROOT_ANCHORS)) == {dns.name.root}
    assert read_anchors(f"a.b DS {DS}")[name("A.B.")].ds[0].key_tag == 4711


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The trust anchor contains neither a DS nor a DNSKEY record."),
        ("; nothing\n\n", "The trust anchor contains neither a DS nor a DNSKEY record."),
        ("this is no anchor", "The trust anchor cannot be read as zone-file text: "),
        (". IN DS 1 8 2 00", "The trust anchor cannot be read as zone-file text: "),
        (". IN DS 1 8", "The trust anchor cannot be read as zone-file text: "),
        (f". CH DS {DS}", "The trust anchor cannot be read as zone-file text: "),
        (f"$GENERATE 1-65535 a$. IN DS {DS}", "The trust anchor cannot be read as zone-file text: "),
        ("$INCLUDE /etc/passwd", "The trust anchor cannot be read as zone-file text: "),
        (f"$ORIGIN example.\n@ IN DS {DS}", "The trust anchor cannot be read as zone-file text: "),
        ("\x1b]0;evil\x07. IN DS", "The trust anchor cannot be read as zone-file text: "),
        (f"{'a' * 64}. IN DS {DS}", "The trust anchor cannot be read as zone-file text: "),
        ("corp.example IN A 192.0.2.1", "A trust anchor is a DS or a DNSKEY record, not corp.example A."),
        (f". DS {DS}\n. NS ns.example.", "A trust anchor is a DS or a DNSKEY record, not the root NS."),
        (
            f". DS {DS}\nx\\.y.example. DS 1 99 2 {'00' * 32}",
            "The trust anchor of x\\.y.example uses no supported algorithm and digest type.",
        ),
        (
            ". DS 1 13 3 " + "00" * 32,
            "The trust anchor of the root uses no supported algorithm and digest type",
        ),
        (
            ". DNSKEY 257 3 1 AwEAAQ==",
            "The trust anchor of the root uses no supported algorithm and digest type",
        ),
        ("".join(f"a{n}. DS {DS}\n" for n in range(101)), "The trust anchor has more than 100 records."),
        (
            "".join(f". DS {n} 13 2 {'00' * 32}\n" for n in range(101)),
            "The trust anchor has more than 100 records.",
        ),
        (" " * (MAX_ANCHOR + 1), "The trust anchor is longer than 64 KiB."),
    ],
)
def test_what_is_refused(text, sentence):
    with pytest.raises(BadAnchor) as refused:
        read_anchors(text)
    told = str(refused.value)
    assert told.startswith(sentence)
    assert told.endswith(".")
    assert told.isprintable()
    assert len(told) < 300
    assert ".." not in told
    assert "<input>" not in told


def test_as_much_as_there_may_be():
    text = "".join(f". DS {n} 13 2 {'00' * 32}\n" for n in range(100))
    (anchor,) = read_anchors(text + " " * (MAX_ANCHOR - len(text))).values()
    assert len(anchor.ds) == 100


def test_one_that_can_be_used_beside_one_that_cannot():
    (anchor,) = read_anchors(f". DS {DS}\n. DS 1 99 2 {'00' * 32}").values()
    assert len(anchor.ds) == 2


PIECES = [
    *(". ", "corp.example. ", "IN ", "CH ", "DS ", "DNSKEY ", "A ", "3600 ", "TYPE43 ", "\\# ", "( ", ") "),
    *("\n", '"', ";", "\\", "\\046", "$ORIGIN ", "@ ", DS + " ", KEY + " ", "00 ", "13 ", "2 ", "\x00", "é"),
]


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join) | st.text(max_size=200))
@settings(max_examples=150, deadline=None)
def test_any_text_is_read_or_refused_in_one_sentence(text):
    try:
        found = read_anchors(text)
    except BadAnchor as refused:
        told = str(refused)
        assert all(visible(char) in (char, "\\\\") for char in told)
        assert told.endswith(".")
        assert len(told) < 600
    else:
        assert found
        assert all(one.usable and owner == owner.canonicalize() for owner, one in found.items())


@given(
    st.dictionaries(
        st.lists(st.binary(min_size=1, max_size=9), max_size=4).map(tuple),
        st.sets(st.sampled_from(["DS", "DNSKEY"]), min_size=1),
        min_size=1,
        max_size=20,
    )
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_was_written_is_what_is_read(anchors):
    owners = {dns.name.Name((*labels, b"")): kinds for labels, kinds in anchors.items()}
    lines = [
        f"{owner} IN {kind} {DS if kind == 'DS' else KEY}\n"
        for owner, kinds in owners.items()
        for kind in sorted(kinds)
    ]
    found = read_anchors("".join(lines))
    wanted: dict[Any, Any] = {}
    for owner, kinds in owners.items():
        wanted.setdefault(owner.canonicalize(), set()).update(kinds)
    read = {
        owner: {kind for kind, held in (("DS", one.ds), ("DNSKEY", one.keys)) if held}
        for owner, one in found.items()
    }
    assert read == wanted


@pytest.mark.parametrize(
    "line",
    [
        *(
            f". DS {DS}\n",
            "a. DS 1 8 2 (\n",
            ". ",
            "\n",
            "(",
            "a.",
            "\\000",
            ". DNSKEY 257 3 8 A\n",
            "\\# 0 ",
        ),
        f"{'a.' * 120} DS {DS}\n",
    ],
    ids=lambda line: repr(line[:12]),
)
def test_no_text_takes_long(line):
    """Twice the text, twice the time: two seconds are far more than the largest one takes."""
    text = (line * MAX_ANCHOR)[:MAX_ANCHOR]
    start = time.process_time()
    with contextlib.suppress(BadAnchor):
        read_anchors(text)
    assert time.process_time() - start < 2
