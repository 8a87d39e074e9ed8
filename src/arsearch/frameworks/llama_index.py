"""A retriever for LlamaIndex. Needs the extra ``llama-index``."""

from __future__ import annotations

from typing import Any

from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from arsearch.frameworks.source import PassageSource, metadata_of, text_of

__all__ = ["LlamaIndexRetriever"]

_NOT_FOR_MODELS = ["article_id", "start", "end", "fragment", "parts"]
"""Metadata that no language model and no encoder has to read."""


class LlamaIndexRetriever(BaseRetriever):
    """Gives passages as LlamaIndex's nodes.

    >>> retriever = LlamaIndexRetriever(arsearch.open_index("index"), similarity_top_k=5)   # doctest: +SKIP
    >>> retriever.retrieve("من أسس بيت الحكمة؟")                                            # doctest: +SKIP
    """

    def __init__(self, source: PassageSource, similarity_top_k: int = 5, **options: Any) -> None:
        """Ask *source*, an opened index or the client of a server; whoever made it closes it.

        *options* are what else ``passages`` takes: ``neighbours``, ``diversity``, filters such as ``tag``.
        """
        self._source = source
        self._similarity_top_k = similarity_top_k
        self._options = options
        super().__init__()

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        options = dict(self._options)
        if query_bundle.embedding is not None:
            options["vector"] = tuple(query_bundle.embedding)
        found = self._source.passages(query_bundle.query_str, limit=self._similarity_top_k, **options)
        return [
            NodeWithScore(
                node=TextNode(
                    id_=f"{passage.article_id}#{passage.fragment}",
                    text=text_of(passage),
                    metadata=dict(metadata_of(passage)),
                    excluded_llm_metadata_keys=_NOT_FOR_MODELS,
                    excluded_embed_metadata_keys=_NOT_FOR_MODELS,
                ),
                score=passage.score,
            )
            for passage in found
        ]
