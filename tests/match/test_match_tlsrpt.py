"""Where reports go (RFC 8460 section 3)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailpath.match.tlsrpt import parse_tlsrpt


@pytest.mark.parametrize(
    ("texts", "rua"),
    [
        ((b"v=TLSRPTv1; rua=mailto:tls@b.example",), ("mailto:tls@b.example",)),
        ((b"v=TLSRPTv1;rua=https://r.example/x;",), ("https://r.example/x",)),
        ((b"v=TLSRPTv1;; rua=https://r.example/x",), ("https://r.example/x",)),
        (
            (b"v=TLSRPTv1; rua=mailto:a@b.example, https://r.example/x",),
            ("mailto:a@b.example", "https://r.example/x"),
        ),
        ((b"v=spf1", b"v=TLSRPTv1; rua=mailto:a@b.example"), ("mailto:a@b.example",)),
        ((b"v=TLSRPTv1; ext=1; rua=mailto:a@b.example",), ("mailto:a@b.example",)),
    ],
)
def test_good_records(texts, rua):
    assert parse_tlsrpt(texts) == (rua, "")


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ((), "There is no TXT record."),
        ((b"v=TLSRPTv2; rua=mailto:a@b.example",), "No TXT record begins with"),
        ((b"v=TLSRPTv1; rua=mailto:a@b.c", b"v=TLSRPTv1; rua=mailto:d@b.c"), "2 TXT records"),
        ((b"v=TLSRPTv1;",), "no rua"),
        ((b"v=TLSRPTv1; rua=",), "No rua is"),
        ((b"v=TLSRPTv1; rua=ftp://x",), "No rua is"),
        ((b"v=TLSRPTv1; rua",), "does not have the form"),
    ],
)
def test_bad_records_say_why(texts, words):
    rua, reason = parse_tlsrpt(texts)
    assert rua == ()
    assert words in reason


@given(st.lists(st.binary(max_size=80).map(lambda tail: b"v=TLSRPTv1;" + tail), max_size=2))
def test_foreign_bytes_never_raise(texts):
    rua, reason = parse_tlsrpt(tuple(texts))
    assert bool(rua) != bool(reason)
