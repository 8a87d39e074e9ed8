"""What templates use to write for one reader: translated texts, numbers, dates, directions, addresses.

All of it is made once for a request and put into the context of its templates. Filters take it from there: Jinja
would apply a filter without context to constants once and for all, with the digits of whoever came first.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from flask import Flask, request, url_for
from flask_babel import get_translations
from jinja2 import pass_context
from jinja2.ext import Extension
from jinja2.runtime import Context
from markupsafe import Markup

from arsearch.web.branding import Brand, current_brand
from arsearch.web.help.reasons import reason_of_suggestion
from arsearch.web.pages.article_metadata import without_controls
from arsearch.web.pages.dates import date_in_words, full_date, plain_date
from arsearch.web.pages.links import article_address, links_of_request, unquoted
from arsearch.web.pages.numerals import isolated_date, left_to_right, number, with_digits
from arsearch.web.pages.preferences import Preferences, preferences_of_reader
from arsearch.web.pages.static_files import static_link
from arsearch.web.reading.pictures import picture_of_article

__all__ = ["WithoutIndentation", "install_template_context"]

_ENDPOINTS = {
    "home": "pages.home",
    "search": "pages.search",
    "suggest": "api.suggest",
    "article": "pages.article_by_id",
    "openapi": "api.openapi",
    "api_docs": "docs.page",
    "manifest": "discovery.manifest",
    "opensearch": "discovery.opensearch",
    "preferences": "preferences.choose",
    "help": "help.show",
    "advanced": "help.advanced",
}
_ARABIC_LETTER = re.compile(r"[\u0620-\u08ff\ufb50-\ufefc]")
_INDENTATION = re.compile(r"^\s+", re.MULTILINE)
_NOTHING = Markup()
_AUTO, _ARABIC = Markup('dir="auto"'), Markup('dir="rtl"')
_ARABIC_AMONG_OTHERS = Markup('dir="rtl" lang="ar"')


class WithoutIndentation(Extension):
    """Leaves the indentation of templates out of what is sent; there is no preformatted text on the pages."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:  # noqa: ARG002
        """Return the *source* of a template without the blanks that begin its lines, and without blank lines."""
        return _INDENTATION.sub("", source)


def install_template_context(app: Flask) -> None:
    """Give the templates of *app* their filters and the context they rely on."""
    app.context_processor(_context)
    app.add_template_global(static_link)
    app.add_template_global(article_address)
    app.add_template_filter(without_controls)
    app.add_template_filter(unquoted)
    app.add_template_global(reason_of_suggestion)
    app.add_template_global(picture_of_article)
    for name, filter_of_reader in _FILTERS.items():
        app.add_template_filter(filter_of_reader, name)


def _context() -> dict[str, Any]:
    """Return the variables of all templates. Translations are looked up once: a page has some seventy texts."""
    translations = get_translations()

    def gettext(message: str, **variables: Any) -> Markup:
        text = Markup(translations.ugettext(message))  # the texts are ours; what is put into them is escaped
        return text % variables if variables else text

    def ngettext(one: str, many: str, count: int, **variables: Any) -> Markup:
        return Markup(translations.ungettext(one, many, count)) % variables

    return {
        "_": gettext,
        "ngettext": ngettext,
        "reader": preferences_of_reader(),
        "links": links_of_request(),
        "brand": current_brand(),
        "paths": _paths(request.script_root),
        "today": datetime.date.today(),
    }


@lru_cache(maxsize=16)
def _paths(root: str) -> dict[str, str]:  # noqa: ARG001  # url_for knows it by itself
    """Return the paths that every page links to, for an application mounted at *root*; they do not change."""
    return {name: url_for(endpoint) for name, endpoint in _ENDPOINTS.items()}


def _reader(context: Context) -> Preferences:
    reader: Preferences = context["reader"]
    return reader


@pass_context
def _number(context: Context, value: float, pattern: str | None = None) -> str:
    return number(value, _reader(context), pattern)


@pass_context
def _with_digits(context: Context, text: str) -> str:
    return with_digits(text, _reader(context))


@pass_context
def _typed(context: Context, text: str) -> str:
    """Return a number or a date as it is typed, for a box."""
    return left_to_right(with_digits(text, _reader(context)))


@pass_context
def _typed_date(context: Context, date: str) -> Markup:
    return isolated_date(date, _reader(context))


@pass_context
def _date_in_words(context: Context, date: str) -> str:
    return date_in_words(date, context["today"], _reader(context))


@pass_context
def _full_date(context: Context, date: str) -> str:
    return full_date(date, _reader(context))


@pass_context
def _plain_date(context: Context, date: str) -> str:
    return plain_date(date, _reader(context))


@pass_context
def _named(context: Context, value: str, field: str) -> str:
    """Return what a value of the corpus is called on the pages."""
    brand: Brand = context["brand"]
    return brand.name_of(field, value, _reader(context).language)


@pass_context
def _written(context: Context, text: str) -> Markup:
    """Return the attributes of an element that holds *text* of an article or of a reader: its direction and language.

    Arabic is written from the right even when its first word is Latin.
    """
    if not _ARABIC_LETTER.search(text):
        return _AUTO
    return _ARABIC if _reader(context).language == "ar" else _ARABIC_AMONG_OTHERS


@pass_context
def _isolated(context: Context, text: str) -> Markup:
    """Return what a ``<bdi>`` around *text* wants in attributes; by itself it has the direction of the first letter."""
    if _ARABIC_LETTER.match(text) and _reader(context).language == "ar":
        return _NOTHING
    attributes = _written(context, text)
    return _NOTHING if attributes is _AUTO else Markup(f" {attributes}")


_FILTERS: dict[str, Callable[..., str]] = {
    "number": _number,
    "with_digits": _with_digits,
    "typed": _typed,
    "typed_date": _typed_date,
    "date_in_words": _date_in_words,
    "full_date": _full_date,
    "plain_date": _plain_date,
    "named": _named,
    "written": _written,
    "isolated": _isolated,
}
