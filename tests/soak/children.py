"""Work done in a process of its own, which may be killed at any moment."""

from __future__ import annotations

import json
import os
import select
import signal
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["Child", "Outcome"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a child: whether it was *killed*, what it *returned*, and the *error* it ended with."""

    killed: bool
    returned: Any
    error: str


class Child:
    """A forked process that calls a function and sends back what it returns, as JSON."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self._reading, writing = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self._reading)
            _work(writing, function, arguments)
        os.close(writing)

    def wait(self, kill_after: float | None = None) -> Outcome:
        """Wait until it has ended; kill it (SIGKILL) when *kill_after* seconds are over."""
        killed = False
        if kill_after is not None and not select.select([self._reading], [], [], kill_after)[0]:
            os.kill(self.pid, signal.SIGKILL)
            killed = True
        with os.fdopen(self._reading, encoding="utf-8") as pipe:
            said = pipe.read()
        status = os.waitpid(self.pid, 0)[1]
        if said:  # it may have finished in the very moment it was killed
            answer = json.loads(said)
            return Outcome(False, answer["returned"], answer["error"])
        return Outcome(killed, None, "" if killed else f"it died of signal {os.WTERMSIG(status)}")


def _work(writing: int, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    answer: dict[str, Any] = {"returned": None, "error": ""}
    try:
        answer["returned"] = function(*arguments)
    except BaseException:
        answer["error"] = traceback.format_exc()
    os.write(writing, json.dumps(answer).encode())
    os._exit(0)
