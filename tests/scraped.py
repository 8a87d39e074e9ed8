"""Articles as they are copied from a page, with all that stood around them: one made up, and one that was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from .data import SAMPLES

__all__ = ["SCRAPED_PAGES", "ScrapedPage"]


@dataclass(frozen=True)
class ScrapedPage:
    """A file, what it says once it is clean, and words by which readers look for it."""

    path: Path
    title: str
    author: str
    opening: str
    ending: str
    headings: tuple[str, ...]
    queries: tuple[str, ...]


MADE_UP = ScrapedPage(
    Path(__file__).parent / "corpus" / "scraped-article.txt",
    title="بلدية الواحة تُجدد شبكة المياه وتفتح ثلاث مدارس في أحياء المدينة القديمة",
    author="هدى المصراتي",
    opening="أعلن رئيس بلدية الواحة",
    ending="خلال أسبوع من وصولها.",
    headings=("مدارس جديدة", "رأي الأهالي"),
    queries=("الليبيين", "القنطراري مدارس", "المياه في الواحه"),
)
REAL = ScrapedPage(
    SAMPLES / "scraped-article.txt",
    title="باشاغا يُعزز كفاءة الداخلية والأجهزة الأمنية في ليبيا مع عدد من الدول",
    author="محمد الغرياني",
    opening="أجرى وزير الداخلية",
    ending="في مكافحة الفساد.",
    headings=("تعاون الإيطالي", "اتفاقية تعاون أمني مع قطر", "تعاون مصري", "بحث مكثف في العاصمة الفرنسية"),
    queries=("الليبيين", "باشاغا قطر", "الامن في ليبيا"),
)
SCRAPED_PAGES = [
    pytest.param(page, id=name) for page, name in ((MADE_UP, "made up"), (REAL, "real")) if page.path.is_file()
]
"""Whoever has only the made-up one misses nothing that is not held by it."""
