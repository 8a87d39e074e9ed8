"""A generation on disk: built, switched to, opened, verified, rolled back."""

from arsearch.index.build import IndexSummary, Progress, update_index
from arsearch.index.generation import Generation
from arsearch.index.layout import Layout
from arsearch.index.maintenance import rollback, verify
from arsearch.index.manifest import Manifest

__all__ = ["Generation", "IndexSummary", "Layout", "Manifest", "Progress", "rollback", "update_index", "verify"]
