from collections.abc import Buffer as _Buffer
from typing import TypeAlias

Term: TypeAlias = tuple[int, tuple[int, ...], float, float, bool]

class Postings:
    def __init__(
        self,
        segments: tuple[tuple[_Buffer, _Buffer, _Buffer, int], ...],
        norms: tuple[_Buffer, ...],
        live: _Buffer | None,
        /,
    ) -> None: ...
    def best(
        self, terms: list[Term], limit: int, allowed: _Buffer | None, counting: bool, matched: _Buffer | None, /
    ) -> tuple[bytearray, bytearray, int]: ...
