"""The text of values that are no text: entities, blocks and nodes, as editors and chats export them.

Telegram has a list of texts and of objects with a text; Draft.js, Editor.js, ProseMirror, Slate, Lexical and Portable
Text have trees of blocks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["text_of_value"]

_INSIDE = ("root", "doc", "document", "blocks", "content", "children", "nodes", "data", "items", "paragraphs", "value")
_TEXTS = ("text", "caption", "code")
_SPANS = ("text", "span", "plain", "bold", "italic", "link", "a", "strong", "em", "code", "inline", None)
_MAX_DEPTH = 40


def text_of_value(value: Any) -> str:
    """Return the text in *value*, one line a block, or an empty text if it holds none."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and any(isinstance(item, str) for item in value):
        if all(isinstance(item, str) for item in value):  # paragraphs
            return "\n\n".join(value)
        return "".join(item if isinstance(item, str) else _own_text(item) for item in value)
    return "\n\n".join(filter(None, (block.strip() for block in _blocks(value, 0))))


def _blocks(value: Any, depth: int) -> Iterator[str]:
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, list):
        if value and all(_is_span(item) for item in value):
            yield "".join(map(_own_text, value))
        else:
            for item in value:
                yield from _blocks(item, depth + 1)
    elif isinstance(value, Mapping):
        yield _own_text(value)
        for name in _INSIDE:
            if isinstance(value.get(name), (list, dict)):
                yield from _blocks(value[name], depth + 1)
    elif isinstance(value, str) and depth:
        yield value


def _is_span(item: Any) -> bool:
    if not isinstance(item, Mapping) or not isinstance(item.get("text"), str):
        return isinstance(item, str)
    return "key" not in item and item.get("type", item.get("_type")) in _SPANS


def _own_text(item: Any) -> str:
    if isinstance(item, str):
        return item
    if not isinstance(item, Mapping):
        return ""
    return next((item[name] for name in _TEXTS if isinstance(item.get(name), str)), "")
