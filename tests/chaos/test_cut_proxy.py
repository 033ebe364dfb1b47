"""The proxy that cuts: whole bytes while it is whole, and every way of ending in the middle."""

import random
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from local.chaos.cut_proxy import CutProxy

ANSWER = b"answer" * 10_000


@pytest.fixture
def server() -> Iterator[int]:
    """Answer each line with a long answer, on every connection."""
    listener = socket.create_server(("127.0.0.1", 0))
    connections: list[socket.socket] = []

    def serve(connection: socket.socket) -> None:
        try:
            while b"\n" in connection.recv(100_000):
                connection.sendall(ANSWER)
        except OSError:
            return
        finally:
            connection.close()

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connections.append(connection)
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield listener.getsockname()[1]
    for each in (listener, *connections):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()


@pytest.fixture
def proxy(server: int) -> Iterator[CutProxy]:
    proxy = CutProxy(server, random.Random(1), cut_bytes_max=10)
    yield proxy
    proxy.close()


def ask(port: int, *, timeout_s: float = 10) -> bytes | None:
    """Return what a request is answered until its end or its cut; None when nobody says a thing."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout_s) as connection:
        connection.sendall(b"a request of a line\n")
        answer = b""
        try:
            while len(answer) < len(ANSWER) and (data := connection.recv(65_536)):
                answer += data
        except TimeoutError:
            return None
        except ConnectionError:
            return answer
        return answer


def test_a_whole_connection_carries_every_byte(proxy: CutProxy) -> None:
    assert ask(proxy.port) == ANSWER
    assert proxy.cuts == 0


def test_connections_are_cut_in_the_middle_and_seldom_whole(proxy: CutProxy) -> None:
    proxy.mode = "cut"
    answers = [ask(proxy.port) for _ in range(20)]
    assert None not in answers, "who is cut is told so"
    assert proxy.cuts >= 10
    assert sum(answer != ANSWER for answer in answers) >= 10
    proxy.mode = "whole"
    assert ask(proxy.port) == ANSWER


def test_a_half_open_connection_says_nothing_and_another_works(proxy: CutProxy) -> None:
    proxy.mode = "half-open"
    assert ask(proxy.port, timeout_s=0.3) is None
    assert proxy.cuts == 1
    proxy.mode = "whole"
    assert ask(proxy.port) == ANSWER
