"""Fetching pages and feeds, against a server on this machine."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from arsearch.corpus import ReadingReport, read_source
from arsearch.errors import ArsearchError, FetchError
from arsearch.fetch import PoliteClient, fetch

from .conftest import Site


@pytest.fixture
def client() -> PoliteClient:
    return PoliteClient(allow_private=True, pause=0)


def test_pages_are_saved_and_can_be_indexed(site: Site, client: PoliteClient, tmp_path: Path) -> None:
    summary = fetch([site.page("/2015/a"), site.page("/2015/b?p=1#top")], tmp_path / "out", client)
    assert len(summary.saved) == 1
    summary = fetch([site.page("/2015/a"), site.page("/2015/b?p=1")], tmp_path / "out", client)
    assert len(set(summary.saved.values())) == 2
    articles = list(read_source(tmp_path / "out", report := ReadingReport()))
    assert [article.title for article in articles] == ["معرض الكتاب {n}"] * 2
    assert report.problems == []


def test_the_articles_of_a_feed_are_saved(site: Site, client: PoliteClient, tmp_path: Path) -> None:
    site.page("/1")
    site.page("/2")
    feed = site.page(
        "/feed",
        f"<rss><channel><item><link>{site.address}/1</link></item><item><link>/2</link></item>"
        "<item><link>/gone</link></item><item><link>/feed</link></item></channel></rss>",
        Content_Type="application/rss+xml",
        ETag='"7"',
    )
    summary = fetch([feed], tmp_path, client)
    assert sorted(summary.saved) == [f"{site.address}/1", f"{site.address}/2"]
    assert sorted(summary.failed) == [f"{site.address}/feed", f"{site.address}/gone"]
    assert "404" in summary.failed[f"{site.address}/gone"]
    assert fetch([feed], tmp_path, client).unchanged == [feed]


def test_a_page_that_has_not_changed_is_not_fetched_again(site: Site, client: PoliteClient, tmp_path: Path) -> None:
    url = site.page("/a", ETag='"1"', Last_Modified="Tue, 21 Jul 2015 10:00:00 GMT")
    [name] = fetch([url], tmp_path, client).saved.values()
    assert fetch([url], tmp_path, client).unchanged == [url]
    assert site.asked[-1][1]["if-none-match"] == '"1"'
    assert site.asked[-1][1]["if-modified-since"] == "Tue, 21 Jul 2015 10:00:00 GMT"
    (tmp_path / name).unlink()
    assert list(fetch([url], tmp_path, client).saved) == [url]
    (tmp_path / ".fetched.json").write_text("[broken", encoding="utf-8")
    assert list(fetch([url], tmp_path, client).saved) == [url]


def test_robots_txt_is_honoured(site: Site, client: PoliteClient, tmp_path: Path) -> None:
    site.page("/robots.txt", "User-agent: *\nDisallow: /private\n")
    urls = [site.page("/private/a"), site.page("/public"), site.page("/to", status=302, Location="/private/a")]
    summary = fetch(urls, tmp_path, client)
    assert list(summary.saved) == [urls[1]]
    assert all("robots.txt" in reason for reason in summary.failed.values())
    assert "/private/a" not in site.paths()
    assert [path for path, _ in site.asked].count("/robots.txt") == 1


def test_a_site_whose_robots_txt_is_broken_is_left_alone(site: Site, client: PoliteClient, tmp_path: Path) -> None:
    site.page("/robots.txt", status=503)
    assert fetch([site.page("/a")], tmp_path, client).saved == {}


def test_requests_to_a_host_are_apart(site: Site, tmp_path: Path) -> None:
    site.page("/robots.txt", "User-agent: *\nCrawl-delay: 7\n")
    waits: list[float] = []
    client = PoliteClient(allow_private=True, pause=2, sleep=waits.append)
    fetch([site.page("/a"), site.page("/b")], tmp_path, client)
    assert len(waits) == 2
    assert all(6 < wait <= 7 for wait in waits)


class Network:
    """What names resolve to, and where connections would have gone: nothing leaves this machine."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = list(addresses)
        self.dialled: list[tuple[str, int]] = []

    def resolve(self, host: str, port: int) -> list[str]:
        return self.addresses

    def connect(self, address: tuple[str, int], seconds: float) -> socket.socket:
        self.dialled.append(address)
        raise OSError("the network of this test ends here")

    def client(self) -> PoliteClient:
        return PoliteClient(pause=0, resolve=self.resolve, connect=self.connect)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "169.254.169.254", "0.0.0.0", "192.168.1.1", "100.64.0.1", "224.0.0.1",
        "255.255.255.255", "::1", "::", "::ffff:127.0.0.1", "::127.0.0.1", "::8.8.8.8", "fe80::1", "fe80::1%eth0",
        "fd00::1", "ff02::1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::1",
        "2001:0:4136:e378:8000:63bf:80ff:fffe", "2001:db8::1",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public_are_never_dialled(address: str) -> None:
    network = Network(address)
    with pytest.raises(FetchError, match="no public address"):
        network.client().get("http://name.example/a")
    network = Network("93.184.215.14", address)  # one of several is enough
    with pytest.raises(FetchError, match="no public address"):
        network.client().get("https://name.example/a")
    assert network.dialled == []


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::5db8:d70e"])
def test_the_address_that_was_checked_is_the_one_that_is_dialled(address: str) -> None:
    network = Network(address)
    with pytest.raises(FetchError, match="ends here"):
        network.client().get("http://name.example:8080/a")
    assert network.dialled == [(address, 8080)]


@pytest.mark.parametrize(
    "url",
    [
        "http://[::1",
        "http://[::1]x/",
        "http://a:99999/",
        "http://a:b/",
        "http://[v1.x]/",
        "http://a@b/",
        "http://a%2fb/",
    ],
)
def test_addresses_that_are_none_are_an_error_like_any_other(url: str, tmp_path: Path) -> None:
    network = Network("93.184.215.14")
    with pytest.raises(FetchError):
        network.client().get(url)
    assert list(fetch([url], tmp_path, network.client()).failed) == [url]
    assert network.dialled == []


TRICKLES = {
    "the status": (b"HTTP/1.1 200", b"0"),
    "a header": (b"HTTP/1.1 200 OK\r\nX: ", b"x"),
    "many headers": (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
    "continuing": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a length of a chunk": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"x"),
    "the body": (b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", b"x"),
    "trailers": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n", b"X: y\r\n"),
}


@pytest.mark.parametrize("what", TRICKLES)
def test_a_whole_exchange_has_one_deadline_wherever_it_trickles(what: str) -> None:
    """A second passes with each step; a server that sends a little of something for ever is left in the end."""
    begin, again = TRICKLES[what]
    steps = iter(range(5000))
    stop = threading.Event()

    def trickle(server: socket.socket) -> None:
        with server, suppress(OSError):
            server.recv(1 << 16)
            server.sendall(begin)
            while not stop.is_set():
                server.sendall(again)

    def connect(_: tuple[str, int], __: float) -> socket.socket:
        ours, theirs = socket.socketpair()
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
        threads.submit(trickle, theirs)
        return ours

    with ThreadPoolExecutor(4) as threads:
        client = PoliteClient(
            pause=0,
            timeout=1e6,
            exchange_seconds=50,
            clock=lambda: float(next(steps)),
            resolve=lambda *_: ["93.184.215.14"],
            connect=connect,
        )
        try:
            with pytest.raises(FetchError, match=r"50 seconds|got more than|line"):
                client.get("http://name.example/a")
        finally:
            stop.set()
    assert next(steps) < 300


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.org/a", "example.org", "http://", "data:,a"])
def test_only_addresses_of_the_web_are_fetched(url: str) -> None:
    with pytest.raises(FetchError, match="only http and https"):
        PoliteClient(pause=0).get(url)


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/a", "/loop"])
def test_redirects_lead_nowhere_else(site: Site, client: PoliteClient, tmp_path: Path, target: str) -> None:
    summary = fetch([site.page("/loop", status=302, Location=target)], tmp_path, client)
    assert (summary.saved, len(summary.failed)) == ({}, 1)


def test_what_is_too_large_is_not_kept(site: Site, tmp_path: Path) -> None:
    client = PoliteClient(allow_private=True, pause=0, max_bytes=1 << 20)
    summary = fetch([site.page("/a", "a" * (3 << 20))], tmp_path, client)
    assert "more than 1 MiB" in next(iter(summary.failed.values()))
    assert list(tmp_path.glob("*.html")) == []


def test_what_is_no_page_is_not_kept(site: Site, client: PoliteClient, tmp_path: Path) -> None:
    summary = fetch([site.page("/a.png", "PNG", Content_Type="image/png")], tmp_path, client)
    assert "image/png" in next(iter(summary.failed.values()))


def test_a_folder_that_cannot_be_written_to_is_named(site: Site, client: PoliteClient, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ArsearchError, match="--out"):
        fetch([site.page("/a")], tmp_path / "file", client)


def test_the_command(site: Site, tmp_path: Path) -> None:
    def arsearch(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-X", "utf8", "-m", "arsearch", "fetch", *arguments, "--out", str(tmp_path)]
        return subprocess.run(command, capture_output=True, encoding="utf-8", check=False)

    url = site.page("/a")
    done = arsearch(url, site.address + "/gone", "--allow-private", "--pause", "0")
    assert (done.returncode, "1 pages saved" in done.stdout, "404" in done.stderr) == (0, True, True)
    refused = arsearch(url, "--json")
    assert refused.returncode == 1
    assert "no public address" in json.loads(refused.stdout)["failed"][url]
