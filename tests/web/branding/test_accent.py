"""Any colour becomes one that can be read, in both themes."""

from __future__ import annotations

import pytest

from arsearch.web.branding.accent import accent_of, contrast

PAPERS = (("#fbfaf7", "#ffffff"), ("#14171a", "#1d2125"))


@pytest.mark.parametrize(
    "colour", ["#0b5a53", "#ffcc00", "#ffffff", "#000000", "#a01020", "#1d4ed8", "#808080", "#00ff00", "#f9c6d0"]
)
def test_every_colour_can_be_read_in_both_themes(colour: str) -> None:
    accent = accent_of(colour)
    for theme in (0, 1):
        shade = accent.accent[theme]
        for paper in (*PAPERS[theme], accent.tint[theme]):
            assert contrast(shade, paper) >= 4.5
        assert contrast(accent.on_accent[theme], shade) >= 4.5


def test_a_colour_that_can_be_read_is_left_as_it_is() -> None:
    assert accent_of("#A01020").accent[0] == "#a01020"
    assert accent_of("#ffcc00").accent[1] == "#ffcc00"
    assert accent_of("#ffcc00").accent[0] != "#ffcc00"
