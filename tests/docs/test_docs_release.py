"""A release's number stands in several places: they agree."""

from __future__ import annotations

import re
import subprocess
import tomllib

from blocks import ROOT

from mailpath import __version__


def test_version_changelog_page_and_tag_agree() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    (newest, day), *_ = re.findall(r"^## \[([0-9][^]]*)\](.*)$", changelog, re.M)
    assert project["version"] == newest == __version__
    assert re.fullmatch(r" - \d{4}-\d\d-\d\d", day)
    page = (ROOT / "docs" / "releases" / f"{__version__}.md").read_text("utf-8")
    assert page.startswith(f"# mailpath {__version__}\n")
    if not (ROOT / ".git").exists():
        return  # an unpacked archive, whatever the repository around it is
    asked = subprocess.run(
        ["git", "tag", "--points-at", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert set(asked.stdout.split()) <= {f"v{__version__}"}
