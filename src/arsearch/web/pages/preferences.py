"""What a reader has chosen: language of the pages, digits, theme. Kept in cookies, for a year."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Blueprint, current_app, g, redirect, request, url_for
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response

from arsearch.settings import Months, Settings

__all__ = [
    "CHOICES",
    "Preferences",
    "comes_from_elsewhere",
    "language_of_reader",
    "preferences",
    "preferences_of_reader",
]

preferences = Blueprint("preferences", __name__)

CHOICES = {
    "language": ("ar", "en"),
    "digits": ("arabic", "latin"),
    "theme": ("auto", "light", "dark"),
}
_SECONDS_KEPT = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Preferences:
    """How the pages of this reader look."""

    language: str
    """``ar`` or ``en``."""
    digits: str
    """``arabic`` (٠١٢) or ``latin`` (012); always latin in English."""
    theme: str
    """``light``, ``dark``, or ``auto``: as the reader's system is."""
    months: Months = "egypt"
    """Names of months, which the maintainer chose."""

    @property
    def direction(self) -> str:
        """The direction the pages are written in."""
        return "rtl" if self.language == "ar" else "ltr"


def preferences_of_reader() -> Preferences:
    """Return the preferences of who made the current request: chosen, or as the browser asks, or as is set."""
    if "preferences" not in g:
        settings: Settings = current_app.extensions["arsearch"].settings
        language = _chosen("language") or request.accept_languages.best_match(CHOICES["language"]) or "ar"
        digits = "latin" if language == "en" else _chosen("digits") or settings.digits
        theme = _chosen("theme") or "auto"
        g.preferences = Preferences(language=language, digits=digits, theme=theme, months=settings.months)
    reader: Preferences = g.preferences
    return reader


def language_of_reader() -> str:
    """Return the language of the pages; Flask-Babel asks."""
    return preferences_of_reader().language


@preferences.post("/preferences")
def choose() -> Response:
    """Keep what was chosen and go back to the page it was chosen on. Other sites choose nothing for their visitors."""
    if comes_from_elsewhere():
        raise Forbidden("Preferences are chosen on the pages of this site.")
    response = redirect(_own_page(request.form.get("back", "")), 303)
    for name, choices in CHOICES.items():
        value = request.form.get(name, "")
        if value in choices:
            response.set_cookie(
                name,
                value,
                max_age=_SECONDS_KEPT,
                path=request.script_root or "/",
                secure=request.is_secure,
                httponly=True,
                samesite="Lax",
            )
    return response


def comes_from_elsewhere() -> bool:
    """Whether the browser says that another site made it send this (Fetch Metadata; RFC 6454 where it has none)."""
    fetched = request.headers.get("Sec-Fetch-Site")
    if fetched is not None:
        return fetched not in ("same-origin", "none")
    origin = request.headers.get("Origin")
    if origin is None:
        return False  # no browser that is in use sends a form without
    return urlsplit(origin).netloc.lower() != request.host.lower()


def _chosen(name: str) -> str:
    value = request.cookies.get(name, "")
    return value if value in CHOICES[name] else ""


def _own_page(address: str) -> str:
    """Return *address* if it is a path of this site, else the first page: nobody is led elsewhere from here."""
    # Browsers read a backslash as a slash and leave out tabs and line ends, so that more than "//" leads away.
    suspicious = any(character <= " " or character == "\\" for character in address)
    if address.startswith("/") and not address.startswith("//") and not suspicious and not urlsplit(address).netloc:
        return address
    return url_for("pages.home")
