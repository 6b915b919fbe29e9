"""The built site in a real browser: one process opens every page at every width, and everything it asks for
is logged.

It runs in a network namespace that has no way out, on the pages as files: that is how a reader without a web
server has them, and the way of which themes think last.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

import interop_tools
from interop_namespace import Namespace

#: Pixels: a laptop, and a phone.
DESKTOP, PHONE = 1280, 390

#: In the browser's log: why something was asked for, and of which host.
_ASKED = re.compile(r'"traffic_annotation":(\d+),"url":"(?:https?|wss?)://([^/"]+)')
#: What the browser wants for itself: its updates, the time of day, its models.
_OWN = {"54845618", "46188932", "106373593"}

#: Opens a few pages at a time in frames: a frame's width is what the page takes for the screen's.
_HARNESS = """<!DOCTYPE html><meta charset="utf-8"><body><script>
const jobs = JOBS, found = [], pause = (ms) => new Promise(later => setTimeout(later, ms));
const open = async page => {
  const made = document.createElement("iframe");
  made.style = `width:${WIDTHS[0]}px;height:900px;border:0`;
  await new Promise(loaded => { made.onload = loaded; made.src = page; document.body.append(made) });
  await pause(100);
  return made;
};
const measure = async page => {
  const made = await open(page);
  const { documentElement: root, body, title } = made.contentDocument;
  for (const width of WIDTHS) {
    made.style.width = `${width}px`;
    await pause(50);
    found.push({ page, width, title, needs: Math.max(root.scrollWidth, body.scrollWidth) });
  }
  made.remove();
};
const within = (root, wanted) => [...root.querySelectorAll("*")].flatMap(each =>
  [...(each.matches(wanted) ? [each] : []), ...(each.shadowRoot ? within(each.shadowRoot, wanted) : [])]);
const search = async (page, words) => {
  const { contentDocument: inside, contentWindow: window } = await open(page);
  inside.querySelector(".md-search__button").click();
  await pause(1000);
  const [input] = within(inside, "input[role=combobox]");
  Object.getOwnPropertyDescriptor(window.HTMLInputElement.prototype, "value").set.call(input, words);
  input.dispatchEvent(new window.Event("input", { bubbles: true, composed: true }));
  await pause(2000);
  return within(inside, "a[href*='#']").map(each => each.getAttribute("href"));
};
const work = async () => { while (jobs.length) await measure(jobs.shift()) };
Promise.all([work(), work(), work()]).then(() => search("index.html", "half-DANE")).then(hits => {
  const said = document.createElement("pre");
  said.id = "found";
  said.textContent = JSON.stringify({ found, hits });
  document.body.append(said);
});
</script>"""


@dataclass(frozen=True)
class Opened:
    """`needs`: (page, width) -> pixels that the page takes.  `titles`: page -> what the tab says.  `asked`:
    hosts that they turned to.  `errors`: what scripts threw.  `hits`: where a search for "half-DANE" leads.
    """

    needs: Mapping[tuple[str, int], int]
    titles: Mapping[str, str]
    asked: frozenset[str]
    errors: Sequence[str]
    hits: Sequence[str]


def open_all(space: Namespace, site: Path, pages: Iterable[str], folder: Path) -> Opened:
    """Every page of `site` at both widths.  `folder`: for the browser's own files."""
    harness, log = site / "harness.html", folder / "net.json"
    script = _HARNESS.replace("JOBS", json.dumps(list(pages))).replace("WIDTHS", json.dumps([DESKTOP, PHONE]))
    harness.write_text(script, encoding="utf-8")
    said = folder / "said.txt"
    browser = [
        interop_tools.tool("chromium"),
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        "--hide-scrollbars",
        "--allow-file-access-from-files",
        "--host-resolver-rules=MAP * ~NOTFOUND",
        "--enable-logging=stderr",
        f"--user-data-dir={folder / 'profile'}",
        f"--log-net-log={log}",
        "--virtual-time-budget=60000",
        "--dump-dom",
        harness.as_uri(),
    ]
    document = space.run(
        "sh", "-c", 'said="$1"; shift; exec "$@" 2>"$said"', "sh", said, *browser, timeout=120
    )
    told = re.search(r'<pre id="found">(.*?)</pre>', document, re.DOTALL)
    assert told, f"the pages were not all opened:\n{said.read_text(errors='replace')[-2000:]}"
    noted = json.loads(html.unescape(told[1]))
    found = noted["found"]
    asked = _ASKED.findall(log.read_text(encoding="utf-8", errors="replace"))
    return Opened(
        {(each["page"], each["width"]): each["needs"] for each in found},
        {each["page"]: each["title"] for each in found},
        frozenset(host for why, host in asked if why not in _OWN),
        [line for line in said.read_text(errors="replace").splitlines() if "Uncaught" in line],
        noted["hits"],
    )


class _Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: set[str] = {""}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" and value:
                self.ids.add(value)
            elif name in ("href", "src") and value:
                self.links.append(value)


def dead_links(site: Path, pages: Iterable[str]) -> list[str]:
    """Of every link within the site, in texts as in navigation, those that lead nowhere."""
    read = {(site / page).resolve(): _Page((site / page).read_text(encoding="utf-8")) for page in pages}
    dead = []
    for file, page in read.items():
        for link in page.links:
            target, fragment = urldefrag(link)
            if urlsplit(target).scheme:
                continue
            there = (file.parent / unquote(target)).resolve() if target else file
            known = read.get(there)
            if not there.is_file() or (known and unquote(fragment) not in known.ids):
                dead.append(f"{file.relative_to(site.resolve())}: {link}")
    return dead
