"""What is counted, and that nobody can be told from it."""

from __future__ import annotations

import datetime
import itertools
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from arsearch.errors import InsightsError
from arsearch.insights import Asked, InsightStore, Opened, Recorder, report

MONDAY = datetime.date(2026, 11, 30)


def salts() -> Callable[[], bytes]:
    """Salts with which no two readers of these tests fall on one bit."""
    numbers = itertools.count(1)
    return lambda: bytes([next(numbers)]) * 32


class Calendar:
    def __init__(self) -> None:
        self.day = MONDAY

    def __call__(self) -> datetime.date:
        return self.day


@pytest.fixture
def today() -> Calendar:
    return Calendar()


@pytest.fixture
def store(tmp_path: Path, today: Calendar) -> InsightStore:
    return InsightStore(tmp_path / "insights.sqlite", readers=3, days=30, today=today, new_salt=salts())


def asked(query: str, *readers: int, total: int = 5, ms: float = 10, is_slow: bool = False) -> list[Asked]:
    return [Asked(query, f"192.0.2.{reader} Firefox", total, ms, is_slow=is_slow) for reader in readers]


def in_file(path: Path) -> str:
    return "".join(each.read_bytes().decode("utf-8", "replace") for each in path.parent.glob("insights.sqlite*"))


def test_a_query_is_shown_once_enough_readers_have_asked_it(store: InsightStore) -> None:
    store.add(asked("أسعار المحروقات", 1, 1, 1, 2, 2))
    assert report(store).popular == ()
    assert report(store).weeks[0].asked == 5
    store.add(asked("اسعار  المحروقات", 3))
    [shown] = report(store).popular
    assert (shown.query, shown.asked, shown.readers) == ("اسعار المحروقات", 6, 3)


def test_neither_readers_nor_their_rare_queries_are_written_down(store: InsightStore, tmp_path: Path) -> None:
    store.add(asked("رقم هاتف منصور", 1, 2))
    written = in_file(tmp_path / "insights.sqlite")
    assert "queries" in written
    for private in ("192.0.2", "Firefox", "منصور", "هاتف"):
        assert private not in written


def test_with_the_week_goes_what_few_have_asked_and_the_salt(
    store: InsightStore, today: Calendar, tmp_path: Path
) -> None:
    store.add([*asked("رقم هاتف منصور", 1, 2), *asked("البحر", 1, 2, 3), Opened("رقم هاتف منصور", "x", "a", 1)])

    def rows(table: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(tmp_path / "insights.sqlite")) as database:
            return database.execute(f"SELECT * FROM {table}").fetchall()

    [(_, salt)] = rows("salts")
    assert len(rows("queries")) == 2
    today.day += datetime.timedelta(days=7)
    store.sweep()
    assert len(rows("queries")) == 1
    assert rows("opened") == []
    [(_, other)] = rows("salts")
    assert salt != other
    assert isinstance(salt, bytes)
    assert salt not in (tmp_path / "insights.sqlite").read_bytes()
    store.add(asked("البحر", 3))
    [shown] = report(store).popular
    assert (shown.asked, shown.readers) == (3, 3), "a query is shown again when a week has enough readers of it"


def test_the_bit_of_a_reader_is_another_one_for_each_query(store: InsightStore, tmp_path: Path) -> None:
    queries = [f"كلمة{'اب'[n % 2]}{n}" for n in range(40)]
    store.add([event for query in queries for event in asked(query, 1)])
    with closing(sqlite3.connect(tmp_path / "insights.sqlite")) as database:
        bits = {row[0] for row in database.execute("SELECT readers FROM queries")}
    assert len(bits) > 10


def test_nothing_is_kept_longer_than_is_set(store: InsightStore, today: Calendar) -> None:
    store.add(asked("البحر", 1, 2, 3))
    today.day += datetime.timedelta(days=28)
    assert len(report(store).popular) == 1
    today.day += datetime.timedelta(days=21)
    assert report(store).popular == ()
    assert report(store).weeks == ()


def test_each_kind_of_query_has_its_list(store: InsightStore) -> None:
    store.add(asked("البحر", 1, 2, 3, 4, 5))
    store.add(asked("زخرفشق", 1, 2, 3, total=0))
    store.add(asked("القمر", 1, 2, 3, ms=900, is_slow=True))
    store.add([Opened("البحر", f"192.0.2.{n} Firefox", "sea", 2) for n in range(3)])
    store.add([Opened("البحر", "192.0.2.1 Firefox", "coast", 4)])
    found = report(store)
    assert [each.query for each in found.popular] == ["البحر", "القمر", "زخرفشق"]
    assert [each.query for each in found.without_results] == ["زخرفشق"]
    assert [(each.query, each.mean_ms) for each in found.slow] == [("القمر", 900.0)]
    assert [each.query for each in found.not_opened] == ["القمر"]
    assert (found.popular[0].opened, found.popular[0].mean_place) == ({"sea": 3, "coast": 1}, 2.5)
    assert (found.weeks[0].asked, found.weeks[0].empty, found.weeks[0].slow) == (11, 3, 3)
    assert [each.query for each in report(store, top=1).popular] == ["البحر"]


def test_a_text_nobody_else_would_type_is_only_counted(store: InsightStore) -> None:
    store.add(asked("كلمة " * 60, 1, 2, 3, 4))
    assert report(store).popular == ()
    assert report(store).weeks[0].asked == 4


def test_what_is_no_database_is_told_and_left(tmp_path: Path) -> None:
    file = tmp_path / "insights.sqlite"
    file.write_text("a text " * 1000, encoding="utf-8")
    with pytest.raises(InsightsError, match=r"insights\.sqlite"):
        report(InsightStore(file, readers=3, days=30))
    assert file.read_text(encoding="utf-8").startswith("a text")


def test_processes_count_into_one_file_and_an_end_loses_nothing(tmp_path: Path, today: Calendar) -> None:
    path = tmp_path / "insights.sqlite"
    recorders = [Recorder(InsightStore(path, readers=3, days=30, today=today)) for _ in range(3)]
    for number in range(300):
        for event in asked("البحر", number % 7):
            recorders[number % 3].count(event)
    for recorder in recorders:
        recorder.close()
        recorder.close()
    assert report(InsightStore(path, readers=3, days=30, today=today)).popular[0].asked == 300


def test_where_nothing_can_be_written_the_log_says_so_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    recorder = Recorder(InsightStore(tmp_path / "missing" / "insights.sqlite", readers=3, days=30))
    for event in asked("البحر", 1, 2, 3):
        recorder.count(event)
    recorder.close()
    assert sum("insights.sqlite" in message for message in caplog.messages) == 1
