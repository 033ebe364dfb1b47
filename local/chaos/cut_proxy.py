"""A port in, another port in front of it out, whose connections are cut when it is told so."""

import random
import socket
import struct
import threading
from contextlib import suppress
from typing import Final, Literal

Mode = Literal["whole", "cut", "half-open"]
_READ: Final = 16_384
_RESET: Final = struct.pack("ii", 1, 0)  # SO_LINGER of no time: close says RST, not FIN
_BOTH: Final = 2


class CutProxy:
    """Passes bytes on. `mode` is what happens to connections from now on:

    `cut`: after some number of bytes, of the request or of the answer, both ends are closed, half
    of them with RST. `half-open`: bytes of the request are swallowed and nothing is ever answered,
    as when a router forgets a connection; those that were open stay so for good.
    """

    def __init__(self, port: int, rng: random.Random, *, cut_bytes_max: int) -> None:
        self._port = port
        self._rng = rng
        self._cut_bytes_max = cut_bytes_max
        self.mode: Mode = "whole"
        self.cuts = 0
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, name="proxy", daemon=True).start()

    def close(self) -> None:
        for connection in (self._listener, *self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._port))
            except OSError:  # the engine is away: so is what stands in front of it
                client.close()
                continue
            self._open += [client, server]
            pair = _Pair(client, server)
            for source, sink in ((client, server), (server, client)):
                threading.Thread(
                    target=self._pass_on, args=(pair, source, sink), name="pump", daemon=True
                ).start()

    def _pass_on(self, pair: "_Pair", source: socket.socket, sink: socket.socket) -> None:
        """Move bytes one way until an end closes, or the connection is cut."""
        budget: int | None = None
        with suppress(OSError):
            while data := source.recv(_READ):
                if pair.half_open or self.mode == "half-open":
                    pair.half_open = True
                    self.cuts += source is pair.client
                    continue
                if self.mode == "cut" and budget is None:
                    most = self._cut_bytes_max if source is pair.client else len(data)
                    budget = self._rng.randrange(_BOTH * most)  # as often not at all
                if budget is not None and self.mode == "cut" and len(data) > budget:
                    sink.sendall(data[:budget])
                    self.cuts += 1
                    pair.cut(reset=self._rng.random() < 1 / _BOTH)
                    return
                budget = budget - len(data) if budget is not None else None
                sink.sendall(data)
        if not pair.half_open:
            pair.cut(reset=False)


class _Pair:
    """The two ends of one connection."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.client = client
        self.server = server
        self.half_open = False

    def cut(self, *, reset: bool) -> None:
        for end in (self.client, self.server):
            with suppress(OSError):
                if reset:
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                # Who reads from this end must wake up, or its close waits for that read.
                end.shutdown(socket.SHUT_RD if reset else socket.SHUT_RDWR)
                end.close()
