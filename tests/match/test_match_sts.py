"""MTA-STS records and policies, as RFC 8461 reads them and as postfix-mta-sts-resolver does."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailpath.facts import StsPolicy
from mailpath.match import sts
from mailpath.match.sts import mx_matches, parse_policy, postfix_match
from mailpath.match.sts_dialects import MAX_POLICY, MTA_STS_RESOLVER, RFC
from mailpath.match.sts_record import parse_txt

PLAIN = b"text/plain"
GOOD = b"version: STSv1\r\nmode: enforce\r\nmx: mx1.b.example\r\nmax_age: 86400\r\n"


def policy(*lines, end="\n"):
    return end.join((*lines, "")).encode()


FULL = ("version: STSv1", "mode: enforce", "mx: mx1.b.example", "max_age: 86400")


# --- TXT -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("texts", "rfc", "resolver"),
    [
        ((b"v=STSv1; id=20260601;",), True, True),
        ((b"v=STSv1;id=20260601",), True, True),
        ((b"v=STSv1;\tid=1 ;",), True, True),
        ((b"v=STSv1; id=1; x-ext=a/b:c",), True, True),
        ((b"v=STSv1; x-ext=1; id=2",), True, True),
        ((b"v=STSv1; id=" + b"a" * 32 + b";",), True, True),
        # observed: taken by the resolver, outside section 3.1
        ((b"v=STSv1; id=2026-01-01;",), False, True),
        ((b"v=STSv1; id=1234567890123456789012345678901234567890;",), False, True),
        ((b"v=STSv1; id=;",), False, True),
        ((b"v=STSv1; id;",), False, True),
        ((b"v=STSv1 ; id=1;",), False, True),
        ((b"v=STSv1;; id=1;",), False, True),
        ((b"v=STSv1; id=1; junk",), False, True),
        ((b"v=STSv1; id=1; =x",), False, True),
        ((b"v=STSv1; id=1; ext=a b",), False, True),
        # neither
        ((b"v=STSv2; id=1;",), False, False),
        ((b"v=STSv11; id=1",), False, False),
        ((b"v=stsv1; id=1;",), False, False),
        ((b" v=STSv1; id=1;",), False, False),
        ((b"id=1; v=STSv1;",), False, False),
        ((b"v=STSv1;",), False, False),
        ((b"v=STSv1",), False, False),
        ((b"v=STSv1; ID=1;",), False, False),
        ((b"v=STSv1; id =1;",), False, False),
        ((b"v=STSv1; id=1; v=STSv2",), True, False),
        ((b"v=STSv1; id=\xff1;",), False, False),
        ((), False, False),
        ((b"v=spf1 -all",), False, False),
        # of several, exactly one must be left
        ((b"v=STSv1; id=1;", b"v=STSv1; id=2;"), False, False),
        ((b"v=spf1 -all", b"v=STSv1; id=1;"), True, True),
        ((b"v=STSv11; x=1", b"v=STSv1; id=1;"), True, False),
        ((b"v=STSv1; id=\xff;", b"v=STSv1; id=1;"), False, True),
    ],
)
def test_txt(texts, rfc, resolver):
    for parsing, expected in ((RFC, rfc), (MTA_STS_RESOLVER, resolver)):
        result = parse_txt(texts, parsing)
        assert (result.id is not None) is expected, parsing.name
        assert bool(result.reason) is not expected


def test_txt_id_given_twice_rfc_first_resolver_last():
    texts = (b"v=STSv1; id=1; id=2;",)
    assert parse_txt(texts, RFC).id == "1"
    assert parse_txt(texts, RFC).problems == ("The id appears more than once; the first one counts.",)
    assert parse_txt(texts, MTA_STS_RESOLVER).id == "2"
    assert parse_txt((b"v=STSv1; id=1; id=2-2;",), RFC).id == "1"


def test_a_lax_reader_says_that_the_grammar_has_it_otherwise():
    for text, problems in ((b"v=STSv1; id=1;", 0), (b"v=STSv1; id=2026-01-01;", 1)):
        assert len(parse_txt((text,), MTA_STS_RESOLVER).problems) == problems


def test_other_records_beside_it_are_counted():
    good, other = b"v=STSv1; id=1;", b"v=spf1 -all"
    assert parse_txt((good,)).problems == ()
    assert parse_txt((other, good)).problems == ("The name has 1 other TXT record.",)
    assert parse_txt((other, good, other)).problems == ("The name has 2 other TXT records.",)


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ((), "There is no TXT record."),
        ((b"x",), "No TXT record begins with 'v=STSv1;'."),
        (
            (b"v=STSv1; id=1;", b"v=STSv1; id=1; x=y"),
            "2 TXT records begin with 'v=STSv1;'; there must be only one.",
        ),
        ((b"v=STSv1; id=2026-01-01;",), "The id is not 1 to 32 letters and digits."),
        ((b"v=STSv1; id=" + b"1" * 33,), "The id is not 1 to 32 letters and digits."),
        ((b"v=STSv1; x=y;",), "The TXT record has no id."),
        ((b"v=STSv1; id=1; junk",), "The TXT record does not have the form of RFC 8461 section 3.1."),
        ((b"v=STSv1; id=1; junk; id=2-2",), "The id is not 1 to 32 letters and digits."),
        ((b"v=stsv1; id=1;",), "No TXT record begins with 'v=STSv1;'."),
    ],
)
def test_txt_reason_is_plain(texts, words):
    found = parse_txt(texts)
    assert found.reason == words
    assert found.several is words.startswith("2 TXT records")


# --- policies --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "rfc", "resolver"),
    [
        (GOOD, True, True),
        (policy(*FULL), True, True),
        (policy(*FULL).rstrip(b"\n"), True, True),
        (policy(*FULL, end="\n").replace(b"\n", b"\r\n", 2), True, True),
        (policy(*FULL, "mx: *.b.example"), True, True),
        (policy(*(f"{line} \t" for line in FULL)), True, True),
        (policy("mode:enforce", "version:STSv1", "mx:mx1.b.example", "max_age:1"), True, True),
        (policy(*FULL, "x-unknown: something"), True, True),
        (policy(*FULL, "x-unknown: gr\u00fc\u00df"), True, False),  # no charset, so ASCII, for the resolver
        (policy("mode: enforce", "mx: mx1.b.example", "max_age: 86400", "version: STSv1"), True, True),
        (policy("version: STSv1", "mode: none", "max_age: 0"), True, True),
        (policy("version: STSv1", "mode: enforce", "mx: a.example", "max_age: 31557600"), True, True),
        (policy("version: STSv1", "mode: enforce", "mx: a.example", "max_age: 0"), True, True),
        (policy("version: STSv1", "mode: enforce", "mx: a.example", "max_age: 0086400"), True, True),
        # strict one way: a line outside the grammar
        (policy(*FULL[:1], "", *FULL[1:]), False, True),
        (policy(*FULL, ""), False, True),
        (policy(*FULL, "junk"), False, True),
        (policy(*FULL, "bad key: x"), False, True),
        (policy(*FULL, " mx: a.example"), False, True),
        (policy(*FULL, "mx: a..example"), False, True),
        (policy(*FULL, "mx: mx1.b.example."), False, True),
        (policy(*FULL, "mx: mx_1.b.example"), False, True),
        (policy(*FULL, "mx: .b.example"), False, True),
        (policy(*FULL, "mx: *"), False, True),
        (policy(*FULL, "mx:"), False, True),
        (policy(*FULL, end="\r"), False, True),
        (policy(*FULL, end="\x0b"), False, True),
        (policy("version: STSv1", "mode: enforce", "mx: a.example", "max_age: +86400"), False, True),
        (policy("version: STSv1", "mode: enforce", "mx: a.example", "max_age: 86_400"), False, True),
        (policy("version: STSv1", "mode: enforce", "mx: a.example", "max_age: 000000086400"), False, True),
        # and the other: too large an age is a year
        (policy("version: STSv1", "mode: enforce", "mx: a.example", "max_age: 31557601"), True, False),
        # neither
        (policy("version : STSv1 ", "mode:enforce", "mx:   a.example  ", "max_age: 86400"), False, False),
        (policy("version: STSv2", *FULL[1:]), False, False),
        (policy("version: stsv1", *FULL[1:]), False, False),
        (policy("Version: STSv1", *FULL[1:]), False, False),
        (policy(*FULL[1:]), False, False),
        (policy("version: STSv1", "mode: Enforce", *FULL[2:]), False, False),
        (policy("version: STSv1", "Mode: enforce", *FULL[2:]), False, False),
        (policy("version: STSv1", "mode: block", *FULL[2:]), False, False),
        (policy("version: STSv1", *FULL[2:]), False, False),
        (policy("version: STSv1", "mode: enforce", "max_age: 86400"), False, False),
        (policy("version: STSv1", "mode: testing", "max_age: 86400"), False, False),
        (policy("version: STSv1", "mode: enforce", "MX: a.example", "max_age: 86400"), False, False),
        (policy("version: STSv1", "mode: enforce", "mx: a.example"), False, False),
        (policy("version: STSv1", "mode: enforce", "mx: a.example", "max_age: -1"), False, False),
        (policy("version: STSv1", "mode: enforce", "mx: a.example", "max_age: 1 day"), False, False),
        (policy("version: STSv1", "mode: enforce", "mx: a.example", "max_age: 1.5"), False, False),
        (b"\xef\xbb\xbf" + GOOD, False, False),
        (b"<html>not here</html>", False, False),
        (b"", False, False),
        (GOOD + b"x: " + b"a" * 65536, False, False),
    ],
)
def test_policy(body, rfc, resolver):
    for parsing, expected in ((RFC, rfc), (MTA_STS_RESOLVER, resolver)):
        result = parse_policy(body, PLAIN, parsing)
        assert (result.policy is not None) is expected, (parsing.name, result.reason)
        assert bool(result.reason) is not expected


@pytest.mark.parametrize(
    ("content_type", "body", "rfc", "resolver"),
    [
        (b"text/plain", GOOD, True, True),
        (b"text/plain; charset=utf-8", GOOD, True, True),
        (b'Text/Plain;Charset="UTF-8"', GOOD, True, True),
        (b" text/plain ;", GOOD, True, True),
        (b"text/plain; charset=us-ascii", GOOD, True, True),
        (b"text/plain; charset=iso-8859-1", GOOD, True, True),
        (None, GOOD, False, False),
        (b"", GOOD, False, False),
        (b"text/html", GOOD, False, False),
        (b"application/octet-stream", GOOD, False, False),
        (b"text/plainer", GOOD, False, False),
        (b"text/plain; charset=no-such-thing", GOOD, True, False),
        (b"text/plain; charset=rot13", GOOD, True, False),
        (b"text/plain; charset=", GOOD, True, False),
        (b"text/plain; charset=utf-8\0", GOOD, True, False),
        (b"text/plain; charset=utf-8", b"\xef\xbb\xbf" + GOOD, False, False),
        (b"text/plain; charset=utf-8-sig", b"\xef\xbb\xbf" + GOOD, False, True),
        (b"text/plain; charset=utf-16", GOOD.decode().encode("utf-16"), False, True),
        (b"text/plain; charset=utf-8", GOOD + "x: ü\n".encode(), True, True),
        (b"text/plain", GOOD + b"x: \xff\n", False, False),
        (b"text/plain; charset=iso-8859-1", GOOD + b"x: \xff\n", False, True),
    ],
)
def test_content_type(content_type, body, rfc, resolver):
    assert (parse_policy(body, content_type, RFC).policy is not None) is rfc
    assert (parse_policy(body, content_type, MTA_STS_RESOLVER).policy is not None) is resolver


def test_a_policy_may_have_64_kib_and_no_octet_more():
    whole = GOOD + b"x: " + b"y" * (MAX_POLICY - len(GOOD) - 3)
    for parsing in (RFC, MTA_STS_RESOLVER):
        assert parse_policy(whole, PLAIN, parsing).policy is not None
        assert "64 KiB" in parse_policy(whole + b"y", PLAIN, parsing).reason


def mode(body, dialect):
    found = parse_policy(body, PLAIN, dialect).policy
    assert found is not None
    return found.mode


def test_field_given_twice_rfc_first_resolver_last():
    body = policy("version: STSv1", "mode: testing", "mode: enforce", *FULL[2:])
    assert mode(body, RFC) == "testing"
    assert mode(body, MTA_STS_RESOLVER) == "enforce"
    second_is_bad = policy("version: STSv1", "mode: enforce", "mode: Bad", *FULL[2:])
    assert mode(second_is_bad, RFC) == "enforce"
    refused = parse_policy(second_is_bad, PLAIN, MTA_STS_RESOLVER)
    assert refused.policy is None
    assert [line.verdict for line in refused.lines if line.text.startswith(b"mode")] == ["ok", "bad"]


def test_only_the_resolver_takes_a_common_name():
    """RFC 8461 section 3.3: the policy host's certificate has a DNS-ID (RFC 6125)."""
    assert (RFC.cn_only, MTA_STS_RESOLVER.cn_only) == (False, True)


def test_mx_lines_add_up_and_are_lower_case():
    body = policy(*FULL, "mx: *.B.Example", "mx: mx1.b.example")
    assert parse_policy(body, PLAIN).policy == StsPolicy(
        mode="enforce", mx=("mx1.b.example", "*.b.example"), max_age=86400
    )


def test_too_large_an_age_is_a_year():
    body = policy("version: STSv1", "mode: enforce", "mx: a.example", "max_age: 9999999999")
    found = parse_policy(body, PLAIN).policy
    assert found is not None
    assert found.max_age == 31557600


# --- mx patterns -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "host", "rfc", "resolver"),
    [
        ("mx1.b.example", "mx1.b.example", True, True),
        ("MX1.b.example", "mx1.B.example", True, True),
        ("mx1.b.example", "mx2.b.example", False, False),
        ("*.b.example", "mx1.b.example", True, True),
        ("*.b.example", "b.example", False, False),
        ("*.b.example", "a.mx1.b.example", False, True),
        ("*.b.example", "mx1.notb.example", False, False),
        ("*.mx.microsoft", "icewolf-li.h-v1.mx.microsoft", False, True),
        (".b.example", "mx1.b.example", False, True),
        ("*", "mx1.b.example", False, False),
        ("*.b", "mx1.b", True, True),
        ("*.b.example", ".b.example", False, False),
        ("*.", "mx1.b.example.", False, False),
        ("*.", "mx1", False, False),
    ],
)
def test_mx_pattern(pattern, host, rfc, resolver):
    assert mx_matches(pattern, host, RFC) is rfc
    assert mx_matches(pattern, host, MTA_STS_RESOLVER) is resolver


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        (("mx1.b.example", "*.b.example"), ("mx1.b.example", ".b.example")),
        (("mx1.b.example", ""), ("mx1.b.example",)),
        (("mx1.b.example:25",), ("mx1.b.example", "25")),
        (("",), None),
        (("*",), None),
        (("mx1.b.example mx2.b.example",), None),
        (("mx1.b.example,mx2.b.example",), None),
    ],
)
def test_what_postfix_is_handed(patterns, expected):
    assert postfix_match(StsPolicy(mode="enforce", mx=patterns, max_age=1)) == expected


# --- foreign bytes ---------------------------------------------------------------------------------

DIALECTS = st.sampled_from([RFC, MTA_STS_RESOLVER])
FRAGMENTS = st.sampled_from(
    b"version: STSv1|mode: |enforce|mx: |*.|a.example|max_age: |1|\r\n|\n|:| |\t".split(b"|")
    + list(map(bytes.fromhex, ("00", "ff", "e280a8", "1c", "39" * 30, "eda080")))
)
BODIES = st.one_of(st.binary(max_size=200), st.lists(FRAGMENTS, max_size=30).map(b"".join))
TYPES = st.one_of(
    st.none(),
    st.binary(max_size=60),
    st.text("abcdefghijklmnopqrstuvwxyz0123456789-_*'\"%=; ", max_size=30).map(
        lambda text: b"text/plain; charset=" + text.encode()
    ),
    st.sampled_from([b"text/plain; charset=utf-16", b"text/plain; charset*0*=utf-8''x; charset*1=y"]),
)


@given(BODIES, TYPES, DIALECTS)
def test_policy_of_foreign_bytes_never_raises(body, content_type, parsing):
    result = parse_policy(body, content_type, parsing)
    assert result == parse_policy.__wrapped__(
        body, content_type, parsing
    )  # what is remembered, worked out anew
    assert (result.policy is None) == bool(result.reason)
    if result.policy is not None:
        assert result.policy.mode in ("enforce", "testing", "none")
        assert 0 <= result.policy.max_age <= 31557600


@given(BODIES)
def test_a_strict_policy_written_again_is_the_same_policy(body):
    read = parse_policy(body, PLAIN).policy
    if read is not None:
        lines = [f"version: {read.version}", f"mode: {read.mode}", f"max_age: {read.max_age}"]
        assert parse_policy(policy(*lines, *(f"mx: {mx}" for mx in read.mx)), PLAIN).policy == read


@given(st.lists(st.binary(max_size=60).map(lambda tail: b"v=STSv1; " + tail), max_size=3), DIALECTS)
def test_txt_of_foreign_bytes_never_raises(texts, parsing):
    result = parse_txt(tuple(texts), parsing)
    assert (result.id is None) == bool(result.reason)
    if parsing is RFC and result.id is not None:
        assert not parse_txt(tuple(texts), MTA_STS_RESOLVER).several
        assert result.id.isalnum()
        assert result.id.isascii()


@given(
    st.text(alphabet="mx:*. \tab-1_\r\x00\x0b\u00e4\udc80;,", max_size=14).map("mx:".__add__)
    | st.from_regex(sts._MX)
)
def test_a_line_that_names_a_host_is_read_by_one_expression_as_step_by_step(line):
    never = re.compile(r"(?!)")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sts, "_MX", never)
        step_by_step = sts._read_strict_field(line)
    assert sts._read_strict_field(line) == step_by_step
