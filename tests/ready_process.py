"""A process that has imported arsearch and forks for each command, which spares each the second that imports take.

Tests ask for one by `run_command`; shells, by a program that `serving_shells` makes. What a command does when it begins
in a cold process is tried by other tests: of streams, of the tutorial, of installations.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import importlib
import json
import os
import runpy
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

__all__ = ["close", "run_command", "serving_shells"]

IMPORTED = (
    "arsearch.backends.local",
    "arsearch.backends.local_index",
    "arsearch.corpus.readers.json_lines",
    "arsearch.evaluation",
    "arsearch.index.build",
    "arsearch.index.update.ingest",
    "arsearch.insights",
    "arsearch.search.searcher",
    "arsearch.semantic.faiss_file",
    "arsearch.semantic.static_encoder",
    "arsearch.semantic.vectors_writer",
)
"""What most commands come to import; the rest a fork imports for itself."""


class _ReadyProcess:
    """Runs ``python -m arsearch`` with arguments, an environment and a folder."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, __file__, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                env=os.environ | {"PYTHONUTF8": "1"},
            )
        self._socket = ours

    def close(self) -> None:
        """End it."""
        self._socket.close()
        self._process.wait()

    def run(self, arguments: Iterable[object], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """Run the command with *arguments*, an *environment* of its own and the folder of this process."""
        words = [str(argument) for argument in arguments]
        request = {"arguments": words, "environment": dict(environment), "folder": str(Path.cwd())}
        pipes = [os.pipe(), os.pipe()]
        said = [b"", b""]

        def read(number: int) -> None:
            with open(pipes[number][0], "rb") as pipe:  # noqa: PTH123  # a descriptor, not a path
                said[number] = pipe.read()

        readers = [threading.Thread(target=read, args=(number,)) for number in range(2)]
        data = json.dumps(request).encode()
        socket.send_fds(self._socket, [len(data).to_bytes(4, "big")], [pipe[1] for pipe in pipes])
        self._socket.sendall(data)
        for _, theirs in pipes:
            os.close(theirs)
        for reader in readers:
            reader.start()
        status = self._socket.recv(4, socket.MSG_WAITALL)
        for reader in readers:
            reader.join()
        assert len(status) == 4, "the process that forks is gone"
        output, errors = (text.decode("utf-8").replace(os.linesep, "\n") for text in said)
        code = int.from_bytes(status, "big", signed=True)
        return subprocess.CompletedProcess(words, code, output, errors)


@functools.cache
def _ready_process() -> _ReadyProcess:
    return _ReadyProcess()


def run_command(arguments: Iterable[object], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run ``python -m arsearch`` to its end, in this folder, with pipes as its outputs and nothing to read."""
    if hasattr(os, "fork"):
        return _ready_process().run(arguments, environment)
    command = [sys.executable, "-m", "arsearch", *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, encoding="utf-8", check=False)


def close() -> None:
    """End the process, if there is one."""
    if _ready_process.cache_info().currsize:
        _ready_process().close()
        _ready_process.cache_clear()


_CLIENT = """\
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as connection:
    connection.connect(sys.argv[1])
    request = {"arguments": sys.argv[2:], "environment": dict(os.environ), "folder": os.getcwd()}
    data = json.dumps(request).encode()
    socket.send_fds(connection, [len(data).to_bytes(4, "big")], [0, 1, 2])
    connection.sendall(data)
    status = connection.recv(4, socket.MSG_WAITALL)
sys.exit(int.from_bytes(status, "big", signed=True) if status else 70)
"""
"""Hands what a shell gave it on, and ends as the command does."""

_PROGRAM = """\
#!/bin/sh
[ "$1" = serve ] && exec "{python}" -m arsearch "$@"
exec "{python}" -I -S "{folder}/client.py" "{folder}/socket" "$@"
"""
"""``arsearch``, as a shell calls it. A server is signalled, and so is a process of its own."""


@contextlib.contextmanager
def serving_shells() -> Iterator[Path]:
    """Have a process ready for shells; gives the path of a program to call ``arsearch``, made for this block."""
    with tempfile.TemporaryDirectory(prefix="arsearch-") as folder:  # a socket's path is to be short
        program = Path(folder, "arsearch")
        program.write_text(_PROGRAM.format(python=sys.executable, folder=folder), encoding="utf-8")
        program.chmod(0o755)
        Path(folder, "client.py").write_text(_CLIENT, encoding="utf-8")
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(f"{folder}/socket")
            listening.listen()
            process = subprocess.Popen(
                [sys.executable, __file__, str(listening.fileno()), "shells"],
                pass_fds=[listening.fileno()],
                stdin=subprocess.DEVNULL,
                env=os.environ | {"PYTHONUTF8": "1"},
            )
        try:
            yield program
        finally:
            process.terminate()
            process.wait()


def _serve_shells(listening: socket.socket) -> bool:
    """Fork for each shell that calls, as several do at once in a pipe; true in what goes on with a command."""
    while True:
        connection, _ = listening.accept()
        if os.fork() == 0:
            listening.close()
            if _serve(connection):
                return True
            os._exit(0)
        connection.close()
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def _serve(connection: socket.socket) -> bool:
    """Fork for each command that comes; true in such a fork, which goes on with the command."""
    while True:
        head, descriptors, _, _ = socket.recv_fds(connection, 4, 3)
        if not head:
            return False
        request = json.loads(connection.recv(int.from_bytes(head, "big"), socket.MSG_WAITALL))
        child = os.fork()
        if child == 0:
            connection.close()
            for number, descriptor in enumerate(descriptors, 3 - len(descriptors)):
                os.dup2(descriptor, number)
                os.close(descriptor)
            os.environ.clear()
            os.environ.update(request["environment"])
            os.chdir(request["folder"])
            sys.argv[1:] = request["arguments"]
            return True
        for descriptor in descriptors:
            os.close(descriptor)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        with contextlib.suppress(BrokenPipeError):
            connection.sendall(code.to_bytes(4, "big", signed=True))


if __name__ == "__main__":
    sys.path[0] = ""  # as `-m` has it
    from arsearch.cli import COMMANDS

    for name in COMMANDS:
        COMMANDS[name]
    for module in IMPORTED:
        importlib.import_module(module)
    gc.freeze()  # what is there now no fork has to look through
    serve = _serve_shells if "shells" in sys.argv else _serve
    if serve(socket.socket(fileno=int(sys.argv[1]))):
        runpy.run_module("arsearch", run_name="__main__", alter_sys=True)
