"""sdist, wheel and Debian package: the same twice, installed, used, removed and purged."""

from __future__ import annotations

import subprocess
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from interop_dist import Built, build, clean
from interop_tools import checked, tool

from mailpath import __version__


@pytest.mark.parametrize("name", ["wheels", "pyz", "binary"])
def test_it_is_the_same_twice(name: str, built: Built, tmp_path: Path) -> None:
    again = build(name, tmp_path)
    for file in built(name).iterdir():
        assert (again / file.name).read_bytes() == file.read_bytes(), file.name


def test_wheel_and_sdist_carry_what_they_should(built: Built) -> None:
    (wheel,) = built("wheels").glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    data = f"mailpath-{__version__}.data/data/share"
    assert f"{data}/man/man1/mailpath-check.1" in names
    assert f"{data}/bash-completion/completions/mailpath" in names
    assert f"{data}/zsh/site-functions/_mailpath" in names
    assert f"{data}/fish/vendor_completions.d/mailpath.fish" in names
    (sdist,) = built("wheels").glob("*.tar.gz")
    with tarfile.open(sdist) as packed:
        inside = {name.partition("/")[2] for name in packed.getnames()}
    assert {"Makefile", "tests/conftest.py", "docs/man/mailpath.1", "CHANGELOG.md"} <= inside
    assert not [name for name in inside if name.startswith((".venv", "dist/"))]


@pytest.fixture
def installed(built: Built) -> Iterator[str]:
    """The Debian package, installed; the files that dpkg says it has."""
    (package,) = built("deb").glob("*.deb")
    checked(["dpkg", "--install", str(package)], timeout=120)
    yield checked(["dpkg", "--listfiles", "mailpath"])
    subprocess.run(["dpkg", "--purge", "mailpath"], capture_output=True, timeout=120, check=False)


def test_the_debian_package_is_used_and_leaves_nothing(installed: str, tmp_path: Path) -> None:
    alone = clean(tmp_path)
    walked = checked([*alone, "mailpath", "check", "--lab", "dane-good", "dane-good.example"])
    assert "authenticated by rfc" in walked
    shown = checked([*alone, "MANPAGER=cat", tool("man"), "mailpath-check"])
    assert "Walk the path to RECIPIENT" in shown
    loaded = "source /usr/share/bash-completion/completions/mailpath; complete -p mailpath"
    assert "_mailpath_completion" in checked(["bash", "-c", loaded])
    assert list(Path("/opt/mailpath/lib/python3.11/site-packages/mailpath").glob("__pycache__/*.pyc"))
    checked(["dpkg", "--remove", "mailpath"], timeout=120)
    checked(["dpkg", "--purge", "mailpath"], timeout=120)
    assert not Path("/opt/mailpath").exists()
    ours = [line for line in installed.splitlines() if "mailpath" in line]
    assert not [line for line in ours if Path(line).exists()]
