"""A service and requests in, its answers out, in this process; a fault of ours is raised."""

import asyncio
import functools
import json
import logging
import random
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import cbor2

from core.clock import ManualClock
from local.wire import AwsApp, build_app
from local.wire.message import Response

_STATUSES = {*range(200, 300), 304, *range(400, 500), 501}


class _Faults(logging.Handler):
    """Keeps what the endpoint writes down when our own code fails; clients see a 500 only."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.first: BaseException | None = None

    def emit(self, record: logging.LogRecord) -> None:
        if self.first is None and record.exc_info:
            self.first = record.exc_info[1]


class _Replaced:
    """Stands where the app has its service; a new one is made when one is called."""

    def __init__(self, kind: type, make: Callable[[Path], Any]) -> None:
        self._kind = kind
        self._make = make
        self._folder = Path()
        self._made: Any = None

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._kind, name)

        @functools.wraps(method)
        def call(**params: Any) -> Any:
            return getattr(self._service(), name)(**params)

        return call

    def _service(self) -> Any:
        if self._made is None:
            self._made = self._make(self._folder)
        return self._made

    def _close(self) -> None:
        if self._made is not None:
            self._made.close()
            self._made = None


class WireDesk:
    """An app with one service, which every input finds as `make` makes it in an empty folder."""

    def __init__(self, name: str, kind: type, make: Callable[[Path], Any]) -> None:
        self._stand = _Replaced(kind, make)
        self._app = build_app({name: self._stand}, clock=ManualClock(), rng=random.Random(1))

    @contextmanager
    def fresh(self) -> Iterator[Path]:
        """Yield the folder of the service to come."""
        with tempfile.TemporaryDirectory() as folder:
            self._stand._folder = Path(folder)
            try:
                yield Path(folder)
            finally:
                self._stand._close()

    @property
    def service(self) -> Any:
        """Return the service if a request has reached it, else None."""
        return self._stand._made

    def ask(self, requests: list[dict[str, Any]]) -> list[Response]:
        """Return the answers to requests, one after the other; raise what failed inside."""
        log = logging.getLogger("cube.wire")
        faults = _Faults()
        log.addHandler(faults)
        propagate, log.propagate = log.propagate, False
        try:
            answers = asyncio.run(self._ask(requests))
        finally:
            log.removeHandler(faults)
            log.propagate = propagate
        if faults.first is not None:
            raise faults.first
        for request, answer in zip(requests, answers, strict=True):
            check(answer, request["method"])
        return answers

    async def _ask(self, requests: list[dict[str, Any]]) -> list[Response]:
        return [await _answer(self._app, request) for request in requests]


async def _answer(app: AwsApp, request: Mapping[str, Any]) -> Response:
    sent: list[Mapping[str, Any]] = []

    async def receive() -> Mapping[str, Any]:
        return {"type": "http.request", "body": request["body"]}

    async def send(event: Mapping[str, Any]) -> None:
        sent.append(event)

    headers = {"host": "127.0.0.1", **request.get("headers", {})}
    scope = {
        "type": "http",
        "method": request["method"],
        "raw_path": request.get("path", b"/"),
        "query_string": request.get("query", b""),
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers.items()],
    }
    await app(scope, receive, send)
    start, body = sent
    answered = {name.decode(): value.decode("latin-1") for name, value in start["headers"]}
    return Response(start["status"], body["body"], answered)


def check(answer: Response, method: str) -> None:
    """An answer is no fault of ours, and its body is what its content type says."""
    assert answer.status in _STATUSES, answer
    assert len(answer.body) < 1 << 20, "an answer does not grow"
    kind = answer.headers.get("content-type", "")
    if method == "HEAD" or not answer.body:
        return
    if "cbor" in kind:
        assert isinstance(cbor2.loads(answer.body, semantic_decoders={1: lambda v, *_: v}), dict)
    elif "json" in kind:
        assert isinstance(json.loads(answer.body), dict)
    elif "xml" in kind and answer.status >= 400:
        ElementTree.fromstring(answer.body)
