"""dist/mailpath.pyz: one zip application for Python 3.11 to 3.13 (`make pyz`), built from the wheel.

The modules of all three Pythons lie in one folder: what is compiled for one Python alone has its name in the
file name, and the rest is the same (which is checked).  Built twice, it is the same byte for byte.
"""

from __future__ import annotations

import hashlib
import io
import tempfile
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import wheels

PYTHONS = ("3.11", "3.12", "3.13")
#: Not needed to run: scripts with this machine's paths, man pages, completions, records of the installation.
_LEFT_OUT = {
    *("bin", "share", "__pycache__"),
    *("RECORD", "WHEEL", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json"),
}


def main() -> None:
    """Build it, and say how large it is."""
    with tempfile.TemporaryDirectory() as scratch:
        modules = merge(Path(scratch))
    target = wheels.target() / "mailpath.pyz"
    target.write_bytes(b"#!/usr/bin/env python3\n" + pack_outer(modules, **starts()))
    target.chmod(0o755)
    wheels.say(target)


def starts() -> dict[str, bytes]:
    """What runs before anything is unpacked."""
    here = Path(__file__).parent
    return {
        "__main__.py": (here / "pyz_main.py").read_bytes(),
        "unpacking.py": (here / "unpacking.py").read_bytes(),
    }


def merge(scratch: Path, pythons: Sequence[str] = PYTHONS) -> dict[str, bytes]:
    """File name to content: mailpath and all that it needs, for all `pythons`.

    Raises `ValueError` where two of them do not agree.
    """
    wheel = wheels.build(scratch)
    merged: dict[str, bytes] = {}
    for python in pythons:
        folder = scratch / python
        wheels.install(wheel, python, folder)
        for file in sorted(folder.rglob("*")):
            name = file.relative_to(folder).as_posix()
            if not file.is_file() or _LEFT_OUT & set(name.split("/")):
                continue
            content = file.read_bytes()
            if merged.setdefault(name, content) != content:
                raise ValueError(f"{name} differs between the Pythons")
    return merged


def pack(files: dict[str, bytes], method: int) -> bytes:
    """A zip file with these, in order of name, at the time of the commit."""
    at = datetime.fromtimestamp(int(wheels.epoch()), UTC)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, at.timetuple()[:6])
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, content, method, 9)
    return packed.getvalue()


def pack_outer(modules: dict[str, bytes], **more: bytes) -> bytes:
    """A zip file that carries the modules, and `more`; of few entries: their list is read at each start."""
    inner = pack(modules, zipfile.ZIP_DEFLATED)
    build = hashlib.sha256(inner).hexdigest()[:16].encode()
    return pack({"build": build, "modules.zip": inner, **more}, zipfile.ZIP_STORED)


if __name__ == "__main__":
    main()
