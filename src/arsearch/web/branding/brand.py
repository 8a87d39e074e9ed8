"""What the settings say of the pages, made ready when the server starts: texts by language, files, colours, names."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from pathlib import Path

from flask import current_app
from markupsafe import Markup, escape

from arsearch.errors import SettingsError
from arsearch.settings import DISPLAY_FIELDS, Settings
from arsearch.web.branding.accent import Accent, accent_of

__all__ = ["Brand", "current_brand", "load_brand"]

_log = logging.getLogger(__name__)

_IMAGES = (".svg", ".png", ".webp", ".jpg", ".jpeg")
_PICTURES = (".png", ".jpg", ".jpeg")
_LINK = re.compile(r"\[([^\]\[]+)\]\((https?://[^\s()]+|/[^\s()]*)\)")
_STYLE, _SITE_STYLE, _SITE_SCRIPT = "brand.css", "site.css", "site.js"


@dataclass(frozen=True, slots=True)
class Brand:
    """The maintainer's part of every page. Texts stand by language, ``ar`` and ``en``; empty ones are not set."""

    site_name: dict[str, str]
    start_text: dict[str, str]
    footer: dict[str, Markup]
    names: dict[tuple[str, str], str]
    """What a value is called, by its field (``section``, ``source``, and with ``_en``) and itself."""
    files: dict[str, bytes]
    """Static files of the maintainer's, by the names that templates know."""
    logo: str = ""
    """Its name among the static files."""
    share_image: str = ""
    accent: Accent | None = None

    def name_of(self, field: str, value: str, language: str) -> str:
        """Return what the *value* of a field is called on pages in *language*. The first tag is the section."""
        field = "section" if field == "tag" else field
        called = self.names.get((field, value))
        return (self.names.get((f"{field}_en", value)) or called if language == "en" else called) or value

    @property
    def styles(self) -> list[str]:
        """Style sheets that stand after that of the pages."""
        return [name for name in (_STYLE, _SITE_STYLE) if name in self.files]

    @property
    def script(self) -> str:
        """The maintainer's script, if there is one."""
        return _SITE_SCRIPT if _SITE_SCRIPT in self.files else ""


def load_brand(settings: Settings) -> Brand:
    """Return what *settings* say. Raises SettingsError for a file or a folder that is not there, or of another kind."""
    files = _static_files(settings.static)
    logo = _image("logo", settings.logo, _IMAGES, files)
    share_image = _image("share_image", settings.share_image, _PICTURES, files)
    accent = accent_of(settings.accent) if settings.accent else None
    if accent:
        files[_STYLE] = accent.as_css().encode()
        for theme, shade in zip(("light", "dark"), accent.accent, strict=True):
            if shade != settings.accent.lower():
                _log.warning("the accent %s cannot be read on %s pages; there it is %s", settings.accent, theme, shade)
    return Brand(
        site_name=_by_language(settings.site_name, settings.site_name_en or settings.site_name),
        start_text=_by_language(settings.start_text, settings.start_text_en),
        footer={name: _with_links(text) for name, text in _by_language(settings.footer, settings.footer_en).items()},
        names=dict(map(_name, settings.display_names)),
        files=files,
        logo=logo,
        share_image=share_image,
        accent=accent,
    )


def current_brand() -> Brand:
    """Return the brand of the application that answers."""
    brand: Brand = current_app.extensions["arsearch-brand"]
    return brand


def _by_language(arabic: str, english: str) -> dict[str, str]:
    return {"ar": arabic.strip(), "en": english.strip()}


def _name(written: str) -> tuple[tuple[str, str], str]:
    field, _, rest = written.partition(":")
    value, _, name = rest.partition("=")
    assert field.strip() in DISPLAY_FIELDS
    return (field.strip(), value.strip()), name.strip()


def _image(setting: str, path: str, suffixes: tuple[str, ...], files: dict[str, bytes]) -> str:
    """Put the image at *path* among *files*, and return its name there."""
    if not path:
        return ""
    if Path(path).suffix.lower() not in suffixes:
        raise SettingsError(f"The setting {setting} is {path!r}; it must end in one of: {', '.join(suffixes)}.")
    name = f"brand-{setting.replace('_', '-')}{Path(path).suffix.lower()}"
    try:
        files[name] = Path(path).read_bytes()
    except OSError as error:
        raise SettingsError(
            f"The setting {setting} is {path!r}, which cannot be read: {error.strerror or error}."
        ) from None
    return name


def _static_files(folder: str) -> dict[str, bytes]:
    if not folder:
        return {}
    if not Path(folder).is_dir():
        raise SettingsError(f"The setting static is {folder!r}, and there is no such folder.")
    found = {}
    for path in sorted(Path(folder).rglob("*")):
        if path.is_file() and not path.name.startswith("."):
            name = path.relative_to(folder).as_posix()
            if not re.fullmatch(r"[\w./-]+", name, re.ASCII):
                raise SettingsError(f"{path} cannot be served: write its name with Latin letters, digits, - and _.")
            found[name] = path.read_bytes()
    return found


def _with_links(text: str) -> Markup:
    """Return *text* as HTML, in which ``[text](address)`` is a link and nothing else is markup."""
    pieces, end = [], 0
    for link in _LINK.finditer(text):
        pieces += [escape(text[end : link.start()]), Markup('<a href="{}">{}</a>').format(link[2], link[1])]
        end = link.end()
    return Markup().join([*pieces, escape(text[end:])])
