"""A generation on disk: built, switched to, opened, verified, rolled back."""

from arsearch.index.build import IndexSummary, Progress, update_index
from arsearch.index.facets import count_facets
from arsearch.index.generation import Generation
from arsearch.index.layout import Layout
from arsearch.index.maintenance import rollback, verify
from arsearch.index.manifest import Manifest

__all__ = [
    "Generation",
    "IndexSummary",
    "Layout",
    "Manifest",
    "Progress",
    "count_facets",
    "rollback",
    "update_index",
    "verify",
]
