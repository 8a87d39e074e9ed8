"""A shell in which the commands of the documentation are run."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

__all__ = ["done", "free_port", "running", "with_arsearch"]


def with_arsearch(folder: Path, program: Path | None = None) -> dict[str, str]:
    """Return an environment in which ``arsearch`` is this one, or *program*; *folder* gets one. Nothing is set."""
    if program is None:
        program = folder / "bin" / "arsearch"
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m arsearch "$@"\n', encoding="utf-8")
        program.chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ARSEARCH_")}
    return {**kept, "PATH": f"{program.parent}{os.pathsep}{kept['PATH']}", "PYTHONUTF8": "1"}


def done(command: list[str], folder: Path, environment: dict[str, str]) -> str:
    """Run *command* in *folder*, which has to succeed, and return what it wrote."""
    ended = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert ended.returncode == 0, f"{command[-1]}\n{ended.stdout}\n{ended.stderr}"
    return ended.stdout + ended.stderr


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(command: str, folder: Path, environment: dict[str, str]) -> Iterator[None]:
    """Run the server *command* from when it listens until the end of the block."""
    process = subprocess.Popen(
        ["sh", "-c", f"exec {command}"],
        cwd=folder,
        env=environment,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    assert process.stderr is not None
    drain = threading.Thread(target=process.stderr.read)  # a full pipe would stop the server
    try:
        log = []
        for line in process.stderr:
            log.append(line)
            if "Listening at" in line:
                break
        else:
            pytest.fail("the server did not start:\n" + "".join(log))
        drain.start()
        yield
    finally:
        process.terminate()
        process.wait(timeout=60)
        if drain.ident is not None:
            drain.join()
        process.stderr.close()
