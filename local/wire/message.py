"""ASGI events in, a whole HTTP request out; a whole response in, ASGI events out."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from local.wire.limits import BODY_BYTES_MAX, DRAINED_BYTES_MAX, OBJECT_BYTES_MAX

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Disconnected(Exception):
    """The client went away before its request was complete: nothing is done."""


class BodyTooLarge(Exception):
    """The body is over the limit; it was read to its end and thrown away."""

    def __init__(self, request: "Request", bytes_max: int) -> None:
        super().__init__(f"the body is over {bytes_max} bytes")
        self.request = request


@dataclass(frozen=True, slots=True)
class Request:
    """One request, complete. `path` and `query` are as sent, header names are in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Response:
    """One answer, complete."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


async def read_request(scope: Scope, receive: Receive) -> Request:
    """Return the request with its body; raises Disconnected or BodyTooLarge."""
    request = Request(
        method=scope["method"],
        path=scope["raw_path"].decode("latin-1"),
        query=scope["query_string"].decode("latin-1"),
        headers=_headers(scope["headers"]),
    )
    bytes_max = BODY_BYTES_MAX if "x-amz-target" in request.headers else OBJECT_BYTES_MAX
    chunks: list[bytes] = []
    size = 0
    while True:
        event = await receive()
        if event["type"] == "http.disconnect":
            raise Disconnected
        chunk = event.get("body", b"")
        size += len(chunk)
        if size > DRAINED_BYTES_MAX:
            raise Disconnected
        if size > bytes_max:
            chunks.clear()
        elif chunk:
            chunks.append(chunk)
        if not event.get("more_body"):
            break
    if size > bytes_max:
        raise BodyTooLarge(request, bytes_max)
    body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
    return Request(request.method, request.path, request.query, request.headers, body)


async def send_response(send: Send, response: Response, *, head: bool) -> None:
    """Send the answer; `head` leaves the body out and keeps its length."""
    headers = {"content-length": str(len(response.body)), **response.headers}
    if response.status in (204, 304):
        headers.pop("content-length")
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": response.status, "headers": raw})
    await send({"type": "http.response.body", "body": b"" if head else response.body})


def _headers(pairs: list[tuple[bytes, bytes]]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for raw_name, raw_value in pairs:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    return headers
