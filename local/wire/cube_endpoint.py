"""A request below `/_cube/` in, JSON for the command line and the supervisor out."""

import os
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from core.clock import Clock
from core.errors import CubeError
from local.wire.fault import logged
from local.wire.message import Request, Response

CubeRoute = Callable[[dict[str, Any]], Awaitable[Any]]


class CubeEndpoint:
    """`/_cube/health`, and the routes that the engine hands in (name -> async function).

    A route gets the request's JSON object ({} for none) and returns what becomes JSON.
    """

    def __init__(self, routes: Mapping[str, CubeRoute], clock: Clock) -> None:
        self._routes = {"health": self._health, **routes}
        self._clock = clock
        self._started_ms = clock.monotonic_ms()

    async def answer(self, request: Request, request_id: str) -> Response:
        if "origin" in request.headers:  # a page in a browser has no business here
            return _json(403, {"error": "forbidden", "message": "not for web pages"})
        name = request.path.removeprefix("/_cube/")
        route = self._routes.get(name)
        if route is None:
            return _json(404, {"error": "not_found", "message": f"no route /_cube/{name[:100]}"})
        try:
            arguments = msgspec.json.decode(request.body) if request.body else {}
            if not isinstance(arguments, dict):
                return _json(400, {"error": "usage", "message": "the body is no JSON object"})
            return _json(200, await route(arguments))
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return _json(400, {"error": "usage", "message": "the body is not valid JSON"})
        except CubeError as error:
            return _json(400, {"error": error.code, "message": str(error), "hint": error.hint})
        except Exception as fault:
            logged(fault, request, request_id)
            return _json(500, {"error": "internal", "message": "the engine's log says more"})

    async def _health(self, _arguments: dict[str, Any]) -> dict[str, Any]:
        uptime_ms = self._clock.monotonic_ms() - self._started_ms
        return {"status": "ok", "pid": os.getpid(), "uptime_ms": uptime_ms}


def _json(status: int, value: Any) -> Response:
    return Response(status, msgspec.json.encode(value), {"content-type": "application/json"})
