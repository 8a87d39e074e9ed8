"""Following sources: whenever their files change, the index is brought up to date."""

from __future__ import annotations

import glob
import queue
import threading
from collections.abc import Callable, Collection
from contextlib import closing
from pathlib import Path

from arsearch.cli.options import say
from arsearch.corpus.files.names import path_of
from arsearch.errors import ArsearchError
from arsearch.settings import Settings

__all__ = ["keep_up_to_date"]

_DEBOUNCE_MS = 2_000
"""Changes that come one after the other are worked on together, after so long at the latest."""
_QUIET_MS = 200
"""How long nothing must change before the changes so far are worked on."""
_LOOK_AGAIN_SECONDS = 5.0
"""How often it is looked whether sources have come or gone as a whole."""


def keep_up_to_date(settings: Settings, update: Callable[[], None]) -> None:
    """Call *update* whenever a file of the sources of the index has changed, until the process is interrupted.

    Errors are told, and the next change is waited for.
    """
    changed: queue.SimpleQueue[None] = queue.SimpleQueue()
    watch = _Watch(settings.index, changed)
    try:
        while True:
            if watch.follow(_sources(settings)):
                _try(update)  # what changed before the watch began
            try:
                changed.get(timeout=_LOOK_AGAIN_SECONDS)
            except queue.Empty:
                continue
            while not changed.empty():
                changed.get()
            _try(update)
    except KeyboardInterrupt:
        say("Stopped watching.")
    finally:
        watch.stop()


def _try(update: Callable[[], None]) -> None:
    try:
        update()
    except ArsearchError as error:
        say(f"Error: {error}")


def _sources(settings: Settings) -> list[Path]:
    from arsearch.backends import choose_backend

    with closing(choose_backend(settings)) as backend:
        return [path_of(source) for source in backend.facts()["sources"]]


class _Watch:
    """Watches the files of sources in threads of its own."""

    def __init__(self, index: Path, changed: queue.SimpleQueue[None]) -> None:
        self._index = index.resolve()
        self._changed = changed
        self._followed: set[Path] | None = None
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def follow(self, sources: Collection[Path]) -> bool:
        """Watch what there is of *sources*; return whether what was watched before was something else."""
        # A file is often replaced rather than written to, so its folder is watched; folders with all that is in them.
        folders = {_fixed_part(source) for source in sources if not source.is_file()}
        files = {source for source in sources if source.is_file()}
        followed = {folder for folder in folders if folder.is_dir()} | files
        if followed == self._followed:
            return False
        self.stop()
        self._followed = followed
        self._stop = threading.Event()
        ready = []
        for paths, only in ((followed - files, None), ({file.parent for file in files}, files)):
            if paths:
                watching = threading.Event()
                ready.append(watching)
                thread = threading.Thread(target=self._watch, args=(paths, only, self._stop, watching), daemon=True)
                thread.start()
                self._threads.append(thread)
        for watching in ready:
            watching.wait()
        missing = [source for source in sources if not source.exists() and not glob.has_magic(str(source))]
        say(f"Watching {len(followed)} sources{f'; {len(missing)} are not there' if missing else ''}. Ctrl-C ends it.")
        return True

    def stop(self) -> None:
        """End the threads."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def _watch(
        self, paths: Collection[Path], only: Collection[Path] | None, stop: threading.Event, ready: threading.Event
    ) -> None:
        import watchfiles

        def concerns(_: watchfiles.Change, path: str) -> bool:
            return Path(path) in only if only is not None else not Path(path).is_relative_to(self._index)

        try:
            for changes in watchfiles.watch(
                *paths,
                watch_filter=concerns,
                debounce=_DEBOUNCE_MS,
                step=_QUIET_MS,
                stop_event=stop,
                rust_timeout=_QUIET_MS,
                yield_on_timeout=True,
                recursive=only is None,
                raise_interrupt=False,
            ):
                ready.set()
                if changes:
                    self._changed.put(None)
        except (OSError, RuntimeError) as error:
            say(f"Error: {', '.join(map(str, paths))} cannot be watched: {error}.")
        finally:
            ready.set()


def _fixed_part(source: Path) -> Path:
    """Return *source*, or the folder below which the files of a pattern of paths are."""
    folder = source
    while glob.has_magic(str(folder)) and not folder.exists():
        folder = folder.parent
    return folder
