"""Pictures are fetched politely, and what comes of them is nothing but pixels."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from PIL import Image

import arsearch
from arsearch import Settings
from arsearch.cli import main
from arsearch.corpus.records.picture_files import PICTURE_NAME, file_of_picture
from arsearch.errors import FetchError
from arsearch.fetch import PoliteClient
from arsearch.fetch.pictures import fetch_pictures, made_small

from .conftest import Site

SCRIPT = b"<script>alert(1)</script>"


def picture(kind: str = "JPEG", size: tuple[int, int] = (600, 300), mode: str = "RGB", **options: Any) -> bytes:
    data = io.BytesIO()
    Image.new(mode, size, "red").save(data, kind, **options)
    return data.getvalue()


def client(**options: Any) -> PoliteClient:
    return PoliteClient(pause=0, allow_private=True, **options)


def test_a_picture_is_saved_large_and_small_and_not_asked_for_again(site: Site, tmp_path: Path) -> None:
    site.answers["/a.jpg"] = (200, {"Content-Type": "text/plain"}, picture(comment=SCRIPT) + SCRIPT)
    address = f"{site.address}/a.jpg"
    summary = fetch_pictures([address, address], tmp_path, client())
    assert summary.saved == [address]
    sizes = {}
    for size in ("large", "small"):
        name = file_of_picture(address, size)
        assert PICTURE_NAME.fullmatch(name)
        data = (tmp_path / name).read_bytes()
        assert SCRIPT not in data  # neither what stood in it nor what stood behind it
        with Image.open(io.BytesIO(data)) as made:
            assert made.format == "WEBP"
            sizes[size] = made.size
    assert sizes == {"large": (600, 300), "small": (264, 176)}
    assert fetch_pictures([address], tmp_path, client()).unchanged == [address]
    assert site.paths() == ["/a.jpg"]


@pytest.mark.parametrize(
    "data",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', b"<html></html>", b"",
        picture()[:200], b"\xff\xd8\xff\xe0" + bytes(400), picture(size=(8, 8)),
    ],
    ids=["svg", "page", "nothing", "cut", "broken", "counter"],
)  # fmt: skip
def test_what_is_no_picture_is_refused_and_left_alone_for_a_while(data: bytes, site: Site, tmp_path: Path) -> None:
    site.answers["/a"] = (200, {"Content-Type": "image/png"}, data)
    told: list[str] = []
    address = f"{site.address}/a"
    assert list(fetch_pictures([address], tmp_path, client(), told.append).failed) == [address]
    assert len(told) == 1
    assert not list(tmp_path.glob("*.webp"))
    assert fetch_pictures([address], tmp_path, client()).unchanged == [address]


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    with pytest.raises(FetchError, match="too many"):
        made_small(picture("PNG", (9_000, 9_000), "1"))


@pytest.mark.parametrize(
    ("kind", "mode"), [("PNG", "RGBA"), ("PNG", "P"), ("GIF", "L"), ("PNG", "I;16"), ("JPEG", "CMYK")]
)
def test_every_kind_of_pixels(kind: str, mode: str) -> None:
    data = io.BytesIO()
    Image.new(mode, (64, 64)).save(data, kind)
    assert set(made_small(data.getvalue())) == {"large", "small"}


def test_private_addresses_and_large_answers_are_refused(site: Site, tmp_path: Path) -> None:
    site.answers["/a.jpg"] = (200, {}, picture() + bytes(2 << 20))
    address = f"{site.address}/a.jpg"
    assert "public" in fetch_pictures([address], tmp_path / "a", PoliteClient(pause=0)).failed[address]
    assert "more than 1 MiB" in fetch_pictures([address], tmp_path / "b", client(max_bytes=1 << 20)).failed[address]


def test_the_command_saves_the_pictures_of_an_index(site: Site, tmp_path: Path) -> None:
    site.answers["/a.jpg"] = (200, {}, picture())
    article = {"id": "a", "body": "نصّ المقال.", "image": f"{site.address}/a.jpg"}
    (tmp_path / "corpus.jsonl").write_text(json.dumps(article), encoding="utf-8")
    index = tmp_path / "index"
    arsearch.build_index([tmp_path / "corpus.jsonl"], index, model="fast", settings=Settings())
    command = ["fetch", "--images", "--pause", "0", "--index", str(index)]
    ran = CliRunner().invoke(main, [*command, "--allow-private", "--json"])
    assert (ran.exit_code, json.loads(ran.stdout)["saved"]) == (0, [article["image"]])
    assert (index / "pictures" / file_of_picture(article["image"], "small")).is_file()
    with arsearch.open_index(index, settings=Settings()) as opened:
        assert opened.article("a").image == article["image"]
    assert "1 were there" in CliRunner().invoke(main, command).stdout
    for wrong in (["fetch"], ["fetch", "--images", site.address]):
        assert CliRunner().invoke(main, wrong).exit_code == 2
