"""What every artefact is built from: sdist and wheel, byte for byte the same twice, and locked dependencies.

`requirements.txt` beside this file names each dependency with version and digest (`--lock` makes it anew).
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DIST = ROOT / "dist"
LOCK = Path(__file__).with_name("requirements.txt")
#: The time in archives, where a commit does not give one: 2020-01-01, as hatchling has it.
_EPOCH = "1577836800"


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


def build(target: Path = DIST) -> Path:
    """Build sdist and wheel into `target`; the path of the wheel."""
    target.mkdir(parents=True, exist_ok=True)
    for old in target.glob("mailpath-*"):
        if old.name.endswith((".whl", ".tar.gz")):
            old.unlink()
    run(sys.executable, "-m", "uv", "build", "--quiet", "--out-dir", target)
    return next(target.glob("*.whl"))


def install(wheel: Path, python: str, target: Path) -> None:
    """Put the wheel and its dependencies, as locked, into the folder `target` for `python` ("3.12")."""
    shutil.rmtree(target, ignore_errors=True)
    place = ("uv", "pip", "install", "--quiet", "--python-version", python, "--target", target)
    run(sys.executable, "-m", *place, "--only-binary", ":all:", "--require-hashes", "--requirements", LOCK)
    run(sys.executable, "-m", *place, "--no-deps", wheel)


def lock() -> None:
    """Choose the dependencies' versions anew."""
    choice = ("uv", "pip", "compile", "pyproject.toml", "--universal", "--python-version", "3.11", "--upgrade")
    shape = ("--generate-hashes", "--no-header", "--no-annotate", "--quiet", "--output-file", LOCK)
    run(sys.executable, "-m", *choice, *shape)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lock", action="store_true", help="choose the dependencies' versions anew")
    if parser.parse_args().lock:
        lock()
    else:
        print(build().relative_to(ROOT))
