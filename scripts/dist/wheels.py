"""What every artefact is built from: sdist and wheel, byte for byte the same twice, and locked dependencies.

`requirements.txt` beside this file names each dependency with version and digest; `--lock` makes it anew.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DIST = ROOT / "dist"
LOCK = Path(__file__).with_name("requirements.txt")
#: The time in archives, where a commit does not give one: 2020-01-01, as hatchling has it.
_EPOCH = "1577836800"


def target() -> Path:
    """The folder for what is built: the first argument, or dist/."""
    folder = Path(sys.argv[1]).absolute() if len(sys.argv) > 1 else DIST
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def say(built: Path, more: str = "") -> None:
    """One line about what was built."""
    print(f"{os.path.relpath(built)}: {built.stat().st_size / 1e6:.1f} MB{more}")


def epoch() -> str:
    """Seconds since 1970: `SOURCE_DATE_EPOCH`, or the time of the last commit (reproducible-builds.org)."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    if given:
        return given
    asked = subprocess.run(
        ["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return asked.stdout.strip() or _EPOCH


def run(*command: str | Path, **more: str) -> None:
    """Run `command` with `more` in its environment; its failure is ours."""
    subprocess.run(
        [str(each) for each in command],
        check=True,
        cwd=ROOT,
        env={**os.environ, "SOURCE_DATE_EPOCH": epoch(), **more},
    )


def build(folder: Path) -> Path:
    """Build sdist and wheel into `folder`; the path of the wheel."""
    for old in [*folder.glob("mailpath-*.whl"), *folder.glob("mailpath-*.tar.gz")]:
        old.unlink()
    run(sys.executable, "-m", "uv", "build", "--quiet", "--out-dir", folder)
    return next(folder.glob("mailpath-*.whl"))


def install(wheel: Path, python: str, folder: Path) -> None:
    """Put the wheel and its dependencies, as locked, into `folder` for `python` ("3.12")."""
    place = ("uv", "pip", "install", "--quiet", "--python-version", python, "--target", folder)
    run(sys.executable, "-m", *place, "--only-binary", ":all:", "--require-hashes", "--requirements", LOCK)
    run(sys.executable, "-m", *place, "--no-deps", wheel)


def lock() -> None:
    """Choose the versions of the dependencies, and of what builds the executable, anew."""
    uv = (sys.executable, "-m", "uv")
    choose = (*uv, "pip", "compile", "--universal", "--python-version", "3.11", "--upgrade")
    shape = ("--generate-hashes", "--no-header", "--no-annotate", "--quiet", "--output-file")
    run(*choose, "pyproject.toml", *shape, LOCK)
    run(*choose, LOCK.with_name("binary.in"), *shape, LOCK.with_name("requirements-binary.txt"))


if __name__ == "__main__":
    if sys.argv[1:] == ["--lock"]:
        lock()
    else:
        wheel = build(target())
        say(wheel)
        say(next(wheel.parent.glob("mailpath-*.tar.gz")))
