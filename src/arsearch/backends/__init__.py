"""Where an index lives: one small protocol, its implementations, and the one place that chooses among them."""

from arsearch.backends.choose import choose_backend
from arsearch.backends.protocol import (
    Backend,
    Filters,
    Located,
    Order,
    RetrievalRequest,
    Retrieved,
    SearchableIndex,
    WordFacts,
)

__all__ = [
    "Backend",
    "Filters",
    "Located",
    "Order",
    "RetrievalRequest",
    "Retrieved",
    "SearchableIndex",
    "WordFacts",
    "choose_backend",
]
