"""What helps a reader to ask: the query language with examples of the archive, a form for all of it, and reasons."""

from arsearch.web.help.reasons import reason_of_suggestion
from arsearch.web.help.routes import help_pages

__all__ = ["help_pages", "reason_of_suggestion"]
