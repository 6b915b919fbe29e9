"""The SMTP reply reader, and what a transcript says."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailpath.exchanges import Chunk, SmtpExchange, SmtpRequest
from mailpath.facts import Reply
from mailpath.network.replies import ReplyReader, dialogue, ehlo_keywords, goes_on, read_replies


def replies(data: bytes, *cuts: int) -> tuple[tuple[Reply, ...], bytes]:
    reader = ReplyReader()
    found = []
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    for start, end in itertools.pairwise(edges):
        reader.feed(data[start:end])
        while (reply := reader.next()) is not None:
            found.append(reply)
    return tuple(found), reader.rest


@pytest.mark.parametrize(
    ("data", "code", "lines"),
    [
        (b"220 mx.b.example ESMTP\r\n", 220, (b"mx.b.example ESMTP",)),
        (b"220\r\n", 220, (b"",)),
        (b"220 \r\n", 220, (b"",)),
        (b"220-\r\n220 b\r\n", 220, (b"", b"b")),
        (b"250-a\n250-b\n250 c\n", 250, (b"a", b"b", b"c")),
        (b"250 \x1b]52;c;x\x07\x00\xff\r\n", 250, (b"\x1b]52;c;x\x07\x00\xff",)),
        (b"250 a\rb\r\n", 250, (b"a\rb",)),
        (b"220 a\r\r\n", 220, (b"a",)),
        (b"554 " + b"x" * 9000 + b"\r\n", 554, (b"x" * 9000,)),
        (b"250-x\r\n" * 300 + b"250 x\r\n", 250, (b"x",) * 301),
    ],
)
def test_a_reply(data, code, lines):
    assert replies(data) == ((Reply(code=code, lines=lines),), b"")


NO_CODE = "a line does not begin with a reply code"


@pytest.mark.parametrize(
    ("data", "defect", "codes"),
    [
        (b"22000 mx\r\n220 x\r\n", NO_CODE, (None, 220)),
        (b"22 mx\r\n220 x\r\n", NO_CODE, (None, 220)),
        (b"\r\n220 x\r\n", NO_CODE, (None, 220)),
        (b"120 early\r\n", NO_CODE, (120,)),
        (b"620 late\r\n", NO_CODE, (620,)),
        (b"250\tx\r\n250 x\r\n", NO_CODE, (None, 250)),
        ("٢٢٠ mx\r\n220 x\r\n".encode(), NO_CODE, (None, 220)),
        (b"250-a\r\nb\r\n250 c\r\n", NO_CODE, (250, None, 250)),
        (b"250-a\r\n550 b\r\n", "the reply's lines have different codes, 250 and 550", (250, 550)),
        (
            b"250-a\r\n250-b\r\n451 c\r\n",
            "the reply's lines have different codes, 250 and 451",
            (250, 250, 451),
        ),
    ],
)
def test_what_breaks_the_grammar_ends_as_any_reply_but_has_no_code(data, defect, codes):
    first, second = replies(data + b"221 ok\r\n")[0]
    assert (first.code, first.defect, first.codes) == (None, defect, codes)
    assert second == Reply(code=221, lines=(b"ok",))


@pytest.mark.parametrize("data", [b"+OK pop\r\n", b"\x16\x03\x01\n", b"220-a\r\nb\r\n"])
def test_what_never_becomes_a_reply_is_told_at_the_end(data):
    assert replies(data)[0] == ()
    (remains,) = read_replies([Chunk(sent=False, data=data)])
    assert (remains.code, remains.defect, remains.codes) == (None, NO_CODE, ())


@pytest.mark.parametrize(
    ("data", "good"),
    [
        (b"220 a\r\n", True),
        (b"421 a\r\n", False),
        (b"220-a\r\n421 b\r\n", True),
        (b"421-a\r\n220 b\r\n", True),
        (b"421-a\r\n220-b\r\n554 c\r\n", False),
        (b"junk\r\n220 b\r\n", True),
        (b"120 a\r\n", False),
    ],
)
def test_a_session_goes_on_where_some_sender_would(data, good):
    ((reply,), _) = replies(data)
    assert goes_on(reply) is good


def test_what_is_incomplete_is_no_reply_yet():
    for data in (b"", b"2", b"220 mx", b"220 mx\r", b"220-mx\r\n"):
        assert replies(data)[0] == ()


def test_bytes_behind_a_reply_stay():
    reader = ReplyReader()
    reader.feed(b"220 go\r\n250 injected\r\n")
    assert reader.next() == Reply(code=220, lines=(b"go",))
    assert reader.rest == b"250 injected\r\n"


@pytest.mark.parametrize(
    ("data", "hopeless"),
    [
        (b"", False),
        (b"2", False),
        (b"22", False),
        (b"220", False),
        (b"220\r", False),
        (b"220-", False),
        (b"220 x", False),
        (b"x", True),
        (b"1", False),
        (b"22x", True),
        (b"2200", True),
        (b"\x16\x03\x01", True),
    ],
)
def test_hopeless(data, hopeless):
    reader = ReplyReader()
    reader.feed(data)
    assert reader.hopeless is hopeless


LINES = st.one_of(
    st.sampled_from(
        [b"220 a\r\n", b"250-b\r\n", b"250 c\n", b"250\r\n", b"2500 d\r\n", b"550 e\r\n", b"\r", b"\n"]
    ),
    st.binary(max_size=20),
    st.just(b"250 " + b"y" * 3000),
)


@given(st.lists(LINES, max_size=12), st.lists(st.integers(0, 200), max_size=8))
def test_segmentation_changes_nothing(lines, cuts):
    data = b"".join(lines)
    assert replies(data, *cuts) == replies(data)


CLEAR = b"220 mx\r\n250-mx\r\n250 STARTTLS\r\n220 go\r\n250 injected\r\n"
INSIDE = b"250-mx\r\n250 REQUIRETLS\r\n250 m\r\n550 r\r\n250 s\r\n221 q\r\n"
SENT_CLEAR = b"EHLO p\r\nSTARTTLS\r\n"
SENT_TLS = b"EHLO p\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\nRSET\r\nQUIT\r\n"


def chunks(data: bytes, cuts: list[int], **fields) -> list[Chunk]:
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    return [Chunk(data=data[a:b], **fields) for a, b in itertools.pairwise(edges)]


@given(st.lists(st.integers(0, 80), max_size=6), st.lists(st.integers(0, 80), max_size=6))
def test_a_dialogue_whatever_the_segmentation(received, sent):
    exchange = SmtpExchange(
        request=SmtpRequest(address="192.0.2.1"),
        transcript=(
            *chunks(CLEAR, received, sent=False),
            *chunks(SENT_CLEAR, sent, sent=True),
            *chunks(SENT_TLS, sent, sent=True, tls=True),
            *chunks(INSIDE, received, sent=False, tls=True),
        ),
    )
    talk = dialogue(exchange)
    assert talk.greeting == Reply(code=220, lines=(b"mx",))
    assert talk.ehlo == Reply(code=250, lines=(b"mx", b"STARTTLS"))
    assert talk.helo is None
    assert talk.starttls == Reply(code=220, lines=(b"go",))
    assert talk.ehlo_tls == Reply(code=250, lines=(b"mx", b"REQUIRETLS"))
    assert (talk.mail_from.code, talk.rcpt_to.code, talk.quit.code) == (250, 550, 221)


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.binary(max_size=60)), max_size=20))
def test_any_transcript_is_read(parts):
    transcript = tuple(Chunk(sent=sent, tls=tls, data=data) for sent, tls, data in parts)
    dialogue(SmtpExchange(request=SmtpRequest(address="192.0.2.1"), transcript=transcript))
    read_replies(transcript)


def test_a_broken_stream_answers_no_later_command():
    transcript = (
        Chunk(sent=False, data=b"220 mx\r\n2500 no\r\n250 late\r\n"),
        Chunk(sent=True, data=b"EHLO p\r\nHELO p\r\n"),
    )
    talk = dialogue(SmtpExchange(request=SmtpRequest(address="192.0.2.1"), transcript=transcript))
    assert talk.greeting.code == 220
    assert talk.ehlo.code is None
    assert talk.helo is None


def test_ehlo_keywords():
    reply = Reply(
        code=250,
        lines=(
            b"STARTTLS",
            b"size 10240000",
            b"StartTLS ",
            b"AUTH=PLAIN",
            b"",
            b"requiretls x",
            b"x\x1b[2J y",
        ),
    )
    assert ehlo_keywords(reply) == (
        "SIZE 10240000",
        "STARTTLS",
        "AUTH=PLAIN",
        "REQUIRETLS",
        "X\\x1b[2J y",
    )
    assert ehlo_keywords(None) == ()
    assert ehlo_keywords(Reply(code=502, lines=(b"a", b"STARTTLS"))) == ()
