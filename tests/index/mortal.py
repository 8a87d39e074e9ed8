"""A writer that is killed where one wants it: at a named step, at the n-th call of a function, or from outside.

Run as a script it is a server that forks a process for every job read from standard input, so that thousands of
writers cost no start of an interpreter each. Nothing of arsearch has to know of it.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Self

__all__ = ["Death", "MortalWriter"]

IMPORTED = (
    "arsearch.corpus.readers.json_lines",
    "arsearch.index.update.ingest",
    "arsearch.semantic.faiss_file",
    "arsearch.semantic.static_encoder",
    "arsearch.semantic.vectors_writer",
)
"""What a writer comes to import before it is done."""


@dataclass(frozen=True, slots=True)
class Death:
    """What became of a job: the *signal* that ended it, 0 if it ended by itself; what it *raised*; *calls* it made."""

    signal: int
    raised: str
    calls: int


class MortalWriter:
    """The side of the tests. A context manager."""

    def __enter__(self) -> Self:
        self._server = subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return self

    def __exit__(self, *error: object) -> None:
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.close()
        self._server.wait()
        self._server.stdout.close()

    def update(self, index: Path, corpus: Path, model: str, *, step: str = "", call: int = 0) -> Death:
        """Index *corpus*, and be killed (SIGKILL) at *step* or at the function call number *call*, if given.

        Calls are counted if it is not 0; a number that is never reached counts all.
        """
        job = {"index": str(index), "corpus": str(corpus), "model": model, "step": step, "call": call}
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(json.dumps(job).encode() + b"\n")
        self._server.stdin.flush()
        return Death(**json.loads(self._server.stdout.readline()))


def _serve() -> None:
    for module in ("arsearch.index.build", *IMPORTED):  # once for all
        importlib.import_module(module)
    gc.freeze()

    os.fsync = _nothing  # type: ignore[assignment]  # the process dies here, not the machine
    for line in sys.stdin:
        reading, writing = os.pipe()
        if (child := os.fork()) == 0:
            os.close(reading)
            os.write(writing, json.dumps(_run(json.loads(line))).encode())
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading, encoding="utf-8") as pipe:
            said = json.loads(pipe.read() or "{}")
        status = os.waitpid(child, 0)[1]
        death = {"signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0, "raised": "", "calls": 0} | said
        sys.stdout.write(json.dumps(death) + "\n")
        sys.stdout.flush()


def _nothing(descriptor: object) -> None:
    """Take no time to sync."""


def _run(job: dict[str, Any]) -> dict[str, Any]:
    from arsearch import ArsearchError, Settings
    from arsearch.index import update_index
    from arsearch.index.fault_points import FAULT_POINT_EVENT

    def at_fault_point(event: str, arguments: tuple[Any, ...]) -> None:
        if event == FAULT_POINT_EVENT and arguments[0] == job["step"]:
            os.kill(os.getpid(), signal.SIGKILL)

    calls = 0

    def at_call(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls
        calls += 1
        if calls == job["call"]:
            os.kill(os.getpid(), signal.SIGKILL)

    raised = ""
    sys.addaudithook(at_fault_point)
    sys.setprofile(at_call if job["call"] else None)
    try:
        update_index([Path(job["corpus"])], Settings(index=Path(job["index"]), model=job["model"]))
    except ArsearchError as error:
        raised = str(error)
    finally:
        sys.setprofile(None)
    return {"raised": raised, "calls": calls}


if __name__ == "__main__":
    _serve()
