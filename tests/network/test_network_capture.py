"""Recording, replay, and captures as files: nothing lost, nothing trusted."""

import asyncio
import gzip
import io
import itertools
import json
import os
import sys
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailpath.exchanges import (
    Chunk,
    DnsExchange,
    Envelope,
    Failure,
    HttpsExchange,
    HttpsRequest,
    Question,
    SmtpExchange,
    SmtpRequest,
    Stage,
    TlsProfile,
    TlsSession,
)
from mailpath.facts import Path
from mailpath.network import capture as capture_module
from mailpath.network import live_https, replies
from mailpath.network.capture import Capture, CaptureError, capture_from, capture_of, decode, dump, load
from mailpath.network.protocol import NetworkContext
from mailpath.network.recording import Recording
from mailpath.network.replay import Replay

GROUND = NetworkContext(
    kind="live", resolver="192.0.2.53", trust_anchor=". IN DS 1 8 2 00", roots=(b"r1", b"r2"), made=1
)
PATH = Path(recipient="b.example", sender="a.example")


class Scripted:
    """A network that counts what it is asked and can be held up."""

    ground = GROUND

    def __init__(self) -> None:
        self.asked: list[object] = []
        self.cancelled = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def ask(self, question):
        self.asked.append(question)
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return DnsExchange(question=question, response=b"\xff\x00", elapsed_ms=1.5)

    async def fetch(self, request):
        self.asked.append(request)
        return HttpsExchange(request=request, status=200)

    async def converse(self, request):
        self.asked.append(request)
        return SmtpExchange(request=request, transcript=(Chunk(sent=False, data=b"220\xff\r\n"),))


def question(name: str = "b.example") -> Question:
    return Question(name=name, rdtype="MX")


# --- recording -------------------------------------------------------------------------------------


async def test_equal_requests_share_one_exchange():
    inner = Scripted()
    inner.gate.clear()
    recording = Recording(inner)
    tasks = [asyncio.create_task(recording.ask(question())) for _ in range(5)]
    await asyncio.sleep(0)
    inner.gate.set()
    first, *others = await asyncio.gather(*tasks)
    assert all(other is first for other in others)
    assert await recording.ask(question()) is first
    assert len(inner.asked) == 1
    assert recording.count == 1


async def test_exchanges_are_sorted_whatever_came_first():
    requests: list[SmtpRequest | HttpsRequest] = [
        SmtpRequest(address="192.0.2.9"),
        HttpsRequest(url="https://x.example/", address="192.0.2.1"),
        SmtpRequest(address="192.0.2.9", sni="mx.b.example"),
    ]

    async def record(order):
        recording = Recording(Scripted())
        for name in order:
            await recording.ask(question(name))
        for request in requests if order[0] == "a" else reversed(requests):
            if isinstance(request, HttpsRequest):
                await recording.fetch(request)
            else:
                await recording.converse(request)
        return recording.exchanges

    assert await record("abc") == await record("cba")
    assert [e.question.name for e in (await record("cab"))[:3]] == ["a", "b", "c"]


async def test_one_waiter_gives_up_the_other_is_served():
    inner = Scripted()
    inner.gate.clear()
    recording = Recording(inner)
    first = asyncio.create_task(recording.ask(question()))
    second = asyncio.create_task(recording.ask(question()))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    inner.gate.set()
    assert (await second).response == b"\xff\x00"
    assert inner.cancelled == 0
    assert len(inner.asked) == 1


async def test_nobody_waits_any_more_so_it_is_given_up():
    inner = Scripted()
    inner.gate.clear()
    recording = Recording(inner)
    task = asyncio.create_task(recording.ask(question()))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    inner.gate.set()
    assert (await recording.ask(question())).response == b"\xff\x00"
    await asyncio.sleep(0)
    assert inner.cancelled == 1
    assert len(inner.asked) == 2
    assert recording.count == 1


async def test_ground_is_the_inner_one():
    assert Recording(Scripted()).ground is GROUND


# --- replay ----------------------------------------------------------------------------------------


async def test_replay_gives_what_was_recorded_and_nothing_else():
    recording = Recording(Scripted())
    exchanges: list[Any] = [
        await recording.ask(question()),
        await recording.fetch(HttpsRequest(url="https://x.example/", address="192.0.2.1")),
        await recording.converse(SmtpRequest(address="192.0.2.9")),
    ]
    replay = Replay(capture_of(recording, PATH, [b"r2"]))
    assert await replay.ask(question()) == exchanges[0]
    assert await replay.fetch(exchanges[1].request) == exchanges[1]
    assert await replay.converse(exchanges[2].request) == exchanges[2]
    for missing in (
        await replay.ask(question("c.example")),
        await replay.fetch(HttpsRequest(url="https://y.example/", address="192.0.2.1")),
        await replay.converse(SmtpRequest(address="192.0.2.9", sni="x")),
    ):
        assert missing.failure is Failure.NOT_RECORDED
    assert replay.ground == msgspec.structs.replace(GROUND, kind="capture", roots=(b"r2",))


# --- files -----------------------------------------------------------------------------------------

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
wire = st.binary(max_size=40)
ms = st.floats(0, 1e6, allow_nan=False)
failures = st.none() | st.sampled_from(Failure)
chunk = st.builds(Chunk, sent=st.booleans(), data=wire, at_ms=ms, tls=st.booleans())
tls = st.builds(TlsSession, version=text, cipher=text, bits=st.integers(0, 999), chain=st.tuples(wire))
dns_exchange = st.builds(
    DnsExchange,
    question=st.builds(Question, name=text, rdtype=text, checking_disabled=st.booleans()),
    response=st.none() | wire,
    transport=text,
    failure=failures,
    detail=text,
    elapsed_ms=ms,
)
https_exchange = st.builds(
    HttpsExchange,
    request=st.builds(HttpsRequest, url=text, address=text),
    status=st.none() | st.integers(100, 599),
    headers=st.lists(st.tuples(wire, wire), max_size=3).map(tuple),
    body=wire,
    chain=st.lists(wire, max_size=3).map(tuple),
    failure=failures,
)
smtp_exchange = st.builds(
    SmtpExchange,
    request=st.builds(
        SmtpRequest,
        address=text,
        port=st.integers(1, 65535),
        sni=st.none() | text,
        profile=st.sampled_from(TlsProfile),
        envelope=st.none() | st.builds(Envelope, mail_from=text, rcpt_to=text),
    ),
    transcript=st.lists(chunk, max_size=4).map(tuple),
    tls=st.none() | tls,
    injected=wire,
    failure=failures,
    failed_at=st.none() | st.sampled_from(Stage),
)
exchanges = st.lists(
    dns_exchange | https_exchange | smtp_exchange,
    max_size=6,
    unique_by=lambda e: getattr(e, "question", None) or e.request,
)


@given(exchanges, st.lists(wire, max_size=3), st.randoms(use_true_random=False))
def test_round_trip(held, roots, shuffle):
    capture = capture_from(held, GROUND, PATH, roots)
    file = io.BytesIO()
    dump(capture, file)
    assert load(io.BytesIO(file.getvalue())) == capture
    assert load(io.BytesIO(gzip.compress(file.getvalue()))) == capture
    shuffle.shuffle(held)
    again = io.BytesIO()
    dump(capture_from(held, GROUND, PATH, reversed(roots)), again)
    assert again.getvalue() == file.getvalue()


def a_capture() -> Capture:
    request = SmtpRequest(address="192.0.2.9", sni="mx.b.example")
    return capture_from(
        [
            DnsExchange(question=question(), response=b"\x00\xff", elapsed_ms=1.25),
            HttpsExchange(request=HttpsRequest(url="https://x.example/", address="192.0.2.1"), body=b"\xff"),
            SmtpExchange(request=request, failure=Failure.TIMEOUT, failed_at=Stage.EHLO),
        ],
        GROUND,
        PATH,
        [b"root"],
    )


ENCODED = msgspec.json.encode(a_capture())


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    st.integers(0, len(ENCODED)),
    st.integers(0, 40),
    st.binary(max_size=8) | st.sampled_from([b"[" * 3000, b'"', b"null"]),
)
def test_a_mutated_capture_is_an_error_or_a_capture(start, length, put):
    data = ENCODED[:start] + put + ENCODED[start + length :]
    try:
        found = load(io.BytesIO(data))
    except CaptureError:
        return  # the only exception it may be; any other fails the test
    assert isinstance(found, Capture)


@given(st.integers(0, 400), st.binary(min_size=1, max_size=4))
def test_mutated_compression(start, put):
    packed = gzip.compress(ENCODED, mtime=0)
    try:
        found = load(io.BytesIO(packed[:start] + put + packed[start + len(put) :]))
    except CaptureError:
        return
    assert isinstance(found, Capture)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"{}", "not a mailpath capture"),
        (b'{"schema": 2}', "schema 2"),
        (b'{"schema": "1"}', "not a mailpath capture"),
        (b'{"schema": 1}', "not a mailpath capture"),
        (b"\xff\xfe", "not a mailpath capture"),
        (b'{"schema": 1, "x": ' + b"[" * 1_000_000, "nested|not a mailpath capture"),
        (b'{"schema": 1, "x": ' + b'{"x":' * 1_000_000, "nested|not a mailpath capture"),
        (ENCODED[:-1] + b', "extra": 1}', "unknown field"),
        (ENCODED.replace(b'"made":1,', b'"made":99999999999999,'), "not a date"),
        (ENCODED.replace(b'"made":1,', b'"made":-1,'), "not a date"),
        (ENCODED.replace(b'"b.example"', b'"\\ud800"'), "not a mailpath capture"),
        (gzip.compress(ENCODED, mtime=0)[:-9], "middle"),
        (gzip.compress(ENCODED, mtime=0) + b"more", "follows"),
        (b"\x1f\x8bjunk", "compression"),
    ],
    ids=itertools.count(),
)
def test_what_is_wrong_with_a_capture(data, sentence):
    with pytest.raises(CaptureError, match=sentence):
        load(io.BytesIO(data))


@pytest.mark.parametrize(
    "name", ["", "\x1b]52;c;eA==\x07", "b..example", "B.example", "b.example.", "u@b.example"]
)
def test_a_path_that_is_none(name):
    for path in (Path(recipient=name), Path(recipient="b.example", sender=name)):
        data = msgspec.json.encode(msgspec.structs.replace(a_capture(), path=path))
        with pytest.raises(CaptureError, match="from a domain to a domain"):
            load(io.BytesIO(data))


@pytest.mark.parametrize("name", ["", "a..b", "a b", "bücher.example", "\x1b]0;x\x07"])
def test_what_is_declared_insecure_is_a_name(name):
    ground = msgspec.structs.replace(GROUND, insecure_zones=("0/25.2.0.192.in-addr.arpa", ".", name))
    with pytest.raises(CaptureError, match="contains a negative trust anchor that is not a domain name"):
        decode(msgspec.json.encode(capture_from((), ground, PATH, ())))
    ground = msgspec.structs.replace(ground, insecure_zones=ground.insecure_zones[:2])
    kept = decode(msgspec.json.encode(capture_from((), ground, PATH, ()))).ground
    assert kept.insecure_zones == ("0/25.2.0.192.in-addr.arpa", ".")


def test_two_answers_to_one_request():
    raw = json.loads(ENCODED)
    raw["dns"] *= 2
    with pytest.raises(CaptureError, match="two answers"):
        decode(json.dumps(raw).encode())


def test_a_bomb_is_not_unpacked(monkeypatch):
    monkeypatch.setattr(capture_module, "MAX_CAPTURE", 1 << 20)
    with pytest.raises(CaptureError, match="larger than 1 MiB"):
        load(io.BytesIO(gzip.compress(b" " * (1 << 22))))
    with pytest.raises(CaptureError, match="larger than 1 MiB"):
        load(io.BytesIO(b" " * (1 << 21) + b"{}"))


BIG = bytes(1 << 18)
REQUEST = SmtpRequest(address="192.0.2.9")


@pytest.mark.parametrize(
    "exchange",
    [
        DnsExchange(question=question(), response=bytes(65536)),
        DnsExchange(question=question(), detail="x" * 5000),
        HttpsExchange(request=HttpsRequest(url="https://x.example/", address="192.0.2.1"), body=BIG),
        HttpsExchange(
            request=HttpsRequest(url="https://x.example/", address="192.0.2.1"), headers=((b"a", b"b"),) * 101
        ),
        HttpsExchange(request=HttpsRequest(url="https://x.example/", address="192.0.2.1"), chain=(BIG,)),
        SmtpExchange(request=REQUEST, transcript=(Chunk(sent=False, data=BIG),)),
        SmtpExchange(request=REQUEST, injected=BIG),
        SmtpExchange(request=REQUEST, tls=TlsSession(version="", cipher="", chain=(BIG,))),
    ],
    ids=itertools.count(),
)
def test_an_exchange_larger_than_there_can_be(exchange):
    with pytest.raises(CaptureError, match="larger than possible"):
        decode(msgspec.json.encode(capture_from([exchange], GROUND, PATH, [])))


@pytest.mark.parametrize(
    "ground",
    [
        {"trust_anchor": ". IN DS 1 8 2 00\n" * 5000},
        {"resolver": "x" * 2000},
        {"ehlo": "x" * 2000},
        {"kind": "x" * 2000},
        {"roots": (b"",) * 257},
        {"dialled": ("192.0.2.1:25",) * 10_001},
        {"insecure_zones": ("b.example",) * 101},
        {"insecure_zones": ("x" * 2000,)},
    ],
    ids=lambda ground: "".join(ground),
)
def test_a_ground_larger_than_there_can_be(ground):
    large = capture_from((), msgspec.structs.replace(GROUND, **ground), PATH, ())
    if "roots" in ground:
        large = msgspec.structs.replace(large, ground=msgspec.structs.replace(large.ground, **ground))
    with pytest.raises(
        CaptureError, match=f"This is not a mailpath capture: .*\\$\\.ground\\.{''.join(ground)}"
    ):
        decode(msgspec.json.encode(large))


@pytest.mark.parametrize(
    "request_",
    [
        Question(name="x" * 2000, rdtype="MX"),
        Question(name="x", rdtype="M" * 200),
        HttpsRequest(url="https://" + "x" * 2000, address="192.0.2.1"),
        SmtpRequest(address="1" * 200),
        SmtpRequest(address="192.0.2.1", sni="x" * 2000),
    ],
)
def test_a_request_larger_than_there_can_be(request_):
    kinds: dict[type, Any] = {Question: DnsExchange, HttpsRequest: HttpsExchange, SmtpRequest: SmtpExchange}
    kind = kinds[type(request_)]
    held = kind(question=request_) if kind is DnsExchange else kind(request=request_)
    with pytest.raises(CaptureError, match="This is not a mailpath capture: "):
        decode(msgspec.json.encode(capture_from((held,), GROUND, PATH, ())))


def test_what_the_live_network_reads_fits():
    assert capture_module.MAX_HTTPS > live_https.MAX_BODY
    assert capture_module.MAX_HEADERS == live_https.MAX_HEADERS
    # Replies, what is injected behind one of them, and our own commands.
    assert capture_module.MAX_SMTP > 2 * replies.MAX_DIALOGUE


def test_more_exchanges_than_a_walk_has():
    raw = json.loads(ENCODED)
    raw["smtp"] = [{"request": {"address": str(number)}} for number in range(10_001)]
    with pytest.raises(CaptureError, match="not a mailpath capture"):
        decode(json.dumps(raw).encode())


def test_what_is_wrong_is_told_in_visible_letters():
    raw = {**json.loads(ENCODED), "\x1b[31m\u202e": 1}
    with pytest.raises(CaptureError) as error:
        decode(json.dumps(raw).encode())
    assert str(error.value).isprintable()


@pytest.mark.parametrize("name", ["walk.json", "walk.json.gz"])
def test_paths(tmp_path, name):
    dump(a_capture(), tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(b"\x1f\x8b") == name.endswith(".gz")
    assert load(tmp_path / name) == a_capture() == load(str(tmp_path / name))
    first = (tmp_path / name).read_bytes()
    dump(a_capture(), tmp_path / name)
    assert (tmp_path / name).read_bytes() == first


@pytest.mark.parametrize("name", ["", "no/such/file", "nul\0"])
def test_paths_that_cannot_be_read(tmp_path, name):
    with pytest.raises(CaptureError, match="cannot be read"):
        load(str(tmp_path) + "/" + name)
    if "\0" not in name:
        with pytest.raises(CaptureError, match="cannot be written"):
            dump(a_capture(), str(tmp_path) + "/" + name)


def test_pipe(monkeypatch):
    class Pipe:
        def __init__(self, data: bytes = b"") -> None:
            self.buffer = io.BytesIO(data)

    out = Pipe()
    monkeypatch.setattr(sys, "stdout", out)
    dump(a_capture(), "-")
    monkeypatch.setattr(sys, "stdin", Pipe(out.buffer.getvalue()))
    assert load("-") == a_capture()


def test_a_real_pipe():
    read, write = os.pipe()
    with os.fdopen(write, "wb") as out:
        dump(a_capture(), out)
    with os.fdopen(read, "rb") as source:
        assert load(source) == a_capture()
