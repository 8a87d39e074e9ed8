"""A retriever for Haystack. Needs the extra ``haystack``."""

from __future__ import annotations

from typing import Any

from haystack import Document, component, default_from_dict, default_to_dict
from haystack.utils import Secret

from arsearch.frameworks.source import PassageSource, metadata_of, open_source, text_of

__all__ = ["HaystackRetriever"]


@component
class HaystackRetriever:
    """Gives passages as Haystack's documents: a component with the input ``query`` and the output ``documents``.

    >>> pipeline.add_component("retriever", HaystackRetriever(index="index", top_k=5))      # doctest: +SKIP
    """

    def __init__(
        self,
        index: str = "",
        url: str = "",
        token: Secret | None = None,
        top_k: int = 5,
        options: dict[str, Any] | None = None,
    ) -> None:
        """Ask the index in the directory *index*, or the server at *url* with its *token*.

        *options* are what else ``passages`` takes: ``neighbours``, ``diversity``, filters such as ``tag``. It is opened
        when the pipeline warms up. Raises SettingsError unless one of both is given.
        """
        self.index = index
        self.url = url
        self.token = token
        self.top_k = top_k
        self.options = options or {}
        self._source: PassageSource | None = None

    def warm_up(self) -> None:
        """Open the index, or connections to the server."""
        if self._source is None:
            token = (self.token.resolve_value() or "") if self.token else ""
            self._source = open_source(self.index, self.url, token)

    def close(self) -> None:
        """Let go of what was opened."""
        source, self._source = self._source, None
        if source is not None and hasattr(source, "close"):
            source.close()

    @component.output_types(documents=list[Document])
    def run(
        self, query: str, top_k: int | None = None, options: dict[str, Any] | None = None
    ) -> dict[str, list[Document]]:
        """Return the passages that answer *query* best."""
        self.warm_up()
        assert self._source is not None
        found = self._source.passages(query, **{"limit": top_k or self.top_k} | self.options | (options or {}))
        documents = [
            Document(
                id=f"{passage.article_id}#{passage.fragment}",
                content=text_of(passage),
                meta=dict(metadata_of(passage)),
                score=passage.score,
            )
            for passage in found
        ]
        return {"documents": documents}

    def to_dict(self) -> dict[str, Any]:
        """Return what the component is made with, for pipelines that are written down."""
        token = self.token.to_dict() if self.token else None
        written: dict[str, Any] = default_to_dict(
            self, index=self.index, url=self.url, token=token, top_k=self.top_k, options=self.options
        )
        return written

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> HaystackRetriever:
        """Return the component that ``to_dict`` wrote down."""
        given = data["init_parameters"]
        if isinstance(given.get("token"), dict):
            given["token"] = Secret.from_dict(given["token"])
        made: HaystackRetriever = default_from_dict(cls, data)
        return made
