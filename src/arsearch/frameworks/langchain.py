"""A retriever for LangChain. Needs the extra ``langchain``."""

from __future__ import annotations

from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict, Field

from arsearch.frameworks.source import PassageSource, metadata_of, text_of

__all__ = ["LangChainRetriever"]


class LangChainRetriever(BaseRetriever):
    """Gives passages as LangChain's documents.

    >>> retriever = LangChainRetriever(source=arsearch.open_index("index"), k=5)          # doctest: +SKIP
    >>> retriever.invoke("من أسس بيت الحكمة؟")                                            # doctest: +SKIP
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    source: PassageSource
    """An opened index, or the client of a server; whoever made it closes it."""
    k: int = 5
    """Most documents."""
    options: dict[str, Any] = Field(default_factory=dict)
    """What else ``passages`` takes: ``neighbours``, ``diversity``, ``max_characters``, filters such as ``tag``."""

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,  # noqa: ARG002  # LangChain gives it
        **options: Any,
    ) -> list[Document]:
        asked = {"limit": self.k} | self.options | options
        if "k" in asked:
            asked["limit"] = asked.pop("k")
        return [
            Document(
                id=f"{passage.article_id}#{passage.fragment}",
                page_content=text_of(passage),
                metadata={**metadata_of(passage), "score": passage.score},
            )
            for passage in self.source.passages(query, **asked)
        ]
