"""Build the documentation into ``site/``: ``python docs/build.py``, or ``make docs``.

The English pages go to its top and the Arabic ones below ``ar/``. The build fails for any broken link or anchor: the
generator looks at links between pages of one language, and this script at all of them in what was built.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

__all__ = ["BuildError", "broken_links", "build"]

ROOT = Path(__file__).parents[1]


class BuildError(Exception):
    """The generator found a fault, and has said which."""


class _Page(HTMLParser):
    """The ids of a page, and the addresses it points to or loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids.update(given[name] for name in ("id", "name") if name in given)
        for name in ("href", "src"):
            if name in given:
                self.links.append(given[name])
                if tag in ("script", "img", "iframe") or (tag == "link" and given.get("rel") in ("stylesheet", "icon")):
                    self.loaded.append(given[name])


def build(root: Path = ROOT) -> Path:
    """Build both languages below *root*, and return the folder of the site. Raises BuildError."""
    site = root / "site"
    shutil.rmtree(site, ignore_errors=True)
    program = Path(sys.executable).with_name("zensical")
    for configuration in ("mkdocs.yml", "mkdocs.ar.yml"):
        command = [str(program), "build", "--clean", "--strict", "--config-file", configuration]
        if subprocess.run(command, cwd=root, check=False).returncode:
            raise BuildError(f"The documentation of {configuration} was not built.")
    return site


def broken_links(site: Path) -> Iterator[str]:
    """Yield a sentence for each link in *site* that leads nowhere, and for each file loaded from elsewhere."""
    pages = {path: _Page(path.read_text(encoding="utf-8")) for path in site.rglob("*.html") if path.name != "404.html"}
    for path, page in pages.items():
        name = path.relative_to(site)
        for address in page.loaded:
            if urlsplit(address).netloc:
                yield f"{name} loads {address} from elsewhere."
        for address in page.links:
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if target.is_dir():
                target /= "index.html"
            if not target.is_file():
                yield f"{name} points to {address}, which is not there."
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].ids:
                yield f"{name} points to {address}, but {target.name} has no such anchor."


if __name__ == "__main__":
    try:
        faults = sorted(set(broken_links(build())))
    except BuildError as error:
        faults = [str(error)]
    sys.exit("\n".join(faults) if faults else 0)
