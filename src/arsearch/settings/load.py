"""Where settings come from: defaults < ``arsearch.toml`` < ``ARSEARCH_*`` variables < command-line flags."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, get_origin

from arsearch.article_fields import texts_of_table
from arsearch.errors import SettingsError
from arsearch.settings.declaration import TYPES, Settings, parts_of
from arsearch.settings.page import texts_of_names

__all__ = ["CONFIG_FILE", "ENVIRONMENT_PREFIX", "load_settings", "settings_over"]

CONFIG_FILE = "arsearch.toml"
ENVIRONMENT_PREFIX = "ARSEARCH_"
_SWITCH = {"true": True, "yes": True, "1": True, "on": True, "false": False, "no": False, "0": False, "off": False}


def load_settings(
    flags: Mapping[str, Any] | None = None,
    *,
    config: Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """Return the settings in force.

    *flags* that are ``None`` were not given. *config* is the file to read; without it ``arsearch.toml`` of the current
    directory is read if it is there. Raises SettingsError for unknown names in the file or the flags, and for
    values of the wrong type; other ``ARSEARCH_*`` variables are left alone.
    """
    values: dict[str, Any] = {}
    path = config if config is not None else Path(CONFIG_FILE)
    if config is not None or path.is_file():
        values.update(_from_file(path))
    variables = os.environ if environ is None else environ
    for name in TYPES:
        variable = ENVIRONMENT_PREFIX + name.upper()
        if variables.get(variable):  # an empty variable is as good as none
            values[name] = _convert(name, variables[variable], f"the environment variable {variable}")
    for name, value in (flags or {}).items():
        if name not in TYPES:
            raise SettingsError(f"There is no setting {name}. Known are: {', '.join(TYPES)}.")
        if value is not None:
            values[name] = _convert(name, value, f"the flag --{name.replace('_', '-')}")
    return Settings(**values)


def settings_over(base: Settings, config: Path) -> Settings:
    """Return *base* with what the file *config* says instead. Raises SettingsError as load_settings does."""
    return replace(base, **({"collections": (), "trusted_proxies": ()} | _from_file(config)))


def _from_file(path: Path) -> dict[str, Any]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"The settings file {path} cannot be read: {error}. Mend it, or take it away.") from error
    if isinstance(table.get("fields"), dict):
        try:
            names, declared = texts_of_table(table["fields"])
            if declared and "extra_fields" in table:
                raise ValueError("there is extra_fields beside its table extra; declare all of them in the latter")
        except ValueError as error:
            raise SettingsError(f"The table [fields] of {path} is wrong: {error}.") from None
        table |= {"fields": names} | ({"extra_fields": declared} if declared else {})
    names_of_values: tuple[str, ...] = ()
    if isinstance(table.get("display_names"), dict):
        try:
            names_of_values = tuple(texts_of_names(table.pop("display_names")))
        except ValueError as error:
            raise SettingsError(f"The table [display_names] of {path} is wrong: {error}.") from None
    unknown = sorted(set(table) - set(TYPES))
    if unknown:
        raise SettingsError(
            f"The settings file {path} has unknown settings: {', '.join(unknown)}. Known are: {', '.join(TYPES)}."
        )
    values = {name: _convert(name, value, f"{path}") for name, value in table.items()}
    return values | ({"display_names": names_of_values} if names_of_values else {})


def _convert(name: str, value: Any, where: str) -> Any:
    kind = TYPES[name]
    if get_origin(kind) is tuple:
        parts = [str(value)] if type(value) is int else [value] if isinstance(value, str) else value  # how many proxies
        if not isinstance(parts, (list, tuple)) or not all(isinstance(part, str) for part in parts):
            raise SettingsError(f"The setting {name} in {where} is {value!r}; it must be a list of texts.")
        return parts_of(",".join(parts))
    kind = str if get_origin(kind) is Literal else kind
    if kind is bool:
        if str(value).lower() not in _SWITCH:
            raise SettingsError(f"The setting {name} in {where} is {value!r}; it must be true or false.")
        return _SWITCH[str(value).lower()]
    accepted: tuple[type, ...] = (str, float, int) if kind is float else (str, int) if kind is int else (str, Path)
    if isinstance(value, bool) or not isinstance(value, accepted):
        raise SettingsError(f"The setting {name} in {where} is {value!r}; it must be of type {kind.__name__}.")
    try:
        return kind(value)
    except (ValueError, OverflowError) as error:
        raise SettingsError(
            f"The setting {name} in {where} is {value!r}; it must be of type {kind.__name__}."
        ) from error
