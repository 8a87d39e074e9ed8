"""Every command of the tutorial does what the tutorial says, from an empty folder to a page of one's own."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from .pages import ARABIC, ENGLISH, blocks

TUTORIAL = ENGLISH / "tutorial.md"

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="the tutorial is for a Linux or macOS shell"),
    pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl"),
]


def test_both_languages_have_the_same_commands() -> None:
    assert blocks(TUTORIAL) == blocks(ARABIC / "tutorial.md")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A shell in which ``arsearch`` is this one, and nothing is set."""
    program = tmp_path / "bin" / "arsearch"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m arsearch "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ARSEARCH_")}
    return {**kept, "PATH": f"{program.parent}{os.pathsep}{kept['PATH']}", "PYTHONUTF8": "1"}


def test_the_tutorial_works(tmp_path: Path, environment: dict[str, str]) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    port = free_port()
    output = ""
    checked = 0
    servers = []
    try:
        for block in blocks(TUTORIAL):
            code = block.code.replace("127.0.0.1:8000", f"127.0.0.1:{port}")
            if block.language == "console":
                continue  # installing is the business of other tests
            if block.language == "text":
                for line in block.code.splitlines():
                    assert matches(line, output), f"{line!r} is not in:\n{output}"
                    checked += 1
            elif code.startswith("arsearch serve"):
                server = running(f"exec {code.strip()} --port {port}", folder, environment)
                servers.append(server)
                server.__enter__()
            else:
                command = ["sh", "-e", "-c", code] if block.language == "sh" else [sys.executable, "-c", code]
                done = subprocess.run(
                    command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300
                )
                assert done.returncode == 0, f"{code}\n{done.stderr}"
                output = done.stdout + done.stderr
    finally:
        for server in servers:
            server.__exit__(None, None, None)
    assert checked >= 7
    assert len(servers) == 1


def matches(line: str, output: str) -> bool:
    """Whether a line of *output* has *line*, in which ``…`` stands for anything."""
    pattern = ".*".join(re.escape(part) for part in line.split("…"))
    return any(re.search(pattern, each) for each in output.splitlines())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(command: str, folder: Path, environment: dict[str, str]) -> Iterator[None]:
    """Run the server *command* from when it listens until the end of the block."""
    process = subprocess.Popen(
        ["sh", "-c", command], cwd=folder, env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )
    assert process.stderr is not None
    try:
        log = []
        for line in process.stderr:
            log.append(line)
            if "Listening at" in line:
                break
        else:
            pytest.fail("the server did not start:\n" + "".join(log))
        drain = threading.Thread(target=process.stderr.read)  # a full pipe would stop the server
        drain.start()
        yield
    finally:
        process.terminate()
        process.wait(timeout=60)
        drain.join()
        process.stderr.close()
