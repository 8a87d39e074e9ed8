"""Types of arrays, each once. Names in the plural are types of items; the others say what the items are.

Shapes are those of one dimension, ``(items,)``, unless it says otherwise.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = [
    "CodePoints", "Documents", "Doubles", "Floats", "Halves", "Indices", "Int32s", "Int64s", "Mask", "Offsets",
    "Ordinals", "Scores", "Spans", "Texts", "UInt8s", "UInt32s", "UInt64s", "Unsigned", "Vectors",
]  # fmt: skip

# By the type of an item

UInt8s: TypeAlias = npt.NDArray[np.uint8]
"""Bytes, bits packed into bytes, or small codes, whatever the shape."""
UInt32s: TypeAlias = npt.NDArray[np.uint32]
"""Whole numbers of four bytes, whatever the shape."""
UInt64s: TypeAlias = npt.NDArray[np.uint64]
"""Hashes and masks of 64 bits."""
Unsigned: TypeAlias = npt.NDArray[np.unsignedinteger[Any]]
"""Whole numbers of whatever width is enough."""
Int32s: TypeAlias = npt.NDArray[np.int32]
"""Whole numbers of four bytes."""
Int64s: TypeAlias = npt.NDArray[np.int64]
"""Whole numbers of eight bytes."""
Halves: TypeAlias = npt.NDArray[np.float16]
"""Numbers of two bytes (IEEE 754 binary16)."""
Floats: TypeAlias = npt.NDArray[np.float32]
"""Numbers in single precision, whatever the shape."""
Doubles: TypeAlias = npt.NDArray[np.float64]
"""Numbers in double precision, whatever the shape."""
Texts: TypeAlias = npt.NDArray[np.object_]
"""Python's ``str``, or None."""

# By what the items are

Mask: TypeAlias = npt.NDArray[np.bool_]
"""Whether each item is meant."""
Indices: TypeAlias = npt.NDArray[np.int64]
"""Indices into another array."""
Documents: TypeAlias = npt.NDArray[np.int64]
"""Numbers of documents, as an index counts them."""
Ordinals: TypeAlias = npt.NDArray[np.int64]
"""Ordinals of articles, as the article store counts them."""
Offsets: TypeAlias = npt.NDArray[np.int32] | npt.NDArray[np.int64]
"""Where things begin, one after the other, and behind the last one where it ends (things + 1,)."""
Scores: TypeAlias = npt.NDArray[np.float32]
"""A score for each document."""
Vectors: TypeAlias = npt.NDArray[np.float32]
"""Of texts (texts, dimension), or of one text (dimension,). Each has length 1, or is all zeros where a text had
nothing to encode."""
Spans: TypeAlias = npt.NDArray[np.integer[Any]]
"""Beginnings and ends in a text, in code points (spans, 2)."""
CodePoints: TypeAlias = npt.NDArray[np.uint16] | npt.NDArray[np.uint32]
"""The code points of a text, in two bytes each unless some need more."""
