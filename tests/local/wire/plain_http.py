"""Bytes in, what the server answers out: HTTP without an SDK, to send what no SDK would."""

import http.client
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

DEADLINE_S = 10.0


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def send(
    url: str,
    *,
    method: str = "POST",
    path: str = "/",
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
) -> Answer:
    """Send one request; TimeoutError when no whole answer comes within the deadline."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=DEADLINE_S)
    try:
        own_host = "host" in (headers or {})
        connection.putrequest(method, path, skip_host=own_host, skip_accept_encoding=True)
        for name, value in {"content-length": str(len(body)), **(headers or {})}.items():
            connection.putheader(name, value.encode("latin-1"))
        connection.endheaders(body)
        reply = connection.getresponse()
        found = {name.lower(): value for name, value in reply.getheaders()}
        return Answer(reply.status, found, reply.read())
    finally:
        connection.close()


def call(
    url: str, target: str, body: bytes, content_type: str = "application/x-amz-json-1.1"
) -> Answer:
    """Call an operation such as `Kinesis_20131202.PutRecord` with a body as it is."""
    return send(url, headers={"x-amz-target": target, "content-type": content_type}, body=body)


def kinesis(url: str, operation: str, request: Any) -> Answer:
    return call(url, f"Kinesis_20131202.{operation}", json.dumps(request).encode())


def connect(url: str) -> socket.socket:
    """Return a raw connection with a deadline."""
    address = urlsplit(url)
    return socket.create_connection((address.hostname, address.port or 80), timeout=DEADLINE_S)
