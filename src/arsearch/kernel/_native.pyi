from typing import Any, TypeAlias

import numpy.typing as npt

_Array: TypeAlias = npt.NDArray[Any]

Term: TypeAlias = tuple[int, tuple[int, ...], float, float, bool, int]

class Postings:
    def __init__(
        self,
        segments: tuple[tuple[_Array, _Array, _Array, int], ...],
        norms: tuple[_Array, ...],
        live: _Array | None,
        /,
    ) -> None: ...
    def best(
        self, terms: list[Term], limit: int, allowed: _Array | None, counting: bool, matched: _Array | None, /
    ) -> tuple[bytearray, bytearray, int]: ...
