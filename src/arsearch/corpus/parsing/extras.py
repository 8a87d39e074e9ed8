"""Libraries that only some corpora need, and that are installed by extras."""

from __future__ import annotations

import importlib
from typing import Any

from arsearch.corpus.source_document import UnreadableError

__all__ = ["import_extra"]


def import_extra(module: str, extra: str, what: str) -> Any:
    """Return the module. Raises UnreadableError that names *extra* if it is not installed."""
    try:
        return importlib.import_module(module)
    except ImportError:
        raise UnreadableError(
            f'{what} documents need the extra {extra!r}; install it with: pip install "arsearch[{extra}]"'
        ) from None
