"""The style sheet keeps to what works from the right and from the left."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

STYLE = Path(__file__).parents[3] / "web" / "static" / "style.css"

PHYSICAL = re.compile(
    r"(?<![\w-])((margin|padding|border|inset)-(left|right|top|bottom)[\w-]*|(left|right|top|bottom)|"
    r"(min-|max-)?(width|height))\s*:(?!\s*[\d.]+rem\))"
)


def test_properties_are_logical() -> None:
    assert not [line for line in STYLE.read_text(encoding="utf-8").splitlines() if PHYSICAL.search(line)]


def test_nothing_is_loaded_from_elsewhere() -> None:
    style = STYLE.read_text(encoding="utf-8")
    assert "@import" not in style
    assert style.count("url(") == len(re.findall(r'url\("fonts/[\w-]+\.woff2"\)', style)) == 4


def luminance(colour: str) -> float:
    """Relative luminance of ``#rrggbb`` (WCAG 2.2)."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return sum(weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_text_and_the_edges_of_fields_stand_out(theme: int) -> None:
    """WCAG 2.2: text 4.5 to 1 (1.4.3); what shows where a field is 3 to 1 (1.4.11), which axe does not measure."""
    pairs = re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", STYLE.read_text(encoding="utf-8"))
    colour = {name: themes[theme] for name, *themes in pairs}
    for paper in ("page", "surface"):
        for ink in ("ink", "muted", "accent", "visited"):
            assert contrast(colour[ink], colour[paper]) >= 4.5, f"{ink} on {paper}"
        assert contrast(colour["edge"], colour[paper]) >= 3, f"edge on {paper}"
    for ink, paper in (("on-accent", "accent"), ("on-mark", "mark"), ("accent", "tint"), ("on-mark", "current")):
        assert contrast(colour[ink], colour[paper]) >= 4.5, f"{ink} on {paper}"
