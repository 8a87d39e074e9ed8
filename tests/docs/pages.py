"""The pages of the documentation as tests read them: tables, headings and blocks of code."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from ..conftest import ROOT

DOCS = ROOT / "docs"
ENGLISH = DOCS / "en"
ARABIC = DOCS / "ar"
REFERENCE = ENGLISH / "reference"

_FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
_CELL_END = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True)
class Block:
    """A fenced block of code."""

    language: str
    code: str


def blocks(page: Path) -> list[Block]:
    """Return the blocks of code of *page*, in their order."""
    text = page.read_text(encoding="utf-8")
    return [Block(found["language"], found["code"]) for found in _FENCE.finditer(text)]


def rows(text: str) -> list[list[str]]:
    """Return the cells of all rows of tables in *text* but for their heads."""
    found: list[list[str]] = []
    lines = text.splitlines()
    for number, line in enumerate(lines):
        is_head = number + 1 < len(lines) and lines[number + 1].startswith("|---")
        if line.startswith("| ") and not is_head:
            found.append([cell.strip().replace("\\|", "|") for cell in _CELL_END.split(line)[1:-1]])
    return found


def names(text: str) -> list[str]:
    """Return the names in code that stand first in the rows of tables in *text*."""
    return [re.findall(r"`([^`]*)`", row[0])[0] for row in rows(text)]


def sections(text: str, level: int) -> dict[str, str]:
    """Return the text below each heading of *level*, by its name, up to the next of this or a higher level."""
    parts = re.split(rf"^(#{{1,{level}}}) (.*)$", _FENCE.sub("", text), flags=re.MULTILINE)[1:]
    triples = zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    return {title.strip("`"): body for marks, title, body in triples if len(marks) == level}


def pages(folder: Path) -> Iterator[str]:
    """Yield the names of the pages in *folder* and below it."""
    return (path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*.md")))


def script(name: str) -> ModuleType:
    """Import ``docs/NAME.py``, which is part of no package; it finds its neighbours, as it does when it is run."""
    specification = importlib.util.spec_from_file_location(f"docs_{name}", DOCS / f"{name}.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = module  # dataclasses look their module up
    sys.path.insert(0, str(DOCS))
    try:
        specification.loader.exec_module(module)
    finally:
        sys.path.remove(str(DOCS))
    return module
