"""HTML pages, as a browser takes them apart."""

from __future__ import annotations

import re
from html.parser import HTMLParser

#: Attributes that make a browser fetch, send or run something.
_ACTIVE = {
    "src",
    "srcset",
    "action",
    "formaction",
    "data",
    "poster",
    "background",
    "style",
    "ping",
    "manifest",
}
_FOREIGN = {"link", "img", "iframe", "object", "embed", "form", "base", "use", "image"}
_VOID = {"meta", "br", "input"}


class Page(HTMLParser):
    """Every element with its attributes, every text; whether each element that opens is closed."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.inside: dict[str, list[str]] = {}
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.inside.setdefault(self.open[-1] if self.open else "", []).append(data)

    def assert_self_contained(self) -> set[str]:
        """Nothing in it is fetched, sent or run.  Its ids, each there once."""
        ids = [str(attrs["id"]) for _, attrs in self.elements if "id" in attrs]
        assert len(set(ids)) == len(ids)
        for tag, attrs in self.elements:
            assert tag not in _FOREIGN
            assert not _ACTIVE & set(attrs)
            assert not [attribute for attribute in attrs if attribute.startswith("on")]
            assert str(attrs.get("href", "#")).removeprefix("#") in {"", *ids}
        assert not re.search(r"url\(|@import|https?:", "".join(self.inside["style"]))
        return set(ids)
