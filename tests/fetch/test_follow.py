"""Following feeds: what is new comes into the index, nothing is lost, and it ends when it is told to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

import arsearch
from arsearch.errors import IndexLockedError
from arsearch.fetch import PoliteClient, Stop, Stopped, follow

from .conftest import PAGE, Site

EVERY = 300.0


class Clock(Stop):
    """Time that passes when somebody waits; between two rounds a script says what happens."""

    def __init__(self, *script: Callable[[], object]) -> None:
        super().__init__()
        self.now = 1000.0
        self.waited: list[float] = []
        self._script = list(script)

    def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.now += seconds
        if not self._script:
            raise Stopped
        self._script.pop(0)()


def feed(site: Site, *entries: tuple[str, str], tag: str = "") -> str:
    items = "".join(
        f"<item><link>{site.address}{path}</link><pubDate>{date}</pubDate></item>" for path, date in entries
    )
    return site.page("/feed", f"<rss><channel>{items}</channel></rss>", Content_Type="application/rss+xml", ETag=tag)


def run(site: Site, folder: Path, clock: Clock, bring_in: Callable[[], bool] = lambda: False) -> list[str]:
    failures: list[str] = []
    follow(
        [f"{site.address}/feed"],
        folder,
        PoliteClient(pause=0, allow_private=True, sleep=clock.sleep),
        bring_in,
        lambda: False,
        every=EVERY,
        stop=clock,
        on_failure=failures.append,
        clock=lambda: clock.now,
    )
    return failures


def test_only_what_is_new_or_changed_is_asked_for(site: Site, tmp_path: Path) -> None:
    site.page("/1")
    site.page("/2")
    feed(site, ("/1", "Tue, 21 Jul 2015 10:00:00 GMT"), tag='"1"')
    one, two = ("/1", "Tue, 21 Jul 2015 10:00:00 GMT"), ("/2", "Wed, 22 Jul 2015 10:00:00 GMT")
    rounds: list[list[str]] = []
    brought: list[int] = []

    def then(*entries: tuple[str, str], tag: str) -> None:
        rounds.append(site.paths())
        site.asked.clear()
        feed(site, *entries, tag=tag)

    def bring_in() -> bool:
        brought.append(len(list(tmp_path.glob("*.html"))))
        return False

    clock = Clock(
        lambda: then(one, tag='"1"'),
        lambda: then(two, one, tag='"2"'),
        lambda: then(two, ("/1", "Thu, 23 Jul 2015 10:00:00 GMT"), tag='"3"'),
        lambda: then(tag='"4"'),
    )
    assert run(site, tmp_path, clock, bring_in) == []
    assert rounds == [["/feed", "/1"], ["/feed"], ["/feed", "/2"], ["/feed", "/1"]]
    assert brought == [0, 1, 2, 2]  # what an earlier run may have left, and what each round has saved
    assert clock.waited == [EVERY] * 5


def test_a_feed_that_fails_is_asked_less_and_less_and_as_its_server_says(site: Site, tmp_path: Path) -> None:
    def fails(status: int, **headers: str) -> None:
        site.page("/feed", "", status=status, **headers)

    fails(500)
    clock = Clock(
        lambda: None,
        lambda: fails(503, Retry_After="5000"),
        *[lambda: None] * 2,
        lambda: feed(site),
    )
    failures = run(site, tmp_path, clock)
    assert clock.waited == [600, 1200, 5000, 5000, 5000, EVERY]
    assert len(failures) == 5


def test_a_page_that_was_not_there_for_a_moment_is_asked_for_again(site: Site, tmp_path: Path) -> None:
    feed(site, ("/1", ""), ("/gone", ""), tag='"1"')
    site.page("/1", "", status=503, Retry_After="900")
    clock = Clock(lambda: site.page("/1"), lambda: None)
    failures = run(site, tmp_path, clock)
    assert ["503" in failure for failure in failures] == [True, False, False]
    assert len(list(tmp_path.glob("*.html"))) == 1
    assert site.paths() == ["/feed", "/1", "/gone", "/feed", "/1", "/gone", "/feed"]
    assert clock.waited == [900, EVERY, EVERY]


def test_what_cannot_be_brought_in_is_tried_again(site: Site, tmp_path: Path) -> None:
    site.page("/1")
    feed(site, ("/1", ""))
    tries: list[bool] = []

    def bring_in() -> bool:
        tries.append(len(tries) > 2)
        if not tries[-1]:
            raise IndexLockedError("Another process writes.")
        return False

    failures = run(site, tmp_path, Clock(lambda: None, lambda: None), bring_in)
    assert failures == ["Another process writes."] * 3
    assert tries == [False, False, False, True]


def test_robots_txt_is_asked_for_again_after_a_day_or_a_failure(site: Site) -> None:
    now = [0.0]
    client = PoliteClient(pause=0, allow_private=True, clock=lambda: now[0])
    page = site.page("/a")
    site.page("/robots.txt", "", status=503)
    with pytest.raises(arsearch.errors.FetchError, match=r"robots\.txt"):
        client.get(page)
    site.page("/robots.txt", "User-agent: *\nDisallow: /b")
    now[0] += 601
    assert client.get(page).status == 200
    site.page("/robots.txt", "User-agent: *\nDisallow: /")
    assert client.get(page).status == 200
    now[0] += 24 * 3600
    with pytest.raises(arsearch.errors.FetchError, match=r"robots\.txt"):
        client.get(page)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM")
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_the_service_ends_when_it_is_told_to_and_loses_nothing(site: Site, tmp_path: Path, end: signal.Signals) -> None:
    site.page("/1", PAGE.replace("معرض الكتاب", "متحف البحر"))
    site.page("/2")
    feed(site, ("/1", ""), ("/2", ""))
    asked, go_on = threading.Event(), threading.Event()
    site.before["/2"] = lambda: asked.set() or go_on.wait(30)  # type: ignore[func-returns-value]
    command = [
        *(sys.executable, "-m", "arsearch", "fetch", f"{site.address}/feed", "--follow", "--every", "1"),
        *("--allow-private", "--pause", "0", "--out", str(tmp_path / "pages"), "--index", str(tmp_path / "index")),
    ]
    environ = os.environ | {"ARSEARCH_MODEL": "fast"}
    try:
        with subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True) as process:
            assert asked.wait(60)
            process.send_signal(end)
            said = process.communicate(timeout=60)[1]
            assert process.returncode == (0 if end == signal.SIGTERM else -end)
        if end == signal.SIGKILL:  # what was saved comes in when it is started again
            asked.clear()
            with subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True) as process:
                assert asked.wait(60)
                process.send_signal(signal.SIGTERM)
                said = process.communicate(timeout=60)[1]
    finally:
        go_on.set()
    assert "Stopped following." in said
    with arsearch.open_index(tmp_path / "index") as searcher:
        assert [hit.title for hit in searcher.search("متحف البحر", mode="lexical")] == ["متحف البحر {n}"]
