"""Settings of the pages for readers: whose they are, what they look like, and what they show.

Texts and colours are checked here as far as a value by itself can be wrong; files and folders when a server starts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from arsearch.errors import SettingsError

__all__ = ["DISPLAY_FIELDS", "Months", "PageSettings", "PageSort", "texts_of_names"]

Months = Literal["egypt", "levant", "maghreb", "morocco"]
PageSort = Literal["relevance", "newest", "oldest"]
DISPLAY_FIELDS = ("section", "source", "section_en", "source_en")
"""What display names may be of; those that end in ``_en`` stand on English pages."""
_COLOUR = re.compile("#[0-9a-fA-F]{6}")
_HOST = re.compile(r"(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(:\d+)?")
_FRAMING = re.compile(r"'self'|(https?://)?(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(:\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSettings:
    """What can be set of the pages; part of :class:`arsearch.Settings`."""

    site_name: str = ""
    """Name of the site, on its pages and in titles of windows; empty means ``أرسيرش``."""

    site_name_en: str = ""
    """Name of the site on English pages; empty means ``site_name``, and ``arsearch`` if that is empty too."""

    logo: str = ""
    """Image (SVG, PNG, WebP or JPEG) that stands before the name of the site; best square, or wide and low."""

    accent: str = ""
    """Colour of links and buttons, as ``#0b5a53``. Where it is too pale on white or too dark on black to be read, a
    darker or a lighter shade of it is used (WCAG 2.2: 4.5 to 1)."""

    start_text: str = ""
    """Sentence below the name on the first page."""

    start_text_en: str = ""
    """The same on English pages."""

    footer: str = ""
    """Text at the foot of every page; links are written ``[text](https://example.org)``."""

    footer_en: str = ""
    """The same on English pages."""

    share_image: str = ""
    """Image (PNG or JPEG, best 1200 by 630) that other sites show beside links to pages."""

    display_names: tuple[str, ...] = ()
    """What values of the corpus are called on pages, as ``section:sports=رياضة``, ``source:alakhbar=صحيفة الأخبار``,
    and ``section_en:sports=Sports`` on English ones; or the tables ``[display_names.section]`` and so on."""

    months: Months = "egypt"
    """Names of months: ``egypt`` (يناير، أغسطس), ``levant`` (كانون الثاني، آب), ``maghreb`` (جانفي، أوت) or
    ``morocco`` (يناير، غشت)."""

    facets: tuple[str, ...] = ()
    """Facets beside results, in their order: ``section``, ``source``, ``author``, ``tag``, ``year`` and own keywords.
    Empty means all but tags."""

    sort: PageSort = "relevance"
    """Order of results on pages, unless the reader chooses: ``relevance``, ``newest`` or ``oldest``."""

    stories: bool = True
    """Whether pages show results that tell of the same matter over some days as one story; readers can take it apart.
    The API does only where it is asked to."""

    examples: tuple[str, ...] = ()
    """Queries that the first page offers. Empty means that they are found in the index: phrases of recent titles."""

    templates: str = ""
    """Folder of templates that override single blocks of the pages; see the guide Make the page yours."""

    static: str = ""
    """Folder of files that are served beside those of the pages: ``site.css`` and ``site.js`` are used by every
    page."""

    collections: tuple[str, ...] = ()
    """Other archives that the server shows under ``/c/NAME/``, as ``NAME=FILE``: a settings file that names their
    index, and what else is different."""

    frame_ancestors: tuple[str, ...] = ()
    """Origins whose pages may show these in a frame, as ``https://www.example.org``; empty means none."""

    image_hosts: tuple[str, ...] = ()
    """Hosts that readers' browsers may load pictures of articles from, as ``img.example.org`` or ``*.example.org``;
    empty means none: only pictures that ``arsearch fetch --images`` saved are shown."""

    def check_pages(self) -> None:
        """Raise SettingsError for what cannot be meant."""
        if self.accent and not _COLOUR.fullmatch(self.accent):
            raise SettingsError(f"The setting accent is {self.accent!r}; write a colour as #0b5a53.")
        for each in self.display_names:
            field, colon, rest = each.partition(":")
            value, equals, name = rest.partition("=")
            if not (colon and equals and value.strip() and name.strip()) or field.strip() not in DISPLAY_FIELDS:
                raise SettingsError(
                    f"The setting display_names has {each!r}; write FIELD:VALUE=NAME, such as section:sports=رياضة. "
                    f"FIELD is one of: {', '.join(DISPLAY_FIELDS)}."
                )
        for setting, pattern, example in (
            ("frame_ancestors", _FRAMING, "https://www.example.org or 'self'"),
            ("image_hosts", _HOST, "img.example.org"),
        ):
            for each in getattr(self, setting):
                if not pattern.fullmatch(each):
                    raise SettingsError(f"The setting {setting} has {each!r}; write {example}.")


def texts_of_names(table: Mapping[str, Any]) -> Iterable[str]:
    """Yield what the table ``[display_names]`` of a settings file says as texts. Raises ValueError."""
    for field, names in table.items():
        if not isinstance(names, Mapping):
            raise ValueError(f"{field} is {names!r}; it must be a table, such as [display_names.section]")
        for value, name in names.items():
            if not isinstance(name, str):
                raise ValueError(f"the name of {value} is {name!r}; write a text, in quotes")
            yield f"{field}:{value}={name}"
