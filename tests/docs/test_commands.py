"""What the pages tell readers to type is what arsearch takes, in both languages."""

from __future__ import annotations

import dataclasses
import re
import shlex
import tomllib
from pathlib import Path

import click
import pytest

from arsearch import Settings
from arsearch.cli import main

from ..conftest import ROOT
from .pages import ARABIC, ENGLISH, blocks, pages

PAGES = [ROOT / "README.md", ROOT / "README.ar.md", *ENGLISH.rglob("*.md"), *ARABIC.rglob("*.md")]
SETTINGS = {field.name for field in dataclasses.fields(Settings)}


def commands_in(page: Path) -> list[list[str]]:
    """The words of each command in the blocks of *page* that begins with arsearch, without pipes and comments."""
    found = []
    for block in blocks(page):
        if block.language in ("sh", "console"):
            for line in block.code.replace("\\\n", " ").splitlines():
                started = re.search(r"(?:^|[ /])arsearch (?=[a-z])", line)
                if started and not line.startswith("#"):
                    command = re.split(r" [|#>] ?", line[started.end() :])[0]
                    found.append(shlex.split(command))
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_command_is_one(page: Path) -> None:
    for name, *words in commands_in(page):
        assert name in main.commands, f"arsearch {name}"
        command = main.commands[name]
        if isinstance(command, click.Group):
            command, words = command.commands[words[0]], words[1:]
        flags = {flag for option in command.params for flag in option.opts}
        assert {word.partition("=")[0] for word in words if word.startswith("--")} <= flags, f"arsearch {name} {words}"


def test_the_pages_have_commands() -> None:
    assert sum(len(commands_in(page)) for page in PAGES) >= 80


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_setting_in_a_file_is_one(page: Path) -> None:
    for block in blocks(page):
        if block.language == "toml":
            assert set(tomllib.loads(block.code)) <= SETTINGS


def test_the_tutorial_and_the_guides_are_in_both_languages() -> None:
    english = {name for name in pages(ENGLISH) if name.startswith("how-to/") or "/" not in name}
    assert set(pages(ARABIC)) == english


def test_commands_of_the_guides_are_the_same_in_both_languages() -> None:
    for name in pages(ARABIC):
        assert [words for words in commands_in(ARABIC / name) if words not in commands_in(ENGLISH / name)] == []
