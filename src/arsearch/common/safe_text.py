"""Text from anywhere on its way to a terminal or a log: no character of it steers either.

Articles, names of files, queries, addresses and errors of libraries hold what their authors wrote. On a terminal an
escape character begins a command, a line feed a line that somebody may believe, and U+202E turns around what follows.
Here each such character becomes the escape that JSON has for it, so that JSON stays the same value.
"""

from __future__ import annotations

import json
import re

__all__ = ["escaped"]

# Unicode 16: Cc, Cs, Zl, Zp, and Cf but for the joiners and marks that Arabic and Persian are written with.
_STEERING = (
    r"\x00-\x1f\x7f-\x9f\ud800-\udfff\u00ad\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b\u2028-\u202e"
    r"\u2060-\u206f\ufeff\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3"
    r"\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f"
)
_MARKS = r"\u061c\u200c-\u200f"
_UNSAFE = re.compile(f"[{_STEERING}]")
_UNSAFE_IN_LOGS = re.compile(f"[{_STEERING}{_MARKS}]")


def escaped(text: str, *, marks: bool = False) -> str:
    """Return *text* as one line that steers nothing.

    With *marks*, joiners and directional marks are escaped too: they are part of how words are written, and let two
    texts look the same that are not.
    """
    return (_UNSAFE_IN_LOGS if marks else _UNSAFE).sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    return "\\u007f" if match[0] == "\x7f" else json.dumps(match[0])[1:-1]
