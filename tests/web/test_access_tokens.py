"""Tokens: made once, kept as hashes, taken away."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from arsearch.errors import SettingsError
from arsearch.web.access_tokens import TokenFile


@pytest.fixture
def tokens(tmp_path: Path) -> TokenFile:
    return TokenFile(tmp_path / "tokens.json")


def test_a_token_is_found_by_what_was_shown_once(tokens: TokenFile) -> None:
    first = tokens.create("newsroom", ["search"])
    second = tokens.create("prometheus", ["metrics", "search"])
    assert first != second
    found = tokens.find(second)
    assert found is not None
    assert (found.name, found.scopes) == ("prometheus", ("metrics", "search"))
    for wrong in ("", first[:-1], first + "x", first.upper(), "\ud800"):
        assert tokens.find(wrong) is None


def test_the_file_has_no_token_and_is_for_its_owner_only(tokens: TokenFile, tmp_path: Path) -> None:
    secret = tokens.create("newsroom", ["search"])
    path = tmp_path / "tokens.json"
    assert secret not in path.read_text(encoding="utf-8")
    assert secret.removeprefix("arsearch_") not in path.read_text(encoding="utf-8")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(secret) > 43  # 256 bits in letters of six


def test_a_revoked_token_is_good_for_nothing_in_a_process_that_runs(tokens: TokenFile, tmp_path: Path) -> None:
    secret = tokens.create("newsroom", ["search"])
    other_process = TokenFile(tmp_path / "tokens.json")
    assert other_process.find(secret) is not None
    tokens.revoke("newsroom")
    assert other_process.find(secret) is None


def test_every_hash_is_compared_in_constant_time(tokens: TokenFile, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = [tokens.create(f"t{number}", ["search"]) for number in range(5)]
    compared: list[str] = []

    def compare(one: str, other: str) -> bool:
        compared.append(one)
        return one == other

    monkeypatch.setattr("arsearch.web.access_tokens.hmac.compare_digest", compare)
    for presented in (secrets[0], secrets[4], "nothing"):
        compared.clear()
        tokens.find(presented)
        assert len(compared) == 5


CHANGE = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from arsearch.web.access_tokens import TokenFile

path, number = Path(sys.argv[1]), int(sys.argv[2])

def work(first):
    tokens = TokenFile(path)
    for each in range(first, 6, 2):
        tokens.create(f"new-{number}-{each}", ["search"])
        if each < 3:
            tokens.revoke(f"old-{3 * number + each}")

print("ready", flush=True)
sys.stdin.readline()
with ThreadPoolExecutor(2) as threads:
    assert len(list(threads.map(work, range(2)))) == 2
"""


def test_changes_at_the_same_time_are_all_made(tokens: TokenFile, tmp_path: Path) -> None:
    """Processes and threads that make and revoke tokens, all at once, several times over."""
    path = tmp_path / "tokens.json"
    tokens.create("stays", ["search"])
    for name in range(12):
        tokens.create(f"old-{name}", ["search"])
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", CHANGE, str(path), str(number)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for number in range(4)
    ]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == b"ready\n"
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write(b"begin\n")
        worker.stdin.flush()
    for worker in workers:
        worker.communicate()
    assert [worker.returncode for worker in workers] == [0] * 4
    made = {f"new-{number}-{each}" for number in range(4) for each in range(6)}
    assert {token.name for token in tokens.tokens()} == {"stays", *made}
    assert sorted(other.name for other in tmp_path.iterdir()) == ["tokens.json", "tokens.json.lock"]


def test_a_change_is_on_the_disk_before_and_after_it_is_seen(
    tokens: TokenFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens.create("a", ["search"])
    events: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def note_sync(descriptor: int) -> None:
        events.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        fsync(descriptor)

    def note_rename(self: Path, target: Path) -> Path:
        events.append("rename")
        return replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", note_sync)
        patch.setattr(Path, "replace", note_rename)
        tokens.revoke("a")
    assert events == ["file", "rename", "folder"]


def test_a_write_that_fails_leaves_what_was_there(
    tokens: TokenFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens.create("a", ["search"])
    synced: list[int] = []

    def fail(descriptor: int) -> None:
        synced.append(descriptor)
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(SettingsError, match="cannot be written"):
            tokens.revoke("a")
    assert synced
    assert [token.name for token in tokens.tokens()] == ["a"]
    assert sorted(other.name for other in tmp_path.iterdir()) == ["tokens.json", "tokens.json.lock"]


def test_what_goes_wrong_is_said(tokens: TokenFile, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="arsearch token create"):
        tokens.tokens()
    tokens.create("a", ["search"])
    with pytest.raises(SettingsError, match="already"):
        tokens.create("a", ["search"])
    with pytest.raises(SettingsError, match="no token 'b'"):
        tokens.revoke("b")
    for name in ("", "a b", "../x", "x" * 65, "a\nb"):
        with pytest.raises(SettingsError, match="name"):
            tokens.create(name, ["search"])
    for text in ("", "[]", '{"tokens": [{}]}', json.dumps({"tokens": 1})):
        (tmp_path / "tokens.json").write_text(text, encoding="utf-8")
        with pytest.raises(SettingsError, match="cannot be read"):
            TokenFile(tmp_path / "tokens.json").tokens()
    with pytest.raises(SettingsError, match="cannot be written"):
        TokenFile(tmp_path / "nowhere" / "tokens.json").create("a", ["search"])
