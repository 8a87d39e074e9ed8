"""JSON of requests and answers by orjson, which takes a fifth of the time that Python's own takes."""

from __future__ import annotations

from typing import Any

import orjson
from opensearchpy.serializer import JSONSerializer

__all__ = ["FastJson"]


class FastJson(JSONSerializer):
    """Reads and writes as opensearch-py's own does, which has what orjson refuses: halves of surrogate pairs."""

    def loads(self, s: str) -> Any:
        """Return what *s* says. Raises opensearch-py's SerializationError if it is no JSON."""
        try:
            return orjson.loads(s)
        except ValueError:
            return super().loads(s)

    def dumps(self, data: Any) -> Any:
        """Return *data* as JSON, text as it is. Raises opensearch-py's SerializationError for what has no JSON."""
        if isinstance(data, (str, bytes)):
            return data
        try:
            return orjson.dumps(data).decode()
        except TypeError:
            return super().dumps(data)
