"""Files as they lie there: rotated, compressed, UTF-16, or standard input; as blocks of whole lines.

Whatever the size, no more than a block and a line is held.
"""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import os
import re
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NoReturn, Protocol, cast

from mailpath.errors import MailpathError, reason_of

#: Octets that are read at once, and of a line.
BLOCK = 1024 * 1024
LONGEST = 64 * 1024
#: Octets from which the kind is recognized.
SAMPLE = 64 * 1024
#: Octets of one file, unpacked: no log is that long, and what a bomb unpacks to has no end.
MOST = 1 << 42

STDIN = "-"

#: Told the octets that are read so far, and of how many; None where nobody knows.
Progress = Callable[[int, int | None], None]

_ROTATED = re.compile(r"(?P<name>.+?)(?:[.-](?P<number>\d{1,14}))?(?:\.(?:gz|bz2|xz|zst))?")
#: logrotate's `dateext`: such a number grows, the number of a generation shrinks.
_A_DATE = 19700101


class ListError(MailpathError):
    """A list or a log that cannot be used."""


def oldest_first(paths: Iterable[str]) -> list[str]:
    """`paths` without repetition, the generations of one log in the order of time: a mail that is deferred in
    one and sent in the next is one mail.  Groups stay in the order of their first.
    """
    found = list(dict.fromkeys(paths))
    first: dict[str, int] = {}
    for at, path in enumerate(found):
        first.setdefault(_generation(path)[0], at)
    return sorted(found, key=lambda path: (first[_generation(path)[0]], _generation(path)[1]))


def _generation(path: str) -> tuple[str, tuple[int, int]]:
    """What the generations of a log have in common, and what orders them."""
    parts = _ROTATED.fullmatch(path)
    if parts is None:  # a line break in the name
        return path, (1, 0)
    if parts["number"] is None:
        return parts["name"], (2, 0)
    number = int(parts["number"])
    return parts["name"], ((1, number) if number >= _A_DATE else (0, -number))


def total_octets(paths: Iterable[str]) -> int | None:
    """Of all files together, as they lie there; None where one has no size (a pipe)."""
    total = 0
    for path in paths:
        try:
            size = 0 if path == STDIN else os.stat(path).st_size
        except (OSError, ValueError):
            return None
        if not size and (path == STDIN or not os.path.isfile(path)):
            return None
        total += size
    return total


class _Stream(Protocol):
    """What is read from."""

    def read1(self, size: int, /) -> bytes: ...


class Source:
    """One file, opened.  `sample`: how it begins; raises `ListError` as its blocks are read, too."""

    def __init__(self, path: str, octets: Callable[[int], None]) -> None:
        """`octets` is told how many octets of the file have been read.  Raises `ListError`."""
        self.path = path
        self._octets = octets
        self.lines = 0
        #: Lines that were too long.
        self.cut = 0
        #: Why there is no more than what was read, a sentence; "" where it was read to its end.
        self.ended = ""
        try:
            self._raw = _opened(path)
        except (OSError, ValueError) as error:  # ValueError: a NUL in the name
            self._refuse(error)
        try:
            self.sample, self._rest = _peek(self._texts(_gathered(self._unpacked())))
        except (OSError, ValueError, ListError) as error:
            self.close()
            self._refuse(error)

    def close(self) -> None:
        """The file, but not standard input."""
        if self.path != STDIN:
            self._raw.close()

    def blocks(self) -> Iterator[bytes]:
        """Blocks of whole lines, each with its "\\n" but perhaps the last; no line longer than `LONGEST`."""
        carry = b""
        skipping = False
        for chunk in self._rest:
            self.lines += chunk.count(b"\n")
            block = chunk
            if skipping:
                end = block.find(b"\n") + 1
                if not end:
                    continue
                block, skipping = block[end:], False
            block = carry + block
            end = block.rfind(b"\n") + 1
            carry = block[end:]
            if len(carry) > LONGEST:
                carry, skipping = b"", True
                self.cut += 1
            yield from self._without_long(block[:end])
        if skipping or carry:
            self.lines += 1
        if carry:
            yield carry

    def _without_long(self, block: bytes) -> Iterator[bytes]:
        """`block` without its lines that are too long: such a line goes over a multiple of `LONGEST`."""
        start = 0
        for at in range(LONGEST, len(block), LONGEST):
            if at < start:
                continue
            begin = block.rfind(b"\n", start, at) + 1 or start
            end = block.find(b"\n", at) + 1 or len(block)
            if end - begin > LONGEST:
                self.cut += 1
                if begin > start:
                    yield block[start:begin]
                start = end
        if start < len(block):
            yield block[start:]

    def _unpacked(self) -> Iterator[bytes]:
        """The content in chunks; what is told are the octets as they lie there."""
        head = self._raw.peek(8)[:8]
        unpack = next((unpack for magic, unpack in _PACKED.items() if head.startswith(magic)), None)
        stream: _Stream = self._raw if unpack is None else unpack(self._raw)
        seen = 0
        while True:
            try:
                # What is there: a pipe need not fill a block, and of a damaged file the good part counts.
                chunk = stream.read1(BLOCK)
            except EOFError:
                self.ended = "It is cut off: the compressed file has no end."
                return
            except (OSError, zlib.error, lzma.LZMAError) as error:
                if not seen:
                    self._refuse(error)
                self.ended = f"It can be read only in part: {_plain(error)}."
                return
            seen += len(chunk)
            if not chunk:
                return
            if seen > MOST:
                self.ended = "It is longer than any log: the rest was not read."
                return
            self._octets(self._raw.tell() if self.path != STDIN and self._raw.seekable() else seen)
            yield chunk

    def _texts(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """UTF-16, as Windows exports it, becomes UTF-8; a byte order mark goes."""
        first = next(chunks, b"")
        for mark, name in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
            if first.startswith(mark):
                decoder = codecs.getincrementaldecoder(name)("replace")
                yield decoder.decode(first[2:]).encode("utf-8", "replace")
                for chunk in chunks:
                    yield decoder.decode(chunk).encode("utf-8", "replace")
                return
        yield first.removeprefix(codecs.BOM_UTF8)
        yield from chunks

    def _refuse(self, error: Exception) -> NoReturn:
        if isinstance(error, ListError):
            raise error
        raise ListError(f"It cannot be read: {_plain(error)}.", file=self.path) from None


def _plain(error: Exception) -> str:
    if isinstance(error, zlib.error | lzma.LZMAError | gzip.BadGzipFile) or not getattr(error, "errno", 1):
        return "the compressed data are damaged"
    return reason_of(error)


def _gathered(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Larger chunks of small ones: what is unpacked comes in pieces of a few KiB."""
    held: list[bytes] = []
    size = 0
    for chunk in chunks:
        held.append(chunk)
        size += len(chunk)
        if size >= BLOCK // 4:
            yield b"".join(held)
            held, size = [], 0
    yield b"".join(held)


def _peek(chunks: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The first octets, enough to recognize the kind, and all chunks with them."""
    held: list[bytes] = []
    size = 0
    for chunk in chunks:
        held.append(chunk)
        size += len(chunk)
        if size >= SAMPLE:
            break

    def again() -> Iterator[bytes]:
        yield from held
        held.clear()
        yield from chunks

    return b"".join(held)[:SAMPLE], again()


def _opened(path: str) -> io.BufferedReader:
    if path == STDIN:
        return cast("io.BufferedReader", sys.stdin.buffer)
    return cast("io.BufferedReader", open(path, "rb", BLOCK))


def _gzip(raw: io.BufferedReader) -> _Stream:
    return gzip.GzipFile(fileobj=raw, mode="rb")


def _bzip2(raw: io.BufferedReader) -> _Stream:
    return bz2.BZ2File(raw)


def _xz(raw: io.BufferedReader) -> _Stream:
    return lzma.LZMAFile(raw)


def _zstd(raw: io.BufferedReader) -> _Stream:
    """Python has it from 3.14 on.  Raises `ValueError`."""
    try:
        from compression import zstd  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        raise ValueError(
            "this Python does not unpack zstd (3.14 does); `zstd -dc FILE | mailpath survey -` does"
        ) from None
    return cast("_Stream", zstd.ZstdFile(raw))


#: How a packed file begins.
_PACKED: Mapping[bytes, Callable[[io.BufferedReader], _Stream]] = {
    b"\x1f\x8b": _gzip,
    b"BZh": _bzip2,
    b"\xfd7zXZ\x00": _xz,
    b"\x28\xb5\x2f\xfd": _zstd,
}
