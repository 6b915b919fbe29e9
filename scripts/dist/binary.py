"""dist/mailpath: one executable with Python inside (`make binary`), built from the wheel.

PyInstaller packs the Python that runs this, with its standard library; the modules follow as the zip file
that dist/mailpath.pyz carries, for this Python alone.  They are unpacked once, not at each start.
Built twice with one Python, it is the same byte for byte.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pyz
import wheels

HERE = Path(__file__).parent
LOCK = HERE / "requirements-binary.txt"
#: Of the standard library nothing that needs a window or other libraries, builds, teaches or tests.
_LEFT_OUT = (
    *("antigravity", "audioop", "crypt", "curses", "dbm", "ensurepip", "idlelib", "lib2to3", "msilib", "nis"),
    *("ossaudiodev", "pydoc_data", "readline", "this", "tkinter", "turtle", "turtledemo", "winreg"),
    "winsound",
)


def main() -> None:
    """Build it, and say how large it is and which C library it needs."""
    with tempfile.TemporaryDirectory() as scratch:
        python = f"{sys.version_info.major}.{sys.version_info.minor}"
        modules = pyz.merge(Path(scratch), [python])
        core = freeze(Path(scratch))
        needed = oldest_glibc([*packed(Path(scratch)), *Path(scratch).rglob("*.so")])
        target = wheels.target() / "mailpath"
        target.write_bytes(core.read_bytes() + pyz.pack_outer(modules))
    target.chmod(0o755)
    wheels.say(target, f", Python {python}, glibc {needed} or newer")


def freeze(scratch: Path) -> Path:
    """Python alone, as one executable that runs `binary_main.py`."""
    tools = scratch / "tools"
    wheels.run(sys.executable, "-m", "uv", "venv", "--quiet", "--python", sys.executable, tools)
    hashes = ("--require-hashes", "--requirements", LOCK)
    into = ("--quiet", "--python", tools / "bin/python")
    wheels.run(sys.executable, "-m", "uv", "pip", "install", *into, *hashes)
    mark = scratch / "mailpath.mark"
    mark.touch()
    library = sorted(name for name in sys.stdlib_module_names if not name.startswith("_"))
    wanted = [f"--hidden-import={name}" for name in library if name not in _LEFT_OUT]
    whole = ("asyncio", "email", "encodings", "json", "logging", "xml")
    packages = [f"--collect-submodules={name}" for name in whole]
    wheels.run(
        *(tools / "bin/pyinstaller", "--onefile", "--noconfirm", "--log-level=ERROR", "--name=mailpath"),
        *("--strip", *(f"--exclude-module={name}" for name in _LEFT_OUT)),
        *("--distpath", scratch / "core", "--workpath", scratch / "work", "--specpath", scratch),
        *(f"--add-data={mark}:.", f"--paths={HERE}", *wanted, *packages, HERE / "binary_main.py"),
        PYTHONHASHSEED="0",
    )
    return scratch / "core" / "mailpath"


def packed(scratch: Path) -> list[Path]:
    """The libraries that PyInstaller put in: it keeps a list of (name inside, path, kind)."""
    (listed,) = scratch.glob("work/mailpath/PKG-*.toc")
    _, contents, *_ = ast.literal_eval(listed.read_text(encoding="utf-8"))
    return [Path(path) for _, path, kind, *_ in contents if kind in {"BINARY", "EXTENSION"}]


def oldest_glibc(files: list[Path]) -> str:
    """The release of glibc that these ELF files need."""
    needed = {(2, 17)}
    for file in files:
        shown = subprocess.run(["objdump", "-T", file], capture_output=True, text=True, check=False)
        needed |= {(int(a), int(b)) for a, b in re.findall(r"GLIBC_(\d+)\.(\d+)", shown.stdout)}
    return ".".join(map(str, max(needed)))


if __name__ == "__main__":
    main()
