"""Every text of the pages has its Arabic, and the compiled catalogue is the one that is read."""

from __future__ import annotations

import gettext
import re
from collections.abc import Sequence

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from ...conftest import ROOT

FOLDER = ROOT / "web" / "translations" / "ar" / "LC_MESSAGES"
METHODS = [("src/arsearch/web/**.py", "python"), ("web/templates/**", "jinja2.ext:babel_extract")]


def catalogue() -> dict[str | tuple[str, ...], str | tuple[str, ...]]:
    """The Arabic of each text; of texts that count something, one for each form of the plural."""
    with (FOLDER / "messages.po").open("rb") as file:
        messages = [message for message in read_po(file, locale="ar") if message.id]
    return {_hashable(message.id): _hashable(message.string or "") for message in messages}


def _hashable(texts: str | Sequence[str]) -> str | tuple[str, ...]:
    return texts if isinstance(texts, str) else tuple(texts)


def test_every_text_has_its_arabic_and_no_other_is_kept() -> None:
    options = {"web/templates/**": {"trim_blocks": "true", "lstrip_blocks": "true"}}
    found = extract_from_dir(ROOT, METHODS, options, keywords={"_": None, "gettext": None, "ngettext": (1, 2)})
    assert {message for _, _, message, _, _ in found} == set(catalogue())
    for english, arabic in catalogue().items():
        assert all(arabic) if isinstance(arabic, tuple) else arabic, english


def test_both_languages_are_given_the_same_values() -> None:
    for english, arabic in catalogue().items():
        names = set(re.findall(r"%\(\w+\)s", "".join(english)))
        for text in arabic if isinstance(arabic, tuple) else (arabic,):
            assert set(re.findall(r"%\(\w+\)s", text)) <= names, english
        if isinstance(english, str):
            assert set(re.findall(r"%\(\w+\)s", str(arabic))) == names, english


def test_the_compiled_catalogue_is_up_to_date() -> None:
    with (FOLDER / "messages.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    for english, arabic in catalogue().items():
        if isinstance(english, tuple):
            one, many = english
            forms = {compiled.ngettext(one, many, count) for count in (0, 1, 2, 3, 11, 100)}
            assert forms == set(arabic), "run make translations"
        else:
            assert compiled.gettext(english) == arabic, "run make translations"


def test_no_text_is_markup() -> None:
    """The texts go into pages as they are, into attributes too."""
    for texts in catalogue().items():
        assert not re.search('[<>&"]', "".join("".join(text) for text in texts))
