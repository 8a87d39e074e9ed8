from __future__ import annotations

import pytest

from arsearch.corpus.records.people import author_name, is_placeholder, named_title


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("كتب - منير", "منير"),
        ("كتبت: هالة", "هالة"),
        ("كَتَبَت/ هالة", "هالة"),
        ("بقلم: منير الساحلي", "منير الساحلي"),
        ("بقلم منير الساحلي", "منير الساحلي"),
        ("By Munir Sahli", "Munir Sahli"),
        ("Byron", "Byron"),
        ("كتبي الأندلسي", "كتبي الأندلسي"),
        ("تقرير: هالة", "هالة"),
        ("desk@example.org (هالة السالم)", "هالة السالم"),
        ("هالة السالم <desk@example.org>", "هالة السالم"),
        ("desk@example.org", ""),
        ("كتب", ""),
        ("4", ""),
        ("https://x.example/author/4", ""),
        ("هالة &amp; منير", "هالة & منير"),
        ("هالة، منير", "هالة، منير"),
    ],
)
def test_a_name_is_a_name_alone(written: str, name: str) -> None:
    assert author_name(written) == name


@pytest.mark.parametrize(
    "value", ["untitled", "(anonymous)", "python-docx", "Document1", "مستند 2", "", "  ", "Unknown"]
)
def test_what_programs_write_is_nothing(value: str) -> None:
    assert is_placeholder(value)
    assert named_title(value) == ""


def test_the_name_of_a_file_is_no_title() -> None:
    assert named_title("Microsoft Word - taqrir.doc") == ""
    assert named_title("Microsoft Word - تقرير سنوي") == "تقرير سنوي"
