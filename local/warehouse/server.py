"""A listening socket and a warehouse in, clients served out: a thread for each, not too many."""

import logging
import random
import selectors
import socket
import threading
from typing import Final

from core.clock import Clock
from core.errors import PortTaken
from local.warehouse.cancel import BackendKey, CancelRegistry
from local.warehouse.channel import Channel, ClientGone
from local.warehouse.connection import Connection
from local.warehouse.error import WarehouseError
from local.warehouse.limits import (
    ACCEPT_PAUSE_MS,
    CONNECTIONS_MAX,
    DOORS_MAX,
    STOP_FORCE_MS,
    STOP_GRACE_MS,
    STOP_LOOK_MS,
)
from local.warehouse.message import (
    AUTHENTICATION_OK,
    backend_key,
    error_response,
    parameter_status,
    ready_for_query,
)
from local.warehouse.session import Session
from local.warehouse.startup import Gate, Login, Startup
from local.warehouse.warehouse import Warehouse

HOST: Final = "127.0.0.1"
BACKLOG: Final = 128
# What Redshift says of itself; `server_protocol_version` is left out, so that the driver speaks
# plain PostgreSQL.
_PARAMETERS: Final = {
    "server_version": "8.0.2",
    "server_encoding": "UTF8",
    "client_encoding": "UTF8",
    "DateStyle": "ISO, MDY",
    "IntervalStyle": "postgres",
    "TimeZone": "UTC",
    "integer_datetimes": "on",
    "standard_conforming_strings": "on",
    "is_superuser": "on",
}

log = logging.getLogger("cube.warehouse")


def listen(port: int) -> socket.socket:
    """Return a socket that listens on this machine only (port 0: a free one); raise PortTaken."""
    try:
        return socket.create_server((HOST, port), backlog=BACKLOG)
    except OSError as error:
        raise PortTaken(f"opening port {port}: {error.strerror}") from error


class WarehouseServer:
    """Answers from `start` to `stop`; statements from `open` on, until then it is starting up."""

    def __init__(
        self, listener: socket.socket, gate: Gate, *, clock: Clock, rng: random.Random
    ) -> None:
        self.port: Final[int] = listener.getsockname()[1]
        self._listener = listener
        self._gate = gate
        self._clock = clock
        self._cancels = CancelRegistry(rng)
        self._warehouse: Warehouse | None = None
        self._stopping = threading.Event()
        self._wake, self._woken = socket.socketpair()
        self._accepting = threading.Thread(
            target=self._accept, name=f"warehouse-{self.port}-accept"
        )
        self._lock = threading.Lock()
        self._clients: dict[Channel, threading.Thread] = {}
        self._seats = threading.BoundedSemaphore(CONNECTIONS_MAX)

    def start(self) -> None:
        self._accepting.start()

    def open(self, warehouse: Warehouse) -> None:
        """Serve this warehouse from now on."""
        self._warehouse = warehouse

    def stop(self) -> None:
        """Cancel what runs, tell every client, and end every thread; twice is once."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        self._wake.send(b"\0")
        self._accepting.join()
        self._listener.close()
        for how, within_ms in (
            (socket.SHUT_RD, STOP_GRACE_MS),
            (socket.SHUT_RDWR, STOP_FORCE_MS),
        ):
            for channel, _ in self._served():
                channel.hang_up(how)
            deadline_ms = self._clock.monotonic_ms() + within_ms
            while (left := self._served()) and self._clock.monotonic_ms() < deadline_ms:
                self._cancels.cancel_all()  # again and again: some had one more to begin
                _, thread = left[0]
                thread.join(STOP_LOOK_MS / 1000)
        self._wake.close()
        self._woken.close()

    def client_count(self) -> int:
        """Return how many connections are open, logged in or not."""
        return len(self._served())

    def _served(self) -> list[tuple[Channel, threading.Thread]]:
        with self._lock:
            return list(self._clients.items())

    def _accept(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            while True:
                selector.select()
                if self._stopping.is_set():
                    return
                try:
                    sock, _ = self._listener.accept()
                except OSError as error:  # it left already, or no descriptor is free
                    log.warning("accepting a connection: %s", error)
                    self._stopping.wait(ACCEPT_PAUSE_MS / 1000)
                    continue
                self._admit(sock)

    def _admit(self, sock: socket.socket) -> None:
        """Give a connection its thread; too many of them are turned away at once."""
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        channel = Channel(sock, self._clock)
        thread = threading.Thread(
            target=self._serve, args=(channel,), name=f"warehouse-{self.port}-client", daemon=True
        )
        with self._lock:
            full = len(self._clients) >= CONNECTIONS_MAX + DOORS_MAX
            if not full:
                self._clients[channel] = thread
        if full:
            channel.close()
            return
        thread.start()

    def _serve(self, channel: Channel) -> None:
        """Serve one connection to its end, whatever it sends."""
        try:
            self._talk(channel)
        except ClientGone as gone:
            if self._stopping.is_set():
                _say_last(channel, _shutdown())
            else:
                log.debug("a client is gone: %s", gone)
        except WarehouseError as error:
            _say_last(channel, error)
        except Exception:
            log.exception("serving a client")
            _say_last(channel, WarehouseError("XX000", "internal error: the server's log has it"))
        finally:
            channel.close()
            with self._lock:
                del self._clients[channel]

    def _talk(self, channel: Channel) -> None:
        warehouse = self._warehouse
        startup = Startup(
            channel, self._gate, self._cancels, self._clock, ready=warehouse is not None
        )
        login = startup.run()
        if login is None:
            return
        assert warehouse is not None, "nobody logs in before that"
        if not self._seats.acquire(blocking=False):
            raise WarehouseError(
                "53300",
                f"too many connections: at most {CONNECTIONS_MAX}",
                hint="Close some that are idle.",
            )
        try:
            self._serve_session(channel, warehouse, login)
        finally:
            self._seats.release()

    def _serve_session(self, channel: Channel, warehouse: Warehouse, login: Login) -> None:
        session = Session(warehouse, user=login.user, database=login.database)
        key = self._cancels.add(session.cancel)
        try:
            _welcome(channel, login, key)
            Connection(channel, session).run()
        finally:
            self._cancels.remove(key)
            session.close()


def _welcome(channel: Channel, login: Login, key: BackendKey) -> None:
    told = {
        **_PARAMETERS,
        "session_authorization": login.user,
        "application_name": login.parameters.get("application_name", ""),
    }
    channel.write(AUTHENTICATION_OK)
    for name, value in told.items():
        channel.write(parameter_status(name, value))
    channel.write(backend_key(key.process_id, key.secret))
    channel.write(ready_for_query("I"))
    channel.flush()


def _shutdown() -> WarehouseError:
    return WarehouseError("57P01", "terminating connection due to administrator command")


def _say_last(channel: Channel, error: WarehouseError) -> None:
    """Tell a client why its connection ends; it may be gone."""
    try:
        channel.write(error_response(error, "FATAL"))
        channel.flush()
    except ClientGone as gone:
        log.debug("a client did not hear why it was sent away: %s", gone)
