"""A citation of a passage leads a reader to it, wherever it stands and whatever stands before it."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.sync_api import Browser, expect

import arsearch
from arsearch import Settings
from arsearch.web.pages.highlights import number_marks

from ..conftest import needs_chromium, serving

BODY = (
    "😀 سطر أول فيه & وعلامة <b> وحرف 𝒜 كبير.\n\n"
    + "\n".join(f"فقرة رقم {number} عن السفينة في البحر البعيد." for number in range(60))
    + "\nوهنا الجواب المطلوب عن السفينة،\nويمتد إلى فقرة تالية.\nثم خاتمة."
)


def test_paragraphs_know_where_they_start() -> None:
    body = "a&amp;b <mark>c</mark>\n\n&lt;mark&gt;&amp;lt;\n"
    assert number_marks("", body).starts == (0, 7)
    plain = "a&b c\n\n<mark>&lt;\n"
    assert [plain[start:].split("\n")[0] for start in (0, 7)] == ["a&b c", "<mark>&lt;"]


@needs_chromium
def test_a_citation_is_scrolled_to_and_marked(browser: Browser, tmp_path: Path, tiny_encoder: str) -> None:
    (tmp_path / "corpus.jsonl").write_text(json.dumps({"id": "long", "body": BODY}), encoding="utf-8")
    arsearch.build_index([tmp_path / "corpus.jsonl"], tmp_path / "index", model=tiny_encoder, settings=Settings())
    with arsearch.open_index(tmp_path / "index", settings=Settings()) as index:
        body = index.article("long").body
    cited = ("وهنا الجواب", "إلى فقرة")
    start, end = body.index(cited[0]), body.index(cited[1]) + len(cited[1])
    with serving(tmp_path / "index") as site:
        context = browser.new_context(viewport={"width": 800, "height": 600}, reduced_motion="reduce")
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{site.address}/article/long?q=%D8%B3%D9%81%D9%8A%D9%86%D8%A9#chars={start}-{end}")
        marked = page.locator("mark.cited")
        expect(marked.first).to_be_in_viewport()
        shown = "".join(marked.all_text_contents())
        assert shown == body[start:end].replace("\n", "")
        assert page.locator("mark[id^=match] mark.cited").count() == 1
        # Another citation without a reload, then none.
        first = body.index("سطر أول")
        page.evaluate(f"location.hash = '#chars={first}-{first + 7}'")
        expect(marked).to_have_text("سطر أول")
        letter = body.index("𝒜")
        page.evaluate(f"location.hash = '#chars={letter}-{letter + 1}'")
        expect(marked).to_have_text("𝒜")
        page.evaluate("location.hash = '#chars=999999-9999999'")
        expect(marked).to_have_count(0)
        assert "".join(page.locator(".article .text p").all_text_contents()) == body.replace("\n", "")
        assert not complaints
        context.close()
