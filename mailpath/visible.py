"""The one door from foreign bytes to text.

Whatever a stranger wrote (a banner, an EHLO line, a TXT record, a policy, a certificate, a capture)
passes `visible()` before a screen or a report sees it.  Control characters, escape sequences, bidi and
zero-width marks and lone surrogates would otherwise reach the terminal (ESC ] 52 writes the clipboard,
a bidi override turns a name around); here they become plain, readable text.
"""

from __future__ import annotations

import unicodedata

#: Longest text one value may put on a screen, in characters.
LIMIT = 512

#: Unicode categories that a terminal does not show as one plain glyph: control, format (bidi,
#: zero-width, tags), surrogate, private use, unassigned, line and paragraph separators, and the spaces
#: that look like U+0020 and are not (a no-break space pasted into a record is a fault to be seen).
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"})

#: Not in those categories, yet drawn as nothing: fillers, variation selectors, the grapheme joiner.
_BLANK = frozenset([0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0, *range(0xFE00, 0xFE10)])


def _escape(char: str) -> str:
    point = ord(char)
    if point < 0x100:
        return f"\\x{point:02x}"
    if point < 0x10000:
        return f"\\u{point:04x}"
    return f"\\U{point:08x}"


def visible(value: bytes | str, *, limit: int = LIMIT) -> str:
    """`value` as one line of printable text, at most `limit` characters (an ellipsis marks the cut).

    Bytes are read as UTF-8; a byte that is not UTF-8 becomes ``\\xNN``.  Hidden characters become
    ``\\xNN``, ``\\uNNNN`` or ``\\UNNNNNNNN``; a backslash becomes two, so that nothing can pose as an
    escape.  Never raises.
    """
    # A cut before decoding bounds the work on a hostile megabyte; four bytes make one character.
    if isinstance(value, bytes):
        text = value[: 4 * limit + 4].decode("utf-8", "surrogateescape")
    else:
        text = value[: limit + 1]
    if len(text) <= limit and text.isascii() and text.isprintable() and "\\" not in text:
        return text
    parts: list[str] = []
    room = limit
    for char in text:
        if "\udc80" <= char <= "\udcff" and isinstance(value, bytes):
            shown = f"\\x{ord(char) - 0xDC00:02x}"
        elif char == "\\":
            shown = "\\\\"
        elif char == " " or (" " < char <= "~"):
            shown = char
        elif unicodedata.category(char) in _HIDDEN or ord(char) in _BLANK or 0xE0100 <= ord(char) <= 0xE01EF:
            shown = _escape(char)
        else:
            shown = char
        if len(shown) > room:
            return "".join(parts)[: limit - 1] + "…"
        parts.append(shown)
        room -= len(shown)
    if len(text) < len(value) and isinstance(value, bytes) and len(value) > 4 * limit + 4:
        return "".join(parts)[: limit - 1] + "…"
    return "".join(parts)
