"""The manual as a site: built strictly, opened page by page, and nothing of it comes from elsewhere."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from interop_namespace import namespace
from interop_site_pages import DESKTOP, PHONE, Opened, dead_links, open_all

ROOT = Path(__file__).resolve().parents[3]
#: What the browser is to notice beside the pages: the proof that the tests can fail.
CANARY = "canary.example"
SPOILT = {
    "spoilt-wide.html": '<!DOCTYPE html><title>wide</title><div style="width:700px">wide</div>',
    "spoilt-asks.html": f'<!DOCTYPE html><title>asks</title><img src="https://{CANARY}/a.png">',
    "spoilt-script.html": "<!DOCTYPE html><title>throws</title><script>nothing.there</script>",
}


def build(folder: Path) -> subprocess.CompletedProcess[str]:
    """`make site` on a copy of the manual in `folder`."""
    zensical = Path(sys.executable).with_name("zensical")
    return subprocess.run(
        [zensical, "build", "--clean", "--strict"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def copy(folder: Path) -> Path:
    shutil.copytree(ROOT / "docs", folder / "docs")
    shutil.copy(ROOT / "zensical.toml", folder)
    return folder


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = copy(tmp_path_factory.mktemp("manual"))
    built = build(folder)
    assert built.returncode == 0, built.stdout + built.stderr
    return folder / "site"


@pytest.fixture(scope="module")
def pages(site: Path) -> list[str]:
    found = sorted(str(file.relative_to(site)) for file in site.rglob("*.html"))
    return [page for page in found if page != "404.html" and page not in SPOILT]


@pytest.fixture(scope="module")
def opened(site: Path, pages: list[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    for name, text in SPOILT.items():
        (site / name).write_text(text, encoding="utf-8")
    with namespace(["192.0.2.1"]) as space:
        yield open_all(space, site, [*pages, *SPOILT], tmp_path_factory.mktemp("browser"))


def test_every_page_of_the_manual_is_there_and_every_link_leads_somewhere(
    site: Path, pages: list[str]
) -> None:
    sources = {
        str(file.relative_to(ROOT / "docs").with_suffix(".html")) for file in ROOT.glob("docs/**/*.md")
    }
    assert set(pages) == sources
    assert dead_links(site, pages) == []
    contents = (site / "index.html").read_text(encoding="utf-8")
    assert [page for page in pages if f'{page}"' not in contents] == [], (
        "no menu leads there: see nav in zensical.toml"
    )


def test_a_dead_link_stops_the_build(tmp_path: Path) -> None:
    folder = copy(tmp_path)
    with (folder / "docs" / "index.md").open("a", encoding="utf-8") as page:
        page.write("\nSee [this](no-such-page.md) and [that](reference/commands.md#no-such-command).\n")
    built = build(folder)
    assert built.returncode != 0
    said = re.sub(r"\x1b\[[0-9;]*m", "", built.stdout + built.stderr)
    assert "no-such-page.md" in said
    assert "no-such-command" in said


def test_nothing_is_asked_of_anybody(opened: Opened, pages: list[str]) -> None:
    assert opened.asked == {CANARY}
    (thrown,) = opened.errors
    assert "nothing is not defined" in thrown
    assert [page for page in pages if not opened.titles[page]] == []


def test_no_page_is_wider_than_the_screen(opened: Opened) -> None:
    wide = {job for job, needs in opened.needs.items() if needs > job[1]}
    assert wide == {("spoilt-wide.html", PHONE)}
    assert {width for _, width in opened.needs} == {DESKTOP, PHONE}


def test_the_search_works_in_a_folder(opened: Opened) -> None:
    assert any(hit.endswith("reference/glossary.html#half-dane") for hit in opened.hits), opened.hits
