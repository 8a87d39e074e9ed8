"""Five small articles, indexed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import arsearch
from arsearch import Settings

from ..conftest import WriteCorpus


@pytest.fixture
def harbour(tmp_path: Path, tiny_encoder: str, write_corpus: WriteCorpus) -> Path:
    """Five small articles, of which only some share words."""
    index = tmp_path / "index"
    records: list[dict[str, Any]] = [
        {"id": "sea", "title": "سفينة في البحر", "body": "دخلت السَّفِينَةُ الميناء ليلاً.", "date": "2020-03-01",
         "author": "أحمد علي", "source": "المرفأ", "tags": ["بحر", "سفر"]},
        {"id": "sky", "title": "القمر والنجم", "body": "قال الراصد: رأيت القمر قرب النجم في السماء.",
         "date": "2021-05-02", "author": "منى", "source": "الأفق", "tags": ["فلك"]},
        {"id": "bread", "title": "الخبز", "body": "يدخل القمح الفرن خبزا.", "date": "2021",
         "author": "احمد على", "source": "المرفأ", "tags": ["طعام"]},
        {"id": "books", "title": "المكتبة", "body": "قارئ يستعير كتاب البحر من المكتبة، ثم كتابا عن النجم.",
         "tags": ["كتب"]},
        {"id": "libya", "title": "ليبيا",
         "body": "اجتمع وزير الداخلية مع الوزراء اللیبیین في طرابلس. <b>نص & علامات</b>"},
    ]  # fmt: skip
    arsearch.build_index([write_corpus(records)], index, model=tiny_encoder, settings=Settings())
    return index
