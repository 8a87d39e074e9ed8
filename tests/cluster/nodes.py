"""Real OpenSearch nodes on loopback ports, put together from Maven Central and run by this machine's JDK.

`python3 -m tests.cluster.nodes` runs a cluster until Ctrl-C, for trying things by hand. The server refuses to run as
root; root runs it as `nobody`, from links to the cached files, because a home folder is closed to others.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.cluster.server_files import VERSION, CannotRunError, cached, fetch

JDKS = range(11, 24)
"""OpenSearch 2 needs Java 11, and the Security Manager that Java 24 no longer has."""

START_SECONDS = 300.0
"""How long nodes may take to become one cluster; three take about 15 s on two free cores, a minute on busy ones."""

HEAP = "512m"

ROOM = 2 << 30
"""Bytes that must be free in memory before data is kept there; the tests' nodes have a few hundred million."""

QUICK_START = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
"""What halves the time to start, for a slower server; measurements go without."""

CLASSES = "classes.jsa"
"""The file of a cluster in which Java keeps the classes that a node loads, as it has read and checked them."""


def java() -> tuple[str, str]:
    """The path of a Java that this version of OpenSearch runs on, and what it says of its version.

    Raises:
        CannotRunError: if there is none in JAVA_HOME or on the path.
    """
    home = os.environ.get("JAVA_HOME")
    path = str(Path(home, "bin", "java")) if home else shutil.which("java")
    if path is None or not Path(path).exists():
        raise CannotRunError("no Java: install a JDK or JRE of version 17, or set JAVA_HOME")
    answer = subprocess.run([path, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(?:1\.)?(\d+)', answer)
    if found is None or int(found.group(1)) not in JDKS:
        raise CannotRunError(f"{path} does not run OpenSearch {VERSION}: it needs Java {JDKS[0]} to {JDKS[-1]}")
    return path, answer


def unprivileged() -> list[str]:
    """What to put before a command so that it ends with its parent and, for root, runs as `nobody`.

    Raises:
        CannotRunError: for root, without util-linux's setpriv.
    """
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        if os.getuid() == 0:
            raise CannotRunError("OpenSearch does not run as root, and setpriv of util-linux is missing")
        return []
    user = ["--reuid=nobody", "--regid=nogroup", "--clear-groups"] if os.getuid() == 0 else []
    return [setpriv, "--pdeathsig", "KILL", *user]


class Node:
    """One server process with its own data folder; it keeps its ports when it is started again."""

    def __init__(self, name: str, folder: Path, data: Path, home: Path, settings: dict[str, Any]) -> None:
        self.name = name
        self.folder = folder
        self.home = home
        self.settings = settings
        self.process: subprocess.Popen[bytes] | None = None
        self.data = data
        self.http_port = 0
        self.transport_port = 0

    @property
    def url(self) -> str:
        """Where the node answers, once it has started."""
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def ports_files(self) -> tuple[Path, Path]:
        """Written by the server when it listens: its addresses for HTTP and for other nodes, one a line."""
        return self.folder / "logs" / "http.ports", self.folder / "logs" / "transport.ports"

    def start(self, command: Sequence[str]) -> None:
        """Start the process; *command* is Java with what all nodes are given."""
        for folder in ("config", "logs", "tmp"):
            (self.folder / folder).mkdir(exist_ok=True)
        self.data.mkdir(exist_ok=True)
        for path in self.ports_files:
            path.unlink(missing_ok=True)
        shutil.copy(self.home / "config" / "log4j2.properties", self.folder / "config")
        settings = {
            **self.settings,
            "node.name": self.name,
            "node.portsfile": True,
            "path.data": str(self.data),
            "path.logs": str(self.folder / "logs"),
            "http.port": self.http_port,
            "transport.port": self.transport_port,
        }
        lines = [f"{name}: {json.dumps(value)}\n" for name, value in settings.items()]
        (self.folder / "config" / "opensearch.yml").write_text("".join(lines), encoding="utf-8")
        if os.getuid() == 0:
            for path in (self.folder, *self.folder.rglob("*"), self.data):
                shutil.chown(path, "nobody", "nogroup")
        with (self.folder / "output.txt").open("ab") as output:
            self.process = subprocess.Popen(
                [
                    *command,
                    f"-Djava.io.tmpdir={self.folder / 'tmp'}",
                    f"-Dopensearch.path.home={self.home}",
                    f"-Dopensearch.path.conf={self.folder / 'config'}",
                    "-Dopensearch.distribution.type=zip",
                    "-Dopensearch.bundled_jdk=false",
                    "-cp",
                    # By the same names in the same order always, or Java does not take the classes it has kept.
                    ":".join(sorted(f"lib/{path.name}" for path in (self.home / "lib").glob("*.jar"))),
                    "org.opensearch.bootstrap.OpenSearch",
                ],
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def listening(self) -> bool:
        """Whether the node has said where it listens; notes the ports when it has."""
        if self.process is not None and self.process.poll() is not None:
            raise RuntimeError(f"{self.name} ended with status {self.process.returncode}:\n{self.last_output()}")
        if not all(path.exists() and path.read_text().endswith("\n") for path in self.ports_files):
            return False
        addresses = [path.read_text().splitlines() for path in self.ports_files]
        http, transport = (next(a for a in lines if a.startswith("127.0.0.1:")) for lines in addresses)
        self.http_port, self.transport_port = int(http.rpartition(":")[2]), int(transport.rpartition(":")[2])
        return True

    def last_output(self) -> str:
        """The end of what the process printed."""
        return (self.folder / "output.txt").read_text(encoding="utf-8", errors="replace")[-4000:]

    def stop(self) -> None:
        """Ask the process to end, as a service manager does, and wait until it has."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=START_SECONDS)
            self.process = None

    def kill(self) -> None:
        """End the process at once, as if the machine had lost its power."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


class Cluster:
    """Nodes that know each other, in a temporary folder; a context manager that always stops them.

    Disk watermarks are off, because the disk of the machine that tests is nobody's business here. *mapped*: whether
    nodes map their files into memory, as they do unless they are told otherwise.

    Raises:
        CannotRunError: if this machine cannot run OpenSearch.
    """

    def __init__(
        self, nodes: int = 3, heap: str = HEAP, options: Sequence[str] = QUICK_START, *, mapped: bool = False
    ) -> None:
        (program, version), before, home = java(), unprivileged(), fetch()
        self.folder = Path(tempfile.mkdtemp(prefix="arsearch-cluster-"))
        # OpenSearch allows reading its libraries by their full names: this has Java compare those.
        names_in_full = "-Djdk.io.permissionsUseCanonicalPath=true"
        self.command = [*before, program, f"-Xms{heap}", f"-Xmx{heap}", names_in_full, *options]
        kept = kept_classes(version)
        if options == QUICK_START and kept.exists():
            _link(str(kept), str(self.folder / CLASSES))
            self.command.append(f"-XX:SharedArchiveFile={self.folder / CLASSES}")
        shutil.copytree(home, self.folder / "opensearch", copy_function=_link)
        names = [f"node-{number}" for number in range(nodes)]
        settings = {
            "cluster.name": self.folder.name,
            "network.host": "127.0.0.1",
            "discovery.seed_providers": "file",
            "discovery.initial_state_timeout": "0s",  # a node says where it listens before it knows the others
            "cluster.initial_cluster_manager_nodes": names,
            "cluster.routing.allocation.disk.threshold_enabled": False,
            "cluster.info.update.interval": "10s",  # how soon a full disk is noticed: as soon as may be
            "node.store.allow_mmap": mapped,  # for files of a few bytes, mapping and unmapping is most of the work
        }
        self.data = Path(tempfile.mkdtemp(prefix="arsearch-cluster-data-", dir=_in_memory()))
        self.nodes = [
            Node(name, self.folder / name, self.data / name, self.folder / "opensearch", settings) for name in names
        ]
        for node in self.nodes:
            node.folder.mkdir()
        if os.getuid() == 0:
            for folder in (self.folder, self.data):
                shutil.chown(folder, "nobody", "nogroup")

    def __enter__(self) -> Cluster:
        try:
            self.start(*self.nodes)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def urls(self) -> list[str]:
        """Where the nodes answer, those that run."""
        return [node.url for node in self.nodes if node.process is not None]

    def start(self, *nodes: Node) -> None:
        """Start *nodes* and wait until all that run are one cluster, and green."""
        for node in nodes:
            node.start(self.command)
        deadline = time.monotonic() + START_SECONDS
        _poll(lambda: all(node.listening() for node in nodes), deadline, self.describe)
        seeds = "".join(f"127.0.0.1:{node.transport_port}\n" for node in self.nodes if node.process is not None)
        for node in self.nodes:
            (node.folder / "config" / "unicast_hosts.txt").write_text(seeds, encoding="utf-8")
        self.wait(nodes=len(self.urls), deadline=deadline)

    def start_again(self, node: Node) -> None:
        """Start *node* and wait until it has joined; its shards may still be elsewhere, or on their way."""
        node.start(self.command)
        deadline = time.monotonic() + START_SECONDS
        _poll(node.listening, deadline, self.describe)
        self.wait("yellow", nodes=len(self.urls), deadline=deadline)

    def wait(self, status: str = "green", nodes: int | None = None, deadline: float | None = None) -> None:
        """Wait until the cluster has *nodes* nodes and is *status* or better.

        Raises:
            TimeoutError: when *deadline*, of the monotonic clock, has passed.
        """
        wanted = f"_cluster/health?wait_for_status={status}&wait_for_nodes={nodes or len(self.urls)}&timeout=2s"
        wanted += "&wait_for_no_initializing_shards=true"

        def ready() -> bool:
            try:
                return not self.request("GET", wanted)["timed_out"]
            except (urllib.error.HTTPError, urllib.error.URLError, OSError):
                return False

        _poll(ready, deadline or time.monotonic() + START_SECONDS, self.describe)

    def wait_for(self, done: Callable[[], bool]) -> None:
        """Wait until *done* says so.

        Raises:
            TimeoutError: if it does not within minutes.
        """
        _poll(done, time.monotonic() + START_SECONDS, self.describe)

    def request(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the first node that runs; *body* goes as JSON, and so does the answer come."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.urls[0]}/{path}", data=data, method=method, headers={"Content-Type": "application/json"}
        )
        # No proxy of the environment stands between this machine and itself.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=60) as answer:
            return json.load(answer)

    def wipe(self) -> None:
        """Delete all indexes and every setting made while the cluster ran."""
        self.request("PUT", "_cluster/settings", {"transient": {"*": None}, "persistent": {"*": None}})
        if names := list(self.request("GET", "_all")):
            self.request("DELETE", ",".join(names))

    def describe(self) -> str:
        """What the nodes printed last, for the message of a failure."""
        return "\n".join(f"{node.name}:\n{node.last_output()}" for node in self.nodes if node.process is not None)

    def kill(self) -> None:
        """End all nodes at once; they can be started again."""
        for node in self.nodes:
            node.kill()

    def close(self) -> None:
        """Stop the nodes and remove their files."""
        self.kill()
        for folder in (self.folder, self.data):
            shutil.rmtree(folder)


def kept_classes(version: str) -> Path:
    """Where the classes that nodes load are kept between runs, for these files and a Java of *version*."""
    files = [f"{path.name} {path.stat().st_mtime_ns}" for path in sorted((fetch() / "lib").glob("*.jar"))]
    key = hashlib.sha256("\n".join([version, *files]).encode()).hexdigest()
    return cached().with_name(f"opensearch-{VERSION}-{key[:12]}.jsa")


def keep_classes() -> None:
    """Have a node note which classes it loads, unless one did: it takes as long as a start, and saves a third of each.

    Java 11 cannot, and a node that has not noted them is no failure: others start as they did.
    """
    kept = kept_classes(java()[1])
    if kept.exists():
        return
    cluster = Cluster(nodes=1)
    made = cluster.folder / CLASSES
    cluster.command.append(f"-XX:ArchiveClassesAtExit={made}")
    with cluster:
        cluster.request("PUT", "some", {"mappings": {"properties": {"text": {"type": "text"}}}})
        cluster.request("PUT", "some/_doc/1?refresh=true", {"text": "a"})
        cluster.request("POST", "some/_search", {"query": {"match": {"text": "a"}}})
        cluster.nodes[0].stop()
        if made.exists():
            draft = kept.with_name(f"{kept.name}.{os.getpid()}")
            shutil.copyfile(made, draft)
            draft.replace(kept)


def _in_memory() -> str | None:
    """Where files need no disk, if there is room for the nodes' data; else none, for the usual temporary folder.

    Half of what small indexes cost is waiting until the disk has them, and no machine loses its power here.
    """
    folder = "/dev/shm"  # folders of their own are made in it
    return folder if Path(folder).is_dir() and shutil.disk_usage(folder).free > ROOM else None


def _link(source: str, target: str) -> None:
    """Link a file of the cache, or copy it where the temporary folder is on another disk."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy(source, target)


def _poll(done: Any, deadline: float, describe: Any) -> None:
    while not done():
        if time.monotonic() > deadline:
            raise TimeoutError(f"OpenSearch did not get ready in time.\n{describe()}")
        time.sleep(0.1)


@contextlib.contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Have SIGTERM end the program as Ctrl-C does, so that the nodes are stopped."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    with contextlib.suppress(KeyboardInterrupt):
        yield


def main() -> int:
    """Serve a cluster in the foreground."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--nodes", type=int, default=3)
    parser.add_argument("--heap", default=HEAP, help="heap of a node, as Java writes it")
    parser.add_argument("--fast", action="store_true", help="start slower and answer faster, for measurements")
    arguments = parser.parse_args()
    options = () if arguments.fast else QUICK_START
    try:
        with _ended_by_signals(), Cluster(arguments.nodes, arguments.heap, options, mapped=arguments.fast) as cluster:
            print(",".join(cluster.urls), flush=True)  # noqa: T201
            signal.pause()
    except CannotRunError as error:
        print(f"No cluster here: {error}.", file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
