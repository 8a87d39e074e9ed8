"""Puts the repository root on the path, as ``benchmarks`` is not installed with the package; a little data."""

import gzip
import sys
from pathlib import Path

import pytest

from ..conftest import CORPUS

sys.path.insert(0, str(Path(__file__).parents[2]))


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder laid out as the one that is measured with."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "corpus").mkdir()
    with gzip.open(folder / "corpus" / "saudi-news.jsonl.gz", "wb") as file:
        file.write((CORPUS / "news.jsonl").read_bytes())
    (folder / "eval/saudi-titles").mkdir(parents=True)
    (folder / "eval/saudi-titles/queries.tsv").write_text(
        "q1\tأسعار الخضار في السوق المركزي\nq2\tافتتاح مكتبة المدينة الجديدة\nq3\tمياه الشرب وشبكة الصرف\n",
        encoding="utf-8",
    )
    return folder
