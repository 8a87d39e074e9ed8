"""Articles for other programs: tables, records, and references for whoever cites them."""

from arsearch.web.exports.citations import apa, bibtex, chicago, ris
from arsearch.web.exports.lists import FORMATS, exported_list

__all__ = ["FORMATS", "apa", "bibtex", "chicago", "exported_list", "ris"]
