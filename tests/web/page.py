"""A page taken apart by the standard library's parser."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

from .conftest import Answer

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


class Page(HTMLParser):
    """A page taken apart: its elements, its text, and whether every element is closed in its turn."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(answer.text)
        self.close()
        assert not self._open, f"never closed: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"an attribute stands twice in <{tag}>: {names}"
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def find(self, tag: str, **attributes: str) -> Iterator[dict[str, str]]:
        for name, found in self.elements:
            if name == tag and attributes.items() <= found.items():
                yield found

    def links(self) -> list[str]:
        return [link["href"] for link in self.find("a")]

    def parameters(self) -> list[dict[str, list[str]]]:
        """The parameters of every link to results."""
        return [parse_qs(urlsplit(link).query) for link in self.links() if urlsplit(link).path == "/search"]


def page_of(answer: Answer, status: int = 200) -> Page:
    assert answer.status == status, answer.text[:300]
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    page = Page(answer)
    html = dict(page.elements)["html"]
    assert (html["lang"], html["dir"]) in (("ar", "rtl"), ("en", "ltr"))
    assert len(list(page.find("h1"))) == 1
    ids = [found["id"] for _, found in page.elements if "id" in found]
    assert len(ids) == len(set(ids))
    return page
