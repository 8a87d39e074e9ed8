"""Names of the world's countries and cities in Latin letters and in Arabic: ``python -m training.world_names``.

They are those of Unicode's CLDR (of cities, those that time zones are named for), in English, French and Arabic, as
Babel brings them (Unicode License V3). A line is a name in Latin letters, folded, a tab, and its Arabic name. Names of
several words are kept too.
"""

from __future__ import annotations

from pathlib import Path

from babel import Locale

from arsearch.arabic import fold

__all__ = ["world_names"]

_OUT = Path("src/arsearch/arabic/lexicon/world_names.tsv")
_LANGUAGES = ("en", "fr")
_CONTINENTS = ("Africa/", "America/", "Asia/", "Australia/", "Europe/")


def world_names() -> list[tuple[str, str]]:
    """Return names in Latin letters and in Arabic, each Latin name once, sorted; of two the country's counts."""
    found = _cities()
    arabic = Locale("ar").territories
    for language in _LANGUAGES:
        for code, name in Locale(language).territories.items():
            other = arabic.get(code, "")
            if len(code) == 2 and other and fold(name).replace(" ", "").replace("'", "").isalpha() and "(" not in other:
                found[fold(name)] = other
    return sorted(found.items())


def _cities() -> dict[str, str]:
    found = {}
    for zone, arabic in Locale("ar").time_zones.items():
        for language in _LANGUAGES if "city" in arabic else ():
            name = fold(Locale(language).time_zones.get(zone, {}).get("city") or zone.split("/")[-1].replace("_", " "))
            if zone.startswith(_CONTINENTS) and name.replace(" ", "").isalpha() and name.isascii():
                found[name] = arabic["city"]
    return found


def main() -> None:
    """Write the file."""
    _OUT.write_text("".join(f"{latin}\t{arabic}\n" for latin, arabic in world_names()), encoding="utf-8")


if __name__ == "__main__":
    main()
