"""Any path and query of the dashboard's API in: it is answered, or refused by name."""

import asyncio
import atexit
import json
import logging
import random
from collections.abc import MutableMapping
from typing import Any, Final

from core.clock import ManualClock
from dashboard.app import build_app
from dashboard.history.desk import Desk
from tests.dashboard.fake_warehouse import FakeWarehouse
from tests.dashboard.tally_table import TABLE, TallyTable
from tests.fuzz.slices import Slices

_PATHS: Final = (
    *("/api/snapshot", "/api/history/query", "/api/history/context", "/api/export"),
    *("/api/history/questions", "/api/history/cancel", "/healthz", "/readyz", "/nowhere"),
)
_QUERIES: Final = (
    (0, "poll=cube&history=true"),
    (0, "poll=No%20Poll"),
    (1, "question=votes_by_hour&poll=cube&from=now-2h&colours=red&colours=o%27range"),
    (1, "question=votes_by_hour&from=2026-09-21T00:00&until=now&run=a"),
    (2, "poll=tea&run=x"),
    (3, "question=votes_by_hour&from=now-1d"),
    (5, "run=a"),
)
SEEDS: Final = tuple(bytes([path]) + query.encode() for path, query in _QUERIES)
WORDS: Final = (
    *(
        b"question=",
        b"votes_by_hour",
        b"votes_by_minute",
        b"&poll=",
        b"&from=",
        b"&until=",
        b"now-",
    ),
    *(
        b"&colours=",
        b"&run=",
        b"&history=",
        b"true",
        b"now-99999999999d",
        b"2026-09-21T00:00",
        b"%00",
    ),
    *(
        b"%ff",
        b"%F0%9F%9F%A5",
        b"%ED%A0%80",
        b"9" * 30,
        b"-1",
        b"1e400",
        b"%27",
        b"%0d%0a",
        b"&bucket=",
    ),
    *(
        b"&limit=",
        b"&region=",
        b"&colour=",
        b"&minutes=",
        b"&days=",
        b"+00:00",
        b"0001-01-01",
        b"9999-12-31",
    ),
)
BYTES_MAX: Final = 400
_STATUSES: Final = {200, 202, 400, 404, 405, 409, 413, 422, 429}

_clock: Final = ManualClock(1_790_000_000_700)
_table: Final = TallyTable(_clock)
_table.add_poll("cube")
_table.add_poll("tea", ("green", "black"))
_table.count("cube", {"red": 3, "blue": 2}, second=1_790_000_000 - 1, latency_ms=90)
_runner: Final = asyncio.Runner()  # one loop for all inputs, as in the dashboard's process
atexit.register(_runner.close)
_app: Final = build_app(
    _table,
    table=TABLE,
    clock=_clock,
    rng=random.Random(1),
    desk=Desk(FakeWarehouse(_clock).client),
)
_runner.run(_app.state.feed.step())


class _Faults(logging.Handler):
    """Keeps what the dashboard writes down when its own code fails."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.found.append(self.format(record))


def one_input(data: bytes) -> None:
    slices = Slices(data)
    path, query = slices.choice(_PATHS), bytes(byte for byte in slices.rest() if 32 < byte < 127)
    method = "POST" if path.endswith("cancel") else "GET"
    faults, log = _Faults(), logging.getLogger("cube.dashboard")
    log.addHandler(faults)
    propagate, log.propagate = log.propagate, False
    try:
        status, kind, body = _runner.run(_ask(method, path, query))
    finally:
        log.removeHandler(faults)
        log.propagate = propagate
    assert faults.found == []
    assert status in _STATUSES, (status, body)
    assert len(body) < 1 << 20, "an answer does not grow"
    if "json" in kind:
        assert isinstance(json.loads(body), dict)


async def _ask(method: str, path: str, query: bytes) -> tuple[int, str, bytes]:
    sent: list[MutableMapping[str, Any]] = []
    asked = False

    async def receive() -> dict[str, Any]:
        nonlocal asked
        if asked:
            await asyncio.Event().wait()  # the client stays until it is answered
        asked = True
        return {"type": "http.request", "body": b""}

    async def send(event: MutableMapping[str, Any]) -> None:
        sent.append(event)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query,
        "root_path": "",
        "headers": [(b"host", b"127.0.0.1")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8050),
    }
    await _app(scope, receive, send)
    kind = dict(sent[0]["headers"]).get(b"content-type", b"").decode()
    return sent[0]["status"], kind, b"".join(event.get("body", b"") for event in sent[1:])
