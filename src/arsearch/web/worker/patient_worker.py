"""A gunicorn worker that no signal, no client and no death of its parent leaves hanging.

gunicorn's threads wait for requests to arrive, so a client that sends a byte now and then holds one, and as many
clients as there are threads hold them all. Here heads of requests arrive in the main loop, where a connection costs no
thread, and a thread is given what is there whole; what the body lacks then has to come in time. gunicorn's handlers of
signals take locks that the code they interrupt may hold; these here set a flag, and the main loop does the rest.
"""

from __future__ import annotations

import errno
import os
import selectors
import socket
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import Any

from gunicorn import http as gunicorn_http
from gunicorn.http.errors import ParseException
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, TConn, ThreadWorker

from arsearch.web.security import BODY_HAS_ARRIVED
from arsearch.web.worker.parents import end_with_parent
from arsearch.web.worker.refusals import HEALTHY, refusal, status_of_parsing

__all__ = ["PatientWorker"]

_HEAD_BYTES = 1 << 16
"""A head that is longer is given to a thread as it is: gunicorn says what is wrong with it."""
_NOTHING_YET = (errno.EAGAIN, errno.EWOULDBLOCK, errno.EINTR)
_NOT_ACCEPTED = (*_NOTHING_YET, errno.ECONNABORTED, errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
_HEALTH = (b"GET /healthz ", b"GET /healthz?", b"HEAD /healthz ")


class PatientWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """A ``gthread`` worker; requests have *request_seconds* to arrive, each from its first byte."""

    request_seconds = 30.0
    wsgi: Callable[..., Iterable[bytes]]
    _is_quitting = False

    def init_process(self) -> None:
        """Run, for as long as the parent does."""
        end_with_parent(self.ppid)
        self._arriving: dict[Any, _Arrival] = {}
        self._bodies: dict[int, tuple[Any, float]] = {}
        self._at_work = 0
        super().init_process()

    def load_wsgi(self) -> None:
        """Load the application, which will be told how to say that the body of a request has arrived."""
        super().load_wsgi()
        application: Callable[..., Iterable[bytes]] = self.wsgi

        def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
            arrived = partial(self._bodies.pop, id(environ["gunicorn.socket"]), None)
            environ[BODY_HAS_ARRIVED] = arrived
            if not environ.get("CONTENT_LENGTH") and not environ.get("HTTP_TRANSFER_ENCODING"):
                arrived()
            return application(environ, start)

        self.wsgi = answer

    # Signals: what handlers do may happen between any two steps of the program

    def handle_exit(self, *_: object) -> None:
        """Finish what was begun, and end."""
        self.alive = False

    def handle_quit(self, *_: object) -> None:
        """End at once."""
        self._is_quitting = True

    def handle_abort(self, *_: object) -> None:
        """End: the parent has waited too long for a sign of life."""
        os._exit(1)

    def handle_usr1(self, *_: object) -> None:
        """Do nothing: there is no file of a log to open again."""

    def handle_winch(self, *_: object) -> None:
        """Do nothing."""

    def run(self) -> None:
        """Accept connections until told to stop, and finish what was begun."""
        # The interpreter writes a byte there for every signal, so the loop wakes up and sees what handlers have noted.
        self.poller.register(self.PIPE[0], selectors.EVENT_READ, _empty)
        super().run()
        self._end()

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Do what there is to do, or wait for it, and see to what has taken too long."""
        if not self._is_quitting:
            super().wait_for_and_dispatch_events(timeout)
        if self._is_quitting:
            self._end()
        self._end_what_does_not_arrive(time.monotonic())

    def _end(self) -> None:
        """Leave without a look back: the interpreter would wait for threads, which need not end."""
        self.forget()
        os._exit(0)

    def forget(self) -> None:
        """Say that this worker accepts nothing any more."""

    # Connections

    def set_accept_enabled(self, enabled: bool) -> None:
        """Accept connections, or do not. Once this worker stops, those that wait are taken and new ones refused."""
        super().set_accept_enabled(enabled)
        if not self.alive:
            for listener in self.sockets:
                if listener.sock is not None:
                    listener.setblocking(False)
                    while self._take(listener):
                        pass
                    listener.close()

    def accept(self, listener: Any) -> None:
        """Accept a connection."""
        self._take(listener)

    def _take(self, listener: Any) -> bool:
        """Accept a connection; return whether there was one."""
        try:
            client, address = listener.accept()
        except OSError as error:
            if error.errno not in _NOT_ACCEPTED:
                raise
            return False
        self.nr_conns += 1
        self.enqueue_req(TConn(self.cfg, client, address, listener.getsockname()))
        return True

    def enqueue_req(self, conn: Any) -> None:
        """Give the request on *conn* to a thread as soon as its head is there."""
        arrival = self._arriving.setdefault(conn, _Arrival(time.monotonic() + self.request_seconds))
        if conn.parser is not None and conn.parser.unreader.buf.getvalue():
            self._hand_over(conn, arrival)  # it came together with the request before
            return
        try:
            conn.sock.setblocking(False)
            data = conn.sock.recv(_HEAD_BYTES)
        except OSError as error:
            if error.errno in _NOTHING_YET:
                self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._go_on, conn))
            else:
                self._drop(conn)
            return
        if not data:
            self._drop(conn)
            return
        arrival.head += data
        if b"\r\n\r\n" in arrival.head or len(arrival.head) >= _HEAD_BYTES:
            self._hand_over(conn, arrival)
        else:
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._go_on, conn))

    def _go_on(self, conn: Any, _: object) -> None:
        self.poller.unregister(conn.sock)
        self.enqueue_req(conn)

    def _hand_over(self, conn: Any, arrival: _Arrival) -> None:
        del self._arriving[conn]
        if self._at_work >= self.cfg.threads and arrival.head.startswith(_HEALTH):
            self._say(conn, HEALTHY)
            return
        if conn.parser is None:
            conn.parser = gunicorn_http.get_parser(self.cfg, conn.sock, conn.client)
        if arrival.head:
            conn.parser.unreader.unread(bytes(arrival.head))
        conn.data_ready = True
        self._bodies[id(conn.sock)] = conn.sock, arrival.deadline
        self._at_work += 1
        super().enqueue_req(conn)

    def finish_request(self, conn: Any, fs: Any) -> None:
        """Close the connection, or wait for the next request on it."""
        self._at_work -= 1
        self._bodies.pop(id(conn.sock), None)
        super().finish_request(conn, fs)

    def _end_what_does_not_arrive(self, now: float) -> None:
        for conn, arrival in list(self._arriving.items()):
            if not self.alive and not arrival.head:  # as with connections that were kept alive
                arrival.deadline = min(arrival.deadline, now + STOP_KEEPALIVE_LINGER)
            if now > arrival.deadline:
                with suppress(KeyError, ValueError):
                    self.poller.unregister(conn.sock)
                del self._arriving[conn]
                self._say(conn, refusal(HTTPStatus.REQUEST_TIMEOUT)[0] if arrival.head else b"")
        for key, (sock, deadline) in list(self._bodies.items()):
            if now > deadline:
                self._bodies.pop(key, None)
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RD)  # who waits for more sees that nothing comes

    def _say(self, conn: Any, response: bytes) -> None:
        """Send as much of *response* as goes at once, and close."""
        with suppress(OSError):
            conn.sock.setblocking(False)
            conn.sock.send(response)
        self.nr_conns -= 1
        conn.close()

    def _drop(self, conn: Any) -> None:
        del self._arriving[conn]
        self.nr_conns -= 1
        conn.close()

    # What goes wrong with requests

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Answer *req*."""
        kept = super().handle_request(req, conn)
        req.is_answered = True
        return kept

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Answer a request that cannot be read with a problem document, unless it has its answer already."""
        if getattr(req, "is_answered", False):
            self.log.debug("What follows a request cannot be read: %s", exc)
            return
        status = status_of_parsing(exc)
        response, identifier = refusal(status)
        if isinstance(exc, ParseException) and status < 500:
            self.log.warning("a request from %s cannot be read: %s (%s)", (addr or ("?",))[0], exc, identifier)
        else:
            self.log.error("a request failed (%s)", identifier, exc_info=exc)
        with suppress(OSError):
            client.sendall(response)


class _Arrival:
    """What has come of a request, and by when it has to be there."""

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self.head = bytearray()


def _empty(descriptor: int) -> None:
    with suppress(BlockingIOError):
        while os.read(descriptor, 4096):
            pass
