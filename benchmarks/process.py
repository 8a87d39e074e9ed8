"""Workers seen from outside: asking them, and what the kernel says about their memory."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.engines import PYTHON_ENGINES

__all__ = [
    "EngineUnavailableError",
    "WorkerError",
    "WorkerProcess",
    "children_of",
    "memory_mb",
    "processor_seconds",
    "worker_command",
]

LUCENE = "lucene"

_ROOT = Path(__file__).parents[1]
_LUCENE = Path(__file__).parent / "lucene"
_JAVA_HEAP = "-Xmx4g"
_USER_TIME = 11
"""The place of the user time among the fields of a process behind its name (proc_pid_stat(5))."""


class EngineUnavailableError(Exception):
    """An engine cannot be measured on this machine."""


class WorkerError(Exception):
    """An engine failed."""


def worker_command(engine: str) -> list[str]:
    """Return the command of a worker for *engine*. Raises EngineUnavailableError."""
    if engine in PYTHON_ENGINES:
        return [sys.executable, "-m", "benchmarks", "worker", engine]
    missing = [tool for tool in ("java", "javac", "mvn") if shutil.which(tool) is None]
    if missing:
        raise EngineUnavailableError(f"Lucene is left out: there is no {' and no '.join(missing)} (JDK 17 and Maven).")
    build = ["mvn", "-q", "-B", "compile", "dependency:copy-dependencies", "-DoutputDirectory=target/lib"]
    done = subprocess.run(build, cwd=_LUCENE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise EngineUnavailableError(f"Lucene is left out: Maven could not build it. {done.stdout[-1000:]}")
    return ["java", _JAVA_HEAP, "-cp", f"{_LUCENE / 'target/classes'}:{_LUCENE / 'target/lib/*'}", "LuceneWorker"]


class WorkerProcess:
    """A worker that is told what to do; a context manager that ends it."""

    def __init__(self, engine: str, command: Sequence[str]) -> None:
        self.engine = engine
        self._process = subprocess.Popen(
            command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    def ask(self, *request: object) -> str:
        """Return what the worker answers. Raises WorkerError, EngineUnavailableError if it did not even start."""
        assert self._process.stdin
        assert self._process.stdout
        try:
            self._process.stdin.write("\t".join(map(str, request)) + "\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            raise EngineUnavailableError(f"{self.engine} is left out: its worker ended; why, it said above.")
        status, _, value = answer.rstrip("\n").partition("\t")
        if status != "ok":
            raise WorkerError(f"{self.engine} failed: {value}")
        return value

    def cpu_seconds(self) -> float:
        """Return the processor time that the worker has used so far, all its threads together."""
        return processor_seconds(self._process.pid)

    def memory_mb(self) -> dict[str, float]:
        """Return what the worker has in memory."""
        return memory_mb(self._process.pid)


def memory_mb(pid: int) -> dict[str, float]:
    """Return MB (10^6 bytes) of a process: *resident* and its *peak*; *private* and *shared* pages; *proportional*.

    Pages of files that a process alone has mapped count as private here, since nobody shares them.
    """
    status = _fields(Path(f"/proc/{pid}/status"))
    rollup = _fields(Path(f"/proc/{pid}/smaps_rollup"))
    return {
        "peak": status["VmHWM"],
        "resident": status["VmRSS"],
        "anonymous": status["RssAnon"],
        "private": rollup["Private_Clean"] + rollup["Private_Dirty"],
        "shared": rollup["Shared_Clean"] + rollup["Shared_Dirty"],
        "proportional": rollup["Pss"],
    }


def processor_seconds(pid: int) -> float:
    """Return the processor time that a process has used so far, all its threads together."""
    stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    user, system = stat.rpartition(")")[2].split()[_USER_TIME : _USER_TIME + 2]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def children_of(pid: int) -> list[int]:
    """Return the processes that *pid* started and that run."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(child) for child in children.split()]


def _fields(path: Path) -> dict[str, float]:
    fields = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if value.endswith(" kB"):
            fields[name] = int(value.split()[0]) * 1024 / 1e6
    return fields
