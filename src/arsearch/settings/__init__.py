"""Settings: one frozen object, and where its values come from."""

from arsearch.settings.declaration import (
    BUNDLED_ENCODER,
    FAST_ENCODER,
    BackendName,
    Digits,
    Duplicates,
    Fusion,
    LogFormat,
    LogLevel,
    Mode,
    Settings,
    VectorStorage,
)
from arsearch.settings.load import CONFIG_FILE, ENVIRONMENT_PREFIX, load_settings, settings_over
from arsearch.settings.page import DISPLAY_FIELDS, Months, PageSettings, PageSort

__all__ = [
    "BUNDLED_ENCODER",
    "CONFIG_FILE",
    "DISPLAY_FIELDS",
    "ENVIRONMENT_PREFIX",
    "FAST_ENCODER",
    "BackendName",
    "Digits",
    "Duplicates",
    "Fusion",
    "LogFormat",
    "LogLevel",
    "Mode",
    "Months",
    "PageSettings",
    "PageSort",
    "Settings",
    "VectorStorage",
    "load_settings",
    "settings_over",
]
