"""PDFs as programs write them: glyphs from left to right, some for two letters, some for none, in columns, scanned."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arsearch.corpus import Article, ReadingReport, read_source
from arsearch.corpus.parsing.pdf_layout import Glyph, lines_of

LIGATURES = ("لا", "لأ", "لإ", "لآ")
SIZE, WIDTH = 10, 6
Placed = tuple[float, float, list[str]]


def shaped(line: str) -> list[str]:
    """Return the glyphs of *line* as a shaper has them: ligatures, from left to right."""
    glyphs: list[str] = []
    for character in line:
        if glyphs and glyphs[-1] + character in LIGATURES:
            glyphs[-1] += character
        else:
            glyphs.append(character)
    return glyphs[::-1]


def pdf(pages: Iterable[Iterable[Placed]], *, unmapped: str = "", title: str = "", picture: bool = False) -> bytes:
    """Return a PDF with lines of glyphs, each with its place on the page; those of *unmapped* have no character."""
    pages = [list(page) for page in pages]
    texts = list(dict.fromkeys(text for page in pages for *_, glyphs in page for text in glyphs))
    codes = {text: number + 33 for number, text in enumerate(texts)}
    cmap = "".join(
        f"<{code:02x}> <{'0000' if unmapped and text in unmapped else text.encode('utf-16-be').hex()}>\n"
        for text, code in codes.items()
    )
    tounicode = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def 1 begincodespacerange <00> <ff> "
        f"endcodespacerange {len(texts)} beginbfchar\n{cmap}endbfchar endcmap end end"
    )
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Count {len(pages)} /Kids [{' '.join(f'{6 + 2 * n} 0 R' for n in range(len(pages)))}] >>",
        "<< /Type /Font /Subtype /TrueType /BaseFont /X /FirstChar 0 /LastChar 255 /ToUnicode 4 0 R "
        f"/Encoding << /Type /Encoding /Differences [0 {' '.join(f'/g{n}' for n in range(256))}] >> "
        f"/Widths [{' '.join(['600'] * 256)}] /FontDescriptor << /Type /FontDescriptor /FontName /X /Flags 4 "
        "/Ascent 800 /Descent -200 /FontBBox [0 -200 1000 800] >> >>",
        f"<< /Length {len(tounicode)} >>\nstream\n{tounicode}\nendstream",
        f"<< /Title ({title}) /Author (anonymous) >>",
    ]
    for number, page in enumerate(pages):
        stream = "".join(
            f"BT /F {SIZE} Tf {x} {y} Td <{''.join(f'{codes[glyph]:02x}' for glyph in glyphs)}> Tj ET\n"
            for x, y, glyphs in page
        )
        stream += "q 500 0 0 700 0 0 cm BI /W 1 /H 1 /CS /G /BPC 8 ID x EI Q\n" if picture else ""
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents {7 + 2 * number} 0 R "
            "/Resources << /Font << /F 3 0 R >> >> >>"
        )
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}endstream")
    data = b"%PDF-1.4\n"
    places = []
    for number, item in enumerate(objects, 1):
        places.append(len(data))
        data += f"{number} 0 obj\n{item}\nendobj\n".encode("latin-1")
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    size = len(objects) + 1
    trailer = f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<< /Size {size} /Root 1 0 R /Info 5 0 R >>\n"
    return data + f"{trailer}startxref\n{len(data)}\n%%EOF".encode()


def right_aligned(lines: Iterable[str], x: float, top: float) -> Iterator[Placed]:
    for number, line in enumerate(lines):
        glyphs = shaped(line)
        yield x - WIDTH * len(glyphs), top - 16 * number, glyphs


def read(tmp_path: Path, data: bytes) -> tuple[list[Article], list[str]]:
    (tmp_path / "a.pdf").write_bytes(data)
    report = ReadingReport()
    articles = list(read_source(tmp_path / "a.pdf", report))
    return articles, [problem.message for problem in report.problems]


def test_a_glyph_of_two_letters_has_them_in_the_order_of_reading(tmp_path: Path) -> None:
    lines = ["الإعلان عن الاشتراك في المسابقة الأدبية", "لا يزال الآن مفتوحا لأهل المدينة."]
    [article], problems = read(tmp_path, pdf([right_aligned(lines, 560, 780)], title="untitled"))
    assert (article.title, article.body, article.author) == (lines[0], lines[1], "")
    assert problems == []


def test_columns_are_read_one_after_the_other_from_the_right(tmp_path: Path) -> None:
    right = ["بدأ موسم الصيد هذا العام", "قبل موعده بأسبوعين كاملين", "وخرجت القوارب عند الفجر."]
    left = ["أما سوق السمك في الميناء", "فقد امتلأ بالزبائن مبكرا", "وبيع كل شيء قبل الظهر."]
    head = "أخبار الميناء القديم وما حوله من القرى الصغيرة على طول الساحل الشرقي كله"
    page = [*right_aligned([head], 560, 780), *right_aligned(left, 270, 741), *right_aligned(right, 560, 740)]
    [article], _ = read(tmp_path, pdf([page]))
    assert article.title == head
    assert article.body.split("\n") == [" ".join(right), " ".join(left)]


def test_a_table_is_read_row_by_row(tmp_path: Path) -> None:
    rows = [("النوع", "الكمية"), ("هامور", "كبيرة"), ("سردين", "قليلة")]
    page = [place for n, row in enumerate(rows) for place in (*right_aligned(row[:1], 560, 740 - 16 * n),
            *right_aligned(row[1:], 300, 740 - 16 * n))]  # fmt: skip
    [article], _ = read(tmp_path, pdf([[*right_aligned(["جدول أسماك الموسم."], 560, 780), *page]]))
    assert article.body.split() == [cell for row in rows for cell in row]


def test_glyphs_without_a_character_are_counted_and_not_indexed(tmp_path: Path) -> None:
    [article], [problem] = read(
        tmp_path, pdf([right_aligned(["عنوان من كلمات", "نص فيه س وس"], 560, 780)], unmapped="س")
    )
    assert "cid" not in article.body
    assert problem.startswith("2 glyphs have no character")


def test_a_scanned_document_is_named(tmp_path: Path) -> None:
    articles, [problem] = read(tmp_path, pdf([[], []], picture=True))
    assert articles == []
    assert problem.startswith("scanned: its 2 pages are pictures")


# The layout by itself


def dotted(base: str, dots: str, x: float) -> list[Glyph]:
    """Return the glyphs of a letter that is put together of a base and of dots, as a shaper writes them."""
    return [Glyph(dots, x + 1, x + 1, 94, 10, 0), Glyph(base, x, x + 6, 100, 10, 6)]


def test_dots_and_vowels_belong_to_what_they_stand_over() -> None:
    glyphs = [*dotted("", "ب", 10), Glyph("َ", 17, 17, 104, 10, 0), *dotted("", "ت", 16), Glyph("ك", 22, 28, 100, 10, 6)]
    assert lines_of(glyphs) == (["كتَب"], 0)


def test_a_superscript_and_a_letter_printed_twice_stay_in_their_line() -> None:
    glyphs = [Glyph("2", 4, 7, 103, 6, 3), Glyph("م", 8, 14, 100, 10, 6), Glyph("م", 8.2, 14.2, 100, 10, 6)]
    assert lines_of(glyphs) == (["م2"], 0)


@given(
    st.lists(
        st.builds(
            Glyph,
            st.sampled_from(["ا", "لا", "َ", " ", "", "7", "x"]),
            st.floats(-50, 700),
            st.floats(-50, 700),
            st.floats(-50, 900),
            st.floats(0, 40),
            st.floats(-1, 20),
            st.booleans(),
        ),
        max_size=60,
    )
)
def test_no_glyphs_raise(glyphs: list[Glyph]) -> None:
    lines, unmapped = lines_of(glyphs)
    assert unmapped <= len(glyphs)
    assert all(line.strip() for line in lines)


@pytest.mark.parametrize("count", [4_000])
def test_a_page_of_very_many_glyphs_is_read(count: int) -> None:
    glyphs = [Glyph("ا", x % 600, x % 600 + 5, 800 - x // 60 * 9, 8, 5) for x in range(0, count * 7, 7)]
    assert lines_of(glyphs)[0]
