"""The table of n-grams of a commit: how rare each is, and which words of each segment have it.

::

    ranking/
      grams_idf.npy        how rare the grams of each bucket are in the whole index
      grams.json           when that was found out
      0001.arrays          which words of the segment 0001 of the words have which grams; commits share it

Which words have a gram is always exact. How rare it is changes with every article, and finding it out takes time that
grows with the vocabulary: it is found out again when more than one article in 64 has come or gone since. Until then
the number of articles that a gram is taken to be in is off by so many at the most. The same goes for what the encoder
is worth (update/calibrate.py), which is found out at the same times.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from arsearch import kernel
from arsearch.common.array_files import ArrayFile, write_arrays
from arsearch.common.array_types import Halves, Int32s, UInt64s
from arsearch.common.numpy_files import read_array, write_array
from arsearch.common.segments import arrays_file, link_file
from arsearch.errors import CorruptIndexError
from arsearch.index.layout import GRAMS_FOLDER
from arsearch.lexical.segment.live_vocabulary import count_folded, folded_forms, live_vocabulary
from arsearch.lexical.segment.open_segments import LiveSegments
from arsearch.ranking import GramTable
from arsearch.ranking.ngrams import GRAM_BUCKETS, words_by_bucket

__all__ = ["MAX_CHANGED_SHARE", "read_grams", "take_over_the_rest", "write_grams"]

MAX_CHANGED_SHARE = 1 / 64
"""How much of an index may have changed before it is found out again how rare grams are."""
_IDF_FILE = "grams_idf.npy"
_STATE_FILE = "grams.json"
_COLUMNS = ("buckets", "offsets", "words")


class _SegmentGrams:
    """Which words of a segment have which grams: of each bucket that has any, its words."""

    def __init__(self, path: Path, first: int) -> None:
        """Open *path*, of a segment the first word of which is the word *first* of the index."""
        file = ArrayFile(path)
        columns: list[Int32s] = [file.get(name, "i4", 1) for name in _COLUMNS]
        self._buckets, self._offsets, self._words = columns
        offsets = self._offsets
        if len(offsets) != len(self._buckets) + 1 or offsets[0] != 0 or offsets[-1] != len(self._words):
            raise ValueError("its columns have different lengths")
        self._first = first

    def words_of(self, buckets: Int32s) -> list[Int32s]:
        """Return the words of each of *buckets*, sorted, that has any."""
        if not len(self._buckets):
            return []
        places = np.minimum(np.searchsorted(self._buckets, buckets), len(self._buckets) - 1)
        places = places[self._buckets[places] == buckets]
        begins, ends = self._offsets[places].tolist(), self._offsets[places + 1].tolist()
        return [self._words[begin:end] + np.int32(self._first) for begin, end in zip(begins, ends, strict=True)]

    def words_with(self, grams: UInt64s, buckets: Int32s) -> Int32s:
        """Return the words that have any of *grams*, counted from 0; in no order, and some several times.

        *buckets* are those of the grams.
        """
        if kernel.native is not None:
            found = kernel.native.words_with_grams(grams, self._buckets, self._offsets, self._words)
            return np.frombuffer(found, np.int32)
        return np.concatenate([np.empty(0, np.int32), *self.words_of(buckets)]) - np.int32(self._first)

    @staticmethod
    def write(path: Path, words: str) -> None:
        """Write into the file *path* which of *words* have which grams."""
        columns: tuple[npt.NDArray[Any], ...] = words_by_bucket(words)
        write_arrays(path, {name: each.astype(np.int32) for name, each in zip(_COLUMNS, columns, strict=True)})


class _CommitGrams(GramTable):
    """The table of a commit, of those of its segments."""

    def __init__(self, idf: Halves, segments: Sequence[_SegmentGrams]) -> None:
        super().__init__(idf, np.zeros(1, np.int64), np.empty(0, np.int32))
        self._segments = segments

    def words_with(self, grams: UInt64s) -> Int32s:
        """Return the words of the vocabulary that have any of *grams*, sorted, and a few that share their buckets."""
        buckets = self.buckets_of(grams).astype(np.int32)
        parts = [part for segment in self._segments for part in segment.words_of(buckets)]
        words = np.sort(np.concatenate([np.empty(0, np.int32), *parts]))
        found: Int32s = words[np.diff(words, prepend=-1) > 0]
        return found

    def words_by_segment(self, grams: UInt64s) -> list[Int32s]:
        """Return the same by segment, counted from 0 in each; in no order, and some several times."""
        buckets = np.empty(0, np.int32) if kernel.native else self.buckets_of(grams).astype(np.int32)
        return [segment.words_with(grams, buckets) for segment in self._segments]


def write_grams(folder: Path, words: LiveSegments, earlier: Path | None, changed: int) -> bool:
    """Write the table of n-grams of the commit in *folder*, of the index of *words*.

    *earlier* is the commit that it builds upon, and *changed* how many articles have come or gone since. Returns
    whether it was found out again how rare they are.
    """
    grams = folder / GRAMS_FOLDER
    grams.mkdir(exist_ok=True)
    before = earlier / GRAMS_FOLDER if earlier else None
    for segment in words.segments:
        path = arrays_file(grams, segment.name)
        if before and (known := arrays_file(before, segment.name)).exists():
            link_file(known, path)
        else:
            _SegmentGrams.write(path, folded_forms(segment))
    since = changed + (_changed_since(before) if before else 0)
    is_near_enough = before is not None and since <= len(words) * MAX_CHANGED_SHARE
    if before and is_near_enough:
        link_file(before / _IDF_FILE, grams / _IDF_FILE)
    else:
        vocabulary, since = live_vocabulary(words), 0
        write_array(grams / _IDF_FILE, GramTable.of(vocabulary.words, vocabulary.frequencies, len(words)).idf)
    (grams / _STATE_FILE).write_text(json.dumps({"changed": since}), encoding="utf-8")
    return not is_near_enough


def take_over_the_rest(folder: Path, earlier: Path) -> None:
    """Let the commit in *folder* have what else the one in *earlier* knows for ranking."""
    for path in (earlier / GRAMS_FOLDER).iterdir():
        target = folder / GRAMS_FOLDER / path.name
        if path.suffix != ".arrays" and not target.exists():
            link_file(path, target)


def _changed_since(grams: Path) -> int:
    """Return how many articles had come or gone since it was found out how rare grams are."""
    changed = json.loads((grams / _STATE_FILE).read_text(encoding="utf-8"))["changed"]
    if type(changed) is not int:
        raise ValueError(f"{_STATE_FILE} holds no number")
    return changed


def read_grams(folder: Path, words: LiveSegments) -> GramTable:
    """Open the table of n-grams of the commit in *folder*, of the index of *words*. Raises CorruptIndexError."""
    grams = folder / GRAMS_FOLDER
    try:
        idf: Any = read_array(grams / _IDF_FILE, "f2", 1)
        _changed_since(grams)
        if len(idf) != GRAM_BUCKETS:
            raise ValueError("it has another number of buckets")
        segments, first = [], 0
        for segment in words.segments:
            segments.append(_SegmentGrams(arrays_file(grams, segment.name), first))
            first += count_folded(segment)
        return _CommitGrams(idf, segments)
    except (OSError, ValueError, IndexError, KeyError, TypeError) as error:
        raise CorruptIndexError(
            f"The table of n-grams in {grams} cannot be read ({error}). Run `arsearch verify`, then "
            "`arsearch index --full`."
        ) from error
