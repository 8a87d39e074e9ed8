"""Random updates, kills and rollbacks for some minutes, with readers in several processes that check every answer.

``python -m tests.soak --minutes 10 --kills 200`` from the root of the project: for ten minutes, and until 200 writers
were killed. Ends with 1 if anything was not as it had to be. Needs fork(2).
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import arsearch.index.build  # noqa: F401  # once for all children
from arsearch.settings import FAST_ENCODER

from ..index.versions import write_version
from .children import Child, Outcome
from .reader import KINDS, SIZE, read
from .writers import find_flip, go_back, look, update, verify

_KEPT = 3
_SAMPLED = 0.2
"""How often postings and vectors are looked at too, which takes longest."""
_TOLD = 10
"""After so many operations it is said how far things are."""
_READERS_HOLD = 2
"""Commits that one reader may hold at the most: a server opens the new one before it lets go of the old one."""


class Soak:
    """The one who knows what has been done, and so what may be served."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._chance = random.Random(seed)
        self._corpus = folder / "corpus.jsonl"
        self._scratch = folder / "copy"
        self._settings = {"index": folder / "index", "keep_commits": _KEPT, "model": FAST_ENCODER}
        self._versions: dict[str, int] = {}
        self._served = -1
        self._next = itertools.count()
        self._longest = 1.0
        self.counts: Counter[str] = Counter()
        self.failures: list[str] = []

    def begin(self) -> None:
        """Make the index."""
        self._update(deadly=False)

    def operate(self) -> None:
        """Do something to the index and look at what came of it."""
        [operation] = self._chance.choices(
            (self._update, self._rebuild, self._roll_back, self._two_at_once, self._flip), weights=(70, 5, 12, 5, 8)
        )
        operation()
        self.counts["operations"] += 1

    def read_versions(self, versions: dict[str, int]) -> None:
        """Compare what a reader says about commits with what is known of them."""
        for commit, version in versions.items():
            if self._versions.setdefault(commit, version) != version:
                self.failures.append(f"Commit {commit} was version {version} to a reader.")

    def finish(self) -> None:
        """After all readers are gone: one more run, and nothing is left of all that."""
        self._update(deadly=False)
        self._must("update", Child(update, self._settings, str(self._corpus), False, 0.0).wait())
        self._must("verify", Child(verify, self._settings, 1000).wait(), wanted=[])
        root = Path(str(self._settings["index"]))
        left = {path.name for path in root.iterdir()} - {"CURRENT", "commits", "write.lock"}
        there = sorted(path.name for path in (root / "commits").iterdir())
        if left or len(there) > _KEPT:
            self.failures.append(f"In the end there are {left} and the commits {there}.")

    def _update(self, *, full: bool = False, deadly: bool = True) -> None:
        version = next(self._next)
        write_version(self._corpus, version, size=SIZE)
        child = Child(update, self._settings, str(self._corpus), full, 0.0)
        began = time.monotonic()
        deadly = deadly and self._chance.random() < 0.6
        outcome = child.wait(self._chance.uniform(0, self._longest) if deadly else None)
        if not outcome.killed:
            self._longest = 0.8 * self._longest + 0.2 * (time.monotonic() - began)
            self.counts["updates"] += 1
        self._look(outcome, "update", {version} if not outcome.killed else {version, self._served})

    def _rebuild(self) -> None:
        self._update(full=True)

    def _roll_back(self) -> None:
        there = sorted(self._versions)[-_KEPT:]
        target = self._chance.choice([None, *there])
        deadly = self._chance.random() < 0.3
        child = Child(go_back, self._settings, target)
        outcome = child.wait(self._chance.uniform(0, 0.1) if deadly else None)
        if outcome.returned:
            self.counts["rollbacks"] += 1
        self._look(outcome, "rollback", set(self._versions.values()) | {self._served})

    def _two_at_once(self) -> None:
        """Two writers at once: one of them may have to wait, or is refused; both may be killed."""
        version = next(self._next)
        write_version(self._corpus, version, size=SIZE)
        children = [Child(update, self._settings, str(self._corpus), False, wait) for wait in (60.0, 0.0)]
        kills = [self._chance.choice((None, self._chance.uniform(0, self._longest))) for _ in children]
        outcomes = [child.wait(kill) for child, kill in zip(children, kills, strict=True)]
        self.counts["refused"] += sum(outcome.returned == "" for outcome in outcomes)
        for outcome in outcomes:
            self._look(outcome, "one of two", {version, self._served})

    def _flip(self) -> None:
        if self._served < 0:
            return
        outcome = Child(find_flip, self._settings, str(self._scratch), self._chance.randrange(1 << 30)).wait()
        self._must("flip", outcome, wanted="")
        self.counts["flips"] += 1

    def _look(self, outcome: Outcome, what: str, versions: set[int]) -> None:
        self.counts["kills"] += outcome.killed
        if outcome.error:
            self.failures.append(f"{what}: {outcome.error}")
        seen = self._must("look", Child(look, self._settings).wait())
        if seen is None:
            return
        if seen["version"] not in versions:
            self.failures.append(f"{what}: version {seen['version']} is served, and not one of {versions}.")
        if seen["commit"] and self._versions.setdefault(seen["commit"], seen["version"]) != seen["version"]:
            self.failures.append(f"{what}: commit {seen['commit']} is another version now.")
        if len(seen["commits"]) > _KEPT + _READERS_HOLD * len(KINDS) + 1:
            self.failures.append(f"{what}: there are the commits {seen['commits']}.")
        self._served = seen["version"]
        sample = 5 if self._chance.random() < _SAMPLED else 0
        self._must("verify", Child(verify, self._settings, sample).wait(), wanted=[])
        self.counts["verifications"] += 1

    def _must(self, what: str, outcome: Outcome, *, wanted: Any = None) -> Any:
        if outcome.error:
            self.failures.append(f"{what}: {outcome.error}")
        elif wanted is not None and outcome.returned != wanted:
            self.failures.append(f"{what}: {outcome.returned}")
        return outcome.returned


def run(folder: Path, seed: int, minutes: float, kills: int, operations: int) -> dict[str, Any]:
    """Soak an index in *folder*; return what was counted, and what was wrong."""
    soak = Soak(folder, seed)
    soak.begin()
    stop = folder / "stop"
    settings = {"index": folder / "index", "keep_commits": _KEPT}
    readers = [Child(read, kind, seed + number, settings, str(stop)) for number, kind in enumerate(KINDS, start=1)]
    began = time.monotonic()
    until = began + 60 * minutes
    while not soak.failures and (
        soak.counts["operations"] < operations
        if operations
        else time.monotonic() < until or soak.counts["kills"] < kills
    ):
        soak.operate()
        if not soak.counts["operations"] % _TOLD:
            sys.stderr.write(f"{time.monotonic() - began:.0f} s: {json.dumps(soak.counts)}\n")
    stop.touch()
    for reader in readers:
        outcome = reader.wait()
        if outcome.error:
            soak.failures.append(f"A reader: {outcome.error}")
            continue
        soak.failures += outcome.returned["failures"]
        soak.read_versions(outcome.returned["versions"])
        soak.counts["searches"] += outcome.returned["searches"]
        soak.counts["opened"] += outcome.returned["opened"]
    soak.finish()
    return dict(soak.counts) | {"readers": len(readers), "failures": soak.failures}


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--kills", type=int, default=0, help="go on until so many writers were killed, however long")
    parser.add_argument("--operations", type=int, default=0, help="do so many things, however long")
    parser.add_argument("--seed", type=int, default=8)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="arsearch-soak-") as folder:
        found = run(Path(folder), given.seed, given.minutes, given.kills, given.operations)
    sys.stdout.write(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    return 1 if found["failures"] else 0


if __name__ == "__main__":
    sys.exit(main())
