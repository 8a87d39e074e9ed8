"""How vectors are stored: one signed byte or one half float a component, as FAISS's scalar quantizers have them."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from arsearch.common.array_types import UInt8s, Vectors

__all__ = ["code_size", "int8_codes", "int8_scale", "scaled", "stored_vectors", "to_codes", "unit_length"]


_INT8_MAX = 127
# FAISS's QT_8bit_direct_signed holds a component x, a whole number, as the unsigned byte x + 128.
_SIGN_BIT = np.uint8(0x80)
# The components of a unit vector of length d have a deviation of about 1 / sqrt(d); greater ones are cut off.
_DEVIATIONS = 6.0


def int8_scale(dimension: int) -> float:
    """Return what unit vectors are multiplied by to be stored as int8.

    It depends on nothing but the length of the vectors, so that rows taken over from an earlier commit are the
    same as rows encoded anew.
    """
    return _INT8_MAX / min(1.0, _DEVIATIONS / math.sqrt(dimension))


def scaled(vectors: Vectors, scale: float) -> Vectors:
    """Return *vectors* (n, dimension) as the index holds them: whole numbers of int8 where it has a scale."""
    if scale == 1.0:
        return np.ascontiguousarray(vectors, dtype=np.float32)
    return np.asarray(np.rint(vectors * np.float32(scale)).clip(-_INT8_MAX, _INT8_MAX), dtype=np.float32)


def int8_codes(vectors: Vectors) -> npt.NDArray[np.int8]:
    """Return unit *vectors* (n, dimension) as an index of int8 holds them."""
    half = vectors.astype(np.float16).astype(np.float32)  # as the cache of slow models has them
    return scaled(half, int8_scale(vectors.shape[1])).astype(np.int8)


def code_size(dimension: int, storage: str) -> int:
    """Return the bytes of a vector of length *dimension* stored as *storage*, ``int8`` or ``float16``."""
    return dimension * np.dtype(storage).itemsize


def to_codes(stored: Vectors, storage: str) -> UInt8s:
    """Return the bytes in which FAISS keeps *stored* (n, dimension), which :func:`scaled` has made."""
    rows: UInt8s = np.ascontiguousarray(stored.astype("<f2" if storage == "float16" else storage)).view(np.uint8)
    return rows if storage == "float16" else rows ^ _SIGN_BIT


def stored_vectors(codes: UInt8s, storage: str) -> Vectors:
    """Return the vectors (n, dimension) that *codes* hold."""
    if storage == "float16":
        return np.asarray(codes.view("<f2"), dtype=np.float32)
    return np.asarray((codes ^ _SIGN_BIT).view(np.int8), dtype=np.float32)


def unit_length(vectors: Vectors) -> Vectors:
    """Return *vectors* (n, dimension) of any length as such of length 1; zeros stay zeros."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(norms, np.finfo(np.float32).tiny), dtype=np.float32)
