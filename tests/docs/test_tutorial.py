"""Every command of the tutorial does what the tutorial says, from an empty folder to a page of one's own."""

from __future__ import annotations

import re
import shutil
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from .pages import ARABIC, ENGLISH, blocks
from .shell import done, free_port, running, with_arsearch

TUTORIAL = ENGLISH / "tutorial.md"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="the tutorial is for a Linux or macOS shell"),
    pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl"),
]


def test_both_languages_have_the_same_commands() -> None:
    assert blocks(TUTORIAL) == blocks(ARABIC / "tutorial.md")


def test_the_tutorial_works(tmp_path: Path) -> None:
    environment = with_arsearch(tmp_path)
    folder = tmp_path / "work"
    folder.mkdir()
    port = free_port()
    output = ""
    checked = started = 0
    with ExitStack() as servers:
        for block in blocks(TUTORIAL):
            code = block.code.replace("127.0.0.1:8000", f"127.0.0.1:{port}")
            if block.language == "console":
                continue  # installing is the business of other tests
            if block.language == "text":
                for line in block.code.splitlines():
                    assert matches(line, output), f"{line!r} is not in:\n{output}"
                    checked += 1
            elif code.startswith("arsearch serve"):
                servers.enter_context(running(f"{code.strip()} --port {port}", folder, environment))
                started += 1
            elif block.language == "sh":
                output = done(["sh", "-e", "-c", code], folder, environment)
            else:
                output = done([sys.executable, "-c", code], folder, environment)
    assert (checked, started) == (7, 1)


def matches(line: str, output: str) -> bool:
    """Whether a line of *output* has *line*, in which ``…`` stands for anything."""
    pattern = ".*".join(re.escape(part) for part in line.split("…"))
    return any(re.search(pattern, each) for each in output.splitlines())
