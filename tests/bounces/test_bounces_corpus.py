"""Notices in the shapes of many systems: recipient, code, family and side, as data in `corpus/`.

The shapes follow public documentation; texts, names and addresses are invented.
"""

from __future__ import annotations

import string
import tomllib
from pathlib import Path

from mailpath.tickets.bounce import read_bounce

CORPUS = Path(__file__).parent / "corpus"
ANN, BOB, HOST = "ann@a.example", "bob@b.example", "mx1.b.example"


def _notices():
    for path in sorted(CORPUS.glob("*.toml")):
        for shape in tomllib.loads(path.read_text())["shape"]:
            for said, code, family, side in shape["cases"]:
                filled = {"from": ANN, "to": BOB, "host": HOST, "said": said, "code": code}
                text = string.Template(shape["text"].lstrip("\n")).substitute(filled)
                yield shape, text, code or None, family, side or None


def test_what_each_notice_tells():
    notices = list(_notices())
    wrong = []
    for shape, text, code, family, side in notices:
        told = read_bounce(text.encode())
        found = (told.recipient, told.status_code, told.family, told.side)
        wanted = (BOB if shape.get("recipient", True) else told.recipient, code, family, side)
        if found != wanted:
            wrong.append(f"{shape['system']}: {found} for {wanted}: {told.sentence}")
    print("\n".join(wrong))
    assert len(notices) >= 150
    assert len({shape["system"] for shape, *_ in notices}) >= 25
    assert len(wrong) <= len(notices) * 0.05, "\n".join(wrong)
