"""A condition in, patience out; an address in, what answers there out."""

import contextlib
import http.client
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

DEADLINE_S = 15


@dataclass(frozen=True)
class Reply:
    """What a server answered."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@contextlib.contextmanager
def asking(url: str, method: str = "GET") -> Iterator[http.client.HTTPConnection]:
    """Ask, and leave the answer to be waited for; hang up at the end."""
    address = urlsplit(url)
    assert address.hostname
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=DEADLINE_S)
    try:
        connection.request(method, f"{address.path}?{address.query}")
        yield connection
    finally:
        connection.close()


@contextlib.contextmanager
def opened(url: str, method: str = "GET") -> Iterator[http.client.HTTPResponse]:
    """Ask, and leave the body to be read."""
    with asking(url, method) as connection:
        response = connection.getresponse()
        yield response
        response.close()


def fetch(url: str, method: str = "GET") -> Reply:
    with opened(url, method) as response:
        return Reply(response.status, response.headers, response.read())


def until(condition: Callable[[], bool]) -> None:
    """Return as soon as a condition holds; fail after the deadline."""
    pause = threading.Event()
    for _ in range(DEADLINE_S * 50):
        if condition():
            return
        pause.wait(0.02)
    raise AssertionError("waiting for a condition: it never held")
