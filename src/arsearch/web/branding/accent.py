"""One colour of the maintainer's as a light and a dark theme need it: the same hue, in shades that can be read.

Contrast is that of WCAG 2.2 (relative luminance, 1.4.3). The papers are those of ``style.css``.
"""

from __future__ import annotations

import colorsys
from dataclasses import dataclass

__all__ = ["Accent", "accent_of", "contrast"]

Channels = tuple[float, float, float]

_LEAST = 4.5
_LIGHT_PAPERS, _DARK_PAPERS = ("#fbfaf7", "#ffffff"), ("#14171a", "#1d2125")
_TINT_OF_ACCENT = 0.09
"""How much of the accent is in the paper behind what is chosen; in the dark theme twice as much."""
_STEP = 0.01


@dataclass(frozen=True, slots=True)
class Accent:
    """The colours that follow from one, each as ``#rrggbb`` for the light and for the dark theme."""

    accent: tuple[str, str]
    on_accent: tuple[str, str]
    """Of text on the accent."""
    tint: tuple[str, str]
    """Behind what is chosen."""

    def as_css(self) -> str:
        """Return the rules that put these in the place of the colours of ``style.css``."""
        names = {"accent": self.accent, "on-accent": self.on_accent, "tint": self.tint}
        both = "".join(f"--{name}: light-dark({light}, {dark});" for name, (light, dark) in names.items())
        light = "".join(f"--{name}: {light};" for name, (light, _) in names.items())
        return f":root{{{both}}}\n@supports not (color: light-dark(#000, #fff)){{:root{{{light}}}}}\n"


def accent_of(colour: str) -> Accent:
    """Return the shades of *colour*, ``#rrggbb``, that can be read on the pages: darker or lighter where it cannot."""
    light = _readable(colour, _LIGHT_PAPERS, -_STEP, _TINT_OF_ACCENT)
    dark = _readable(colour, _DARK_PAPERS, _STEP, 2 * _TINT_OF_ACCENT)
    return Accent(
        accent=(light, dark),
        on_accent=(_more_legible(light), _more_legible(dark)),
        tint=(_mixed(light, _LIGHT_PAPERS[0], _TINT_OF_ACCENT), _mixed(dark, _DARK_PAPERS[0], 2 * _TINT_OF_ACCENT)),
    )


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _readable(colour: str, papers: tuple[str, ...], step: float, tint: float) -> str:
    hue, lightness, saturation = colorsys.rgb_to_hls(*_channels(colour))
    shade = colour.lower()
    while 0 < lightness + step < 1:
        behind = (*papers, _mixed(shade, papers[0], tint))
        if all(contrast(shade, other) >= _LEAST for other in (*behind, _more_legible(shade))):
            break
        lightness += step
        shade = _written(colorsys.hls_to_rgb(hue, lightness, saturation))
    return shade


def _more_legible(paper: str) -> str:
    return max(("#ffffff", "#10161a"), key=lambda ink: contrast(ink, paper))


def _mixed(colour: str, paper: str, share: float) -> str:
    pairs = zip(_channels(colour), _channels(paper), strict=True)
    red, green, blue = (share * one + (1 - share) * other for one, other in pairs)
    return _written((red, green, blue))


def _luminance(colour: str) -> float:
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in _channels(colour)]
    return sum(weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _channels(colour: str) -> Channels:
    red, green, blue = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    return red, green, blue


def _written(channels: Channels) -> str:
    return "#" + "".join(f"{round(min(max(value, 0.0), 1.0) * 255):02x}" for value in channels)
