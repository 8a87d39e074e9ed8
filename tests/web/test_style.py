"""The style sheet keeps to what works from the right and from the left."""

from __future__ import annotations

import re
from pathlib import Path

STYLE = Path(__file__).parents[2] / "web" / "static" / "style.css"

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
