"""The HTML report in a real browser: nothing is fetched, and the script that was shipped runs.

The browser itself is kept from every network: no name resolves.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import handmade as made
import interop_tools

from mailpath.facts import Reply, StarttlsFacts, TlsaFacts
from mailpath.judge.presets import PRESETS
from mailpath.report import html
from mailpath.report.result import build

CANARY = "canary.example"
FETCHES = (
    f'</pre><img src="https://{CANARY}/a"><link rel=stylesheet href="https://{CANARY}/b">'
    f'<script>fetch("https://{CANARY}/c")</script><iframe src="https://{CANARY}/d"></iframe>'
)


def opened(text: str, folder: Path, width: int = 1200) -> tuple[str, str]:
    """(the document after loading, the browser's log of everything that went to a network)."""
    page, log = folder / "page.html", folder / "net.json"
    page.write_text(text, encoding="utf-8")
    command = [
        interop_tools.tool("chromium"),
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--no-first-run",
        "--disable-component-update",
        "--disable-sync",
        "--host-resolver-rules=MAP * ~NOTFOUND",
        f"--user-data-dir={folder / 'profile'}",
        f"--window-size={width},1200",
        f"--log-net-log={log}",
        "--dump-dom",
        page.as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout, log.read_text(encoding="utf-8", errors="replace")


def report() -> str:
    """A report of a path whose server greets with markup that would fetch."""
    greeting = Reply(code=554, lines=(FETCHES.encode(),))
    session = made.session(greeting=greeting, ehlo=None, extensions=())
    walk = made.walk(tlsa=TlsaFacts(), starttls=StarttlsFacts(sessions=(session,)))
    return html.render(build(walk, PRESETS.values(), {}))


def test_a_page_that_fetches_is_noticed(tmp_path: Path) -> None:
    """The proof that the next test can fail."""
    _, log = opened(f"<!DOCTYPE html><pre>{FETCHES}", tmp_path)
    assert CANARY in log


def test_nothing_is_fetched_and_only_the_shipped_script_runs(tmp_path: Path) -> None:
    document, log = opened(report(), tmp_path)
    assert CANARY in document  # as text
    assert CANARY not in log
    assert '<body class="live">' in document
    assert re.search(r'<p class="hint" id="hint">', document)
    assert document.count("<button") == len(PRESETS)


def test_even_markup_that_got_in_could_do_nothing(tmp_path: Path) -> None:
    """The page's own policy holds where escaping would not: neither fetches nor scripts."""
    spoiled = report().replace("</main>", f"{FETCHES}<script>document.title='run'</script></main>")
    document, log = opened(spoiled, tmp_path)
    # Of a frame the browser looks for the way before it asks the policy whether it may be taken.
    assert not [path for path in "abc" if f"https://{CANARY}/{path}" in log]
    assert "<title>run</title>" not in document
