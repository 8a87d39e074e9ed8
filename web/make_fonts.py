"""Make the fonts of the pages: `python web/make_fonts.py`, with npm, and fonttools of the extra `dev`.

Takes two variable fonts from Fontsource, Vazirmatn for the interface and Noto Naskh Arabic for reading, keeps the
characters that Arabic pages need and the weights that the style sheet uses, and writes them to web/static/fonts
beside their licences. The same versions give the same files.
"""

from __future__ import annotations

import subprocess
import tarfile
import tempfile
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

FONTS = Path(__file__).parent / "static" / "fonts"

# Basic Latin and Latin-1, general punctuation, arrows of links, currency; Arabic with its vowel marks, Persian, Urdu
# and other letters, digits of both kinds, and the ligatures that stand in text as characters of their own.
CHARACTERS = [
    *range(0x20, 0x7F),
    *range(0xA0, 0x100),
    *(0x131, 0x152, 0x153, 0x160, 0x161, 0x178, 0x17D, 0x17E, 0x192),
    *range(0x600, 0x700),
    *range(0x750, 0x780),
    *range(0x2000, 0x2050),
    *(0x20AC, 0x2122, 0x2212, 0x25CC),
    0xFDF2,
    0xFDFA,
    *range(0xFE70, 0xFEFD),
]
FEATURES = ["ccmp", "locl", "isol", "init", "medi", "fina", "rlig", "liga", "calt", "mark", "mkmk", "kern", "curs"]


def main() -> None:
    """Write both fonts and their licences."""
    FONTS.mkdir(parents=True, exist_ok=True)
    make("@fontsource-variable/vazirmatn@5.3.0", "vazirmatn", (400, 700))
    make("@fontsource-variable/noto-naskh-arabic@5.3.0", "noto-naskh-arabic", (400, 700))


def make(package: str, name: str, weights: tuple[int, int]) -> None:
    """Write the font *name* of an npm *package*, with the *weights* from the one to the other."""
    with tempfile.TemporaryDirectory() as folder:
        packed = subprocess.run(
            ["npm", "pack", "--silent", package], cwd=folder, check=True, capture_output=True, text=True
        ).stdout.split()[-1]
        with tarfile.open(Path(folder) / packed) as archive:
            archive.extractall(folder, filter="data")
        files = Path(folder) / "package"
        (FONTS / f"{name}-OFL.txt").write_bytes((files / "LICENSE").read_bytes())
        for script in ("arabic", "latin"):
            font = TTFont(files / "files" / f"{name}-{script}-wght-normal.woff2")
            subset(font, weights)
            font.flavor = "woff2"
            font.save(FONTS / f"{name}-{script}.woff2", reorderTables=False)


def subset(font: TTFont, weights: tuple[int, int]) -> None:
    """Leave out of *font* what is not needed."""
    options = Options(layout_features=FEATURES, name_IDs=[0, 1, 2, 13, 14], notdef_outline=True, hinting=False)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=CHARACTERS)
    subsetter.subset(font)
    instantiateVariableFont(font, {"wght": weights}, inplace=True)


if __name__ == "__main__":
    main()
