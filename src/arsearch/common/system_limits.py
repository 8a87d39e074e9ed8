"""Errors of the system that say nothing about the file they came up at: what ran out, and what to do about it."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping

__all__ = ["what_ran_out", "what_went_wrong"]

_RAN_OUT = {
    errno.EMFILE: "this process has too many files open. Raise the limit (`ulimit -n`), or open fewer indexes at once.",
    errno.ENFILE: "the system has too many files open. Close other programs, or raise its limit.",
    errno.ENOMEM: "there is not enough memory. Close other programs, or run on a larger machine.",
}


def what_ran_out(error: BaseException | None, others: Mapping[int, str] | None = None) -> str:
    """Return what ran out that *error*, or what caused it, is about, and what to do; an empty text if nothing did.

    *others* are reasons for more error numbers.
    """
    while error is not None:
        for number, reason in (_RAN_OUT | dict(others or {})).items():
            # Libraries in C++ raise errors that have only the text.
            if isinstance(error, MemoryError) and number == errno.ENOMEM:
                return reason
            if getattr(error, "errno", None) == number or os.strerror(number) in str(error):
                return reason
        error = error.__cause__
    return ""


def what_went_wrong(error: OSError) -> str:
    """Return a sentence about *error*, without the path it names."""
    return what_ran_out(error) or f"{error.strerror or error}."
