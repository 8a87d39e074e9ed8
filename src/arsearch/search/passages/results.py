"""What a question for passages is answered, also as JSON types."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self, cast

from arsearch.search.results import Notice, NoticeKind

__all__ = ["FoundPassage", "PassageResults", "TextSpan"]

_SHOWN = ("article_id", "title", "start", "end", "text", "score", "author", "date", "source", "url")


@dataclass(frozen=True, slots=True)
class TextSpan:
    """``body[start:end]`` of an article, which is *text*; offsets count code points."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPassage:
    """A piece of an article that answers a question."""

    article_id: str
    """The article's."""
    title: str
    """The article's, plain text."""
    start: int
    """Where it starts in the body of the article, in code points."""
    end: int
    """Where it ends there: ``article.body[start:end] == text``."""
    text: str
    """As the article has it, to the letter."""
    score: float
    """On the scale of the articles' scores; the best passage of an article has about the article's."""
    parts: Mapping[str, float]
    """What the score is made of: ``article``, the score of the article; ``lexical``, how much of the query stands in
    the passage or the title, as a share of the words' weights; ``semantic``, the cosine of the passage, -1 without."""
    author: str = ""
    """The article's, or empty."""
    date: str = ""
    """The article's, ISO 8601, or empty."""
    source: str = ""
    """The article's, or empty."""
    url: str = ""
    """Address of the original, or empty."""
    context: TextSpan | None = None
    """The passage with its neighbours, if they were asked for."""

    @property
    def fragment(self) -> str:
        """What stands behind ``#`` in an address of the article's page that shows the passage."""
        return f"chars={self.start}-{self.end}"

    def as_dict(self) -> dict[str, Any]:
        """Return the passage as JSON types."""
        answer: dict[str, Any] = {name: getattr(self, name) for name in _SHOWN}
        answer |= {
            "score": round(self.score, 6),
            "parts": {name: round(value, 6) for name, value in self.parts.items()},
        }
        if self.context is not None:
            answer["context"] = {
                "start": self.context.start, "end": self.context.end, "text": self.context.text,
            }  # fmt: skip
        return answer

    @classmethod
    def from_dict(cls, answer: Mapping[str, Any]) -> Self:
        """Return the passage that ``as_dict`` wrote; members this version does not know are passed over."""
        context = answer.get("context")
        return cls(
            **{name: answer[name] for name in _SHOWN},
            parts=dict(answer["parts"]),
            context=TextSpan(context["start"], context["end"], context["text"]) if context else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageResults:
    """The passages for a question, best first; with diversity, each the best beside those before it."""

    query: str
    """As it was asked."""
    mode: str
    """The mode that answered."""
    took_ms: float
    """Milliseconds that it took."""
    notice: Notice | None
    """What whoever asked should know, None if there is nothing."""
    passages: tuple[FoundPassage, ...]
    """In their order."""

    def __iter__(self) -> Iterator[FoundPassage]:
        """Iterate over the passages, best first."""
        return iter(self.passages)

    def __len__(self) -> int:
        """How many there are."""
        return len(self.passages)

    def as_dict(self) -> dict[str, Any]:
        """Return the answer as JSON types, in the order of the contract."""
        return {
            "query": self.query,
            "mode": self.mode,
            "took_ms": round(self.took_ms, 1),
            "notice": self.notice.text if self.notice else None,
            "notice_kind": self.notice.kind if self.notice else None,
            "passages": [passage.as_dict() for passage in self.passages],
        }

    @classmethod
    def from_dict(cls, answer: Mapping[str, Any]) -> Self:
        """Return the results that ``as_dict`` wrote."""
        notice = answer.get("notice")
        return cls(
            query=answer["query"],
            mode=answer["mode"],
            took_ms=answer["took_ms"],
            notice=Notice(cast("NoticeKind", answer.get("notice_kind") or ""), notice) if notice else None,
            passages=tuple(map(FoundPassage.from_dict, answer["passages"])),
        )
