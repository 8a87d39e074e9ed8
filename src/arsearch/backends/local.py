"""The index in a directory of this machine: commits on disk, searched in this process."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from arsearch.backends.protocol import Facets, Filters, Located, Order, RetrievalRequest, Retrieved
from arsearch.backends.sharing import sharing
from arsearch.common.array_types import Documents, Mask, Vectors
from arsearch.common.deadline import stage, time_is_up
from arsearch.corpus import Article
from arsearch.errors import CorruptIndexError, NoIndexError
from arsearch.index import Commit, Layout, count_facets, forget_weights, read_weights, write_weights
from arsearch.lexical import NOTHING, ForwardView, LexicalQuery, Marks
from arsearch.ranking import COSINE_MINIMUM, RankingWeights
from arsearch.settings import Settings

if TYPE_CHECKING:
    from arsearch.index import IndexSummary, Progress, Verification

__all__ = ["LocalBackend", "LocalIndex"]


class LocalBackend:
    """The commits in the directory ``settings.index``."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._layout = Layout(settings.index)
        self._max_prefix_words = settings.max_prefix_words
        self._read: tuple[tuple[int, int], str] | None = None

    def current(self) -> str:
        """Return the name of the live commit. Raises NoIndexError or CorruptIndexError."""
        stamp = _stamp(self._layout.pointer_file)
        if stamp is None:
            return self._layout.current()  # which says what is wrong
        if self._read is None or self._read[0] != stamp:  # a server asks with every request
            self._read = stamp, self._layout.current()
        return self._read[1]

    def open(self, commit: str | None = None) -> LocalIndex:
        """Open the live commit, or the one named *commit*. Raises an IndexStateError if that is not possible.

        Raises NoIndexError for a commit that is not kept.
        """
        if commit is None:
            return LocalIndex(Commit.open_live(self._layout.root), self._max_prefix_words)
        gone = NoIndexError(f"The commit {commit!r} of {self._layout.root} is not kept. Search the live one.")
        if commit not in self._layout.commits():  # so that nobody's text becomes a path
            raise gone
        try:
            return LocalIndex(Commit.open(self._layout.commit(commit)), self._max_prefix_words)
        except CorruptIndexError:
            if commit in self._layout.commits():
                raise
            raise gone from None  # a writer has just collected it

    def read_weights(self) -> RankingWeights | None:
        """Return the weights that were learnt for the index, None if none were. Raises CorruptIndexError."""
        return read_weights(self._layout.root)

    def weights_stamp(self) -> tuple[int, int] | None:
        """Return what changes when the weights do."""
        return _stamp(self._layout.weights)

    def write_weights(self, weights: RankingWeights) -> None:
        """Replace the weights of the index in one step."""
        write_weights(self._layout.root, weights)

    def forget_weights(self) -> None:
        """Go back to the weights that ship."""
        forget_weights(self._layout.root)

    # Looking after the index

    @property
    def name(self) -> str:
        """The directory."""
        return str(self._layout.root)

    @property
    def local_directory(self) -> Path:
        """The directory."""
        return self._layout.root

    def update(self, sources: Sequence[Path], **options: Any) -> IndexSummary:
        """Build the index from *sources*, or bring it up to date; *options* and errors are update_index's."""
        from arsearch.index import update_index

        return update_index(sources, self._settings, share=sharing(self._settings), **options)

    def facts(self) -> dict[str, Any]:
        """Return what is in the live commit and what made it, as JSON types. Raises an IndexStateError."""
        from arsearch.index import Owner

        manifest = self._layout.live_manifest()
        owner = Owner.at_work(self._layout)
        return {
            "index": self.name,
            "commit": manifest.commit,
            "commits": self._layout.commits(),
            "created": manifest.created,
            "articles": manifest.articles,
            "passages": manifest.passages,
            "articles_without_vectors": manifest.waiting,
            "encoder": manifest.encoder,
            "dimension": manifest.dimension,
            "format_version": manifest.format_version,
            "analysis_version": manifest.analysis_version,
            "bytes": sum(record.size for record in manifest.files.values()),
            "sources": list(manifest.sources),
            "writer": owner and {"pid": owner.pid, "host": owner.host, "since": owner.since, "seconds": owner.seconds},
        }

    def verify(self, *, sample: int, progress: Progress | None = None) -> Verification:
        """Check every byte, and *sample* articles against their texts. Raises an IndexStateError."""
        from arsearch.index import inspect_index

        return inspect_index(self._layout.root, sample=sample, progress=progress)

    def rollback(self, commit: str | None = None, *, wait: float = 0.0) -> str:
        """Make *commit*, or the whole one before the live one, the live one; return its name."""
        from arsearch.index import rollback

        return rollback(self._layout.root, commit, wait=wait)

    def close(self) -> None:
        """Nothing is open."""


class LocalIndex:
    """One commit. Documents are numbered as the lexical index has them."""

    def __init__(self, commit: Commit, max_prefix_words: int) -> None:
        self.commit = commit
        self._max_prefix_words = max_prefix_words
        self.manifest = commit.manifest
        self.words = commit.words
        self.grams = commit.grams
        self._store = commit.articles
        self._vectors = commit.vectors

    def close(self) -> None:
        """Let go of the files. What it is, the manifest, can still be asked."""
        self.commit.close()
        vars(self).pop("grams", None)  # mapped into memory, as are words and vectors, which the commit has closed

    # Finding

    @stage("lexical")
    def find(self, question: RetrievalRequest) -> Retrieved:
        """Return the candidates for *question*."""
        filtered = self._filtered(question.filters)
        found = NOTHING
        if question.by_words:
            self.words.check_beginnings(question.query, self._max_prefix_words)
            found = self.words.search(
                question.query,
                limit=len(self.words.ordinals) if question.order else question.depth,
                allowed=filtered,
                exhaustive=question.exact_total or question.facets or bool(question.order),
            )
        cosines = np.full(len(found.best), COSINE_MINIMUM, dtype=np.float32)
        nearest, nearest_cosines, nearest_matching = (
            np.empty(0, np.int64),
            np.empty(0, np.float32),
            np.empty(0, np.bool_),
        )
        # What was found by words is worth showing even where there is no time left to look for what is near.
        if question.vector is not None and not (question.by_words and time_is_up()):
            with stage("semantic"):
                admitted = _both(filtered, self.words.restriction(question.query))
                nearest, nearest_cosines = self._vectors.search(question.vector, question.nearest_depth, admitted)
                nearest_matching = found.has(nearest)
                head = found.best[: question.cosine_depth]
                cosines[: len(head)] = self._vectors.score(question.vector, head)[0]
        return Retrieved(
            best=found.best,
            scores=found.scores,
            cosines=cosines,
            total=found.total,
            total_is_exact=found.complete,
            nearest=nearest,
            nearest_cosines=nearest_cosines,
            nearest_matching=nearest_matching,
            nearest_are_all=len(nearest) < question.nearest_depth,
            matches=found,
        )

    def _filtered(self, filters: Filters) -> Mask | None:
        """Return which documents pass the filters, None if all do."""
        allowed = self.words.documents.allowed(filters.keywords, filters.date_from, filters.date_to, filters.ranges)
        if filters.only or filters.without:
            admitted = np.full(len(self.words.ordinals), not filters.only)
            admitted[list(filters.only)] = True
            admitted[list(filters.without)] = False
            return _both(allowed, admitted)
        return allowed

    def has_phrases(self, query: LexicalQuery) -> bool:
        """Whether any article has all phrases of *query*, whatever else it asks for."""
        return self.words.has_phrases(query)

    def count_facets(self, found: Retrieved, joining: Documents, limit: int) -> Facets:
        """Count the values of all that *found* matches by words and of *joining*."""
        documents = np.concatenate([found.matches.matched, joining])
        return count_facets(self.words, self._store, documents, limit=limit, own=self.manifest.own_fields)

    def count_dates(self, found: Retrieved, joining: Documents) -> list[tuple[str, int]]:
        """Count the dates of all that *found* matches by words and of *joining*."""
        return self.words.documents.count_dates(np.concatenate([found.matches.matched, joining]))

    def similar(self, document: int, limit: int) -> Documents:
        """Return the documents nearest in meaning to *document*, nearest first, itself not among them."""
        nearest, _ = self._vectors.search(self._vectors.vector_of(document), limit + 1)
        others: Documents = nearest[nearest != document]
        return others[:limit]

    # What is known of documents

    def in_order(self, documents: Documents, order: Order) -> npt.NDArray[np.int64]:
        """Return the indices that sort *documents* in this *order*, those without a value last, equals as they come."""
        if not order.field:
            return self.words.documents.in_order_of_date(documents, oldest=not order.descending)
        return self.words.documents.in_order_of_value(documents, order.field, descending=order.descending)

    def forward(
        self, documents: Documents, grams: npt.NDArray[np.uint64], stems: Sequence[str], *, longest: int
    ) -> ForwardView:
        """Return what the first *longest* tokens of each of *documents*, which are sorted, have of interest."""
        return self.words.forward(documents, self.grams.words_with(grams), stems, longest=longest)

    def marks(self, document: int, query: LexicalQuery) -> tuple[Marks, Marks]:
        """Return where the words of *query* stand in the title and in the body of *document*."""
        return self.words.marks(document, query)

    def passages(self, vector: Vectors, documents: Documents) -> list[tuple[int, int] | None]:
        """Return where in each body the passage nearest to *vector* starts and ends; None without a passage."""
        rows = self._vectors.score(vector, documents)[1].tolist()
        return [self._vectors.span(row) if row >= 0 else None for row in rows]

    def scores_by_word(self, query: LexicalQuery, documents: Documents) -> list[dict[str, float]]:
        """Return for each of *documents* what each word of *query* adds to its lexical score."""
        return self.words.scores_by_word(query, documents)

    def articles(self, documents: Documents) -> list[Article]:
        """Return the articles of *documents*, in that order."""
        return self._store.fetch(self.words.ordinals[documents].tolist())

    def copies(self, documents: Documents) -> list[tuple[Article, ...]]:
        """Return for each of *documents* the articles that are kept as its copies."""
        ordinals = self.words.ordinals[documents].tolist()
        copies = self._store.copies(ordinals)
        return [tuple(copies.get(ordinal, ())) for ordinal in ordinals]

    def titles(self, documents: Documents) -> list[str]:
        """Return the titles of *documents*, in that order; faster than the whole articles."""
        return self._store.titles(self.words.ordinals[documents].tolist())

    def spellings(self, folded: str, count: int) -> list[str]:
        """Return how up to *count* articles write a word with the folded form *folded*."""
        places = self.words.examples(folded, count)
        articles = self.articles(np.array([document for document, _ in places], dtype=np.int64))
        spellings = []
        for (document, token), article in zip(places, articles, strict=True):
            title, body = self.words.spans(document)
            in_title = token < len(title)
            start, end = title[token] if in_title else body[token - len(title)]
            text = article.title if in_title else article.searched_text(self.manifest.own_fields)
            spellings.append(text[start:end])
        return spellings

    def locate(self, identifier: str) -> Located:
        """Return the article with this id, and what is found in its place. Raises ArticleNotFoundError."""
        ordinal = self._store.ordinal_of(identifier)
        [article] = self._store.fetch([ordinal])
        kept = self._store.kept_for(ordinal)
        return Located(article, int(self.words.numbers[kept]), kept != ordinal)

    def as_read(self, identifier: str) -> Article | None:
        """Return the article with this id as it was read or written, before it was cleaned; None if there is none."""
        return self._store.as_read(identifier)


def _stamp(path: Path) -> tuple[int, int] | None:
    """Return what changes when another file is put in the place of the one at *path*; None if there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino


def _both(one: Mask | None, other: Mask | None) -> Mask | None:
    if one is None or other is None:
        return one if other is None else other
    return one & other
