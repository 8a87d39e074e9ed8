"""What readers look for: counted without knowing who they are, and shown where enough of them ask the same."""

from arsearch.insights.judgments import write_judgments
from arsearch.insights.recorder import Recorder
from arsearch.insights.report import QueryInsight, Report, WeekInsight, report
from arsearch.insights.rules import add_curation, add_synonym
from arsearch.insights.runs import last_runs, remember_run
from arsearch.insights.store import Asked, InsightStore, Opened, store_of

__all__ = [
    "Asked",
    "InsightStore",
    "Opened",
    "QueryInsight",
    "Recorder",
    "Report",
    "WeekInsight",
    "add_curation",
    "add_synonym",
    "last_runs",
    "remember_run",
    "report",
    "store_of",
    "write_judgments",
]
