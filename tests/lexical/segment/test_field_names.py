"""The terms that are written without Whoosh are those that its queries look for."""

from __future__ import annotations

from whoosh.fields import DATETIME

from arsearch.lexical.segment.field_names import date_terms, moment_of


def test_the_terms_of_a_date_are_those_of_whoosh() -> None:
    dates = ["2015", "2015-07", "2015-07-21", "2015-07-21T10:11:12", "2015-07-21T10:11:12.345678+02:00", "0001-01-01"]
    dates += ["9999-12-31T23:59:59.999999", "", "2015-02-30"]
    theirs = DATETIME()
    moments = [moment_of(date) for date in dates]
    expected = [[term for term, *_ in theirs.index(moment)] if moment else [] for moment in moments]
    assert list(date_terms(dates)) == expected
