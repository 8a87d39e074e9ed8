"""How the reference pages are written: docstrings as Markdown, tables, and the opening of a page."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Iterable, Iterator

__all__ = ["attribute_docs", "markdown", "opening", "table"]

NOTICE = "<!-- Written by docs/generate.py from the code. Change the code, then run `make reference`. -->"


def attribute_docs(kind: type) -> dict[str, str]:
    """Return the docstring below each attribute of the dataclass *kind* and of the classes above it, as Markdown."""
    found: dict[str, str] = {}
    for base in reversed(kind.__mro__[:-1]):
        try:
            [node] = ast.parse(textwrap.dedent(inspect.getsource(base))).body
        except (OSError, TypeError):  # made at run time
            continue
        assert isinstance(node, ast.ClassDef)
        for attribute, below in zip(node.body, node.body[1:], strict=False):
            if isinstance(attribute, ast.AnnAssign) and isinstance(attribute.target, ast.Name):
                text = below.value if isinstance(below, ast.Expr) else None
                if isinstance(text, ast.Constant) and isinstance(text.value, str):
                    found[attribute.target.id] = markdown(inspect.cleandoc(text.value))
    return found


def markdown(text: str) -> str:
    """Return *text*, written as docstrings are, as Markdown."""
    text = inspect.cleandoc(text)
    text = re.sub(r":\w+:`~?([^`]+)`", r"`\1`", text)
    text = re.sub(r"``([^`]+)``", r"`\1`", text)
    text = re.sub(r"^(\w[\w ]*)\n((?: {4}.*\n?)+)", _entry, text, flags=re.MULTILINE)
    lines: list[str] = []
    in_block = in_doctest = False
    for line in [*text.splitlines(), None]:
        is_doctest = line is not None and line.startswith((">>>", "..."))
        if in_doctest and not is_doctest:
            lines.append("```")
        if line is None:
            break
        if is_doctest and not in_doctest:
            lines.append("```pycon")
        in_doctest = is_doctest
        if line.rstrip().endswith("::"):
            lines.append(line.rstrip().removesuffix("::").rstrip())
            lines.append("```text")
            in_block = True
        elif in_block and line and not line.startswith(" "):
            lines[len(lines) - 1 :] = ["```", "", line]
            in_block = False
        else:
            lines.append(re.sub(r"\s*# doctest: \+SKIP", "", line))
    if in_block:
        lines.append("```")
    return "\n".join(lines).strip()


def _entry(found: re.Match[str]) -> str:
    """Return an entry of a definition list, of which Markdown has none, as that of a plain one."""
    return f"\n- **{found[1]}**: {' '.join(found[2].split())}\n"


def opening(title: str, text: str) -> Iterator[str]:
    """The lines that a page begins with."""
    yield from (NOTICE, "", f"# {title}", "", text, "")


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """The lines of a table; none, if it has no rows."""
    rows = list(rows)
    if rows:
        yield from ("| " + " | ".join(head) + " |", "|" + "---|" * len(head))
        for row in rows:
            cells = (" ".join(cell.split()).replace("|", "\\|") for cell in row)
            yield "| " + " | ".join(cells) + " |"
        yield ""
