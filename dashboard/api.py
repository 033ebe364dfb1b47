"""A feed and a hub in, the routes of the dashboard's API out."""

import random
from typing import Any

import msgspec
from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from core.vote import POLL_PATTERN
from dashboard.feed import Feed
from dashboard.hub import Hub, HubFull
from dashboard.stream import events

_NO_STORE = {"Cache-Control": "no-store"}
_STREAM_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def api_routes(feed: Feed, hub: Hub, *, rng: random.Random, default_poll: str) -> APIRouter:
    """Return the routes; docs/dashboard.md has their shapes."""
    router = APIRouter()

    @router.get("/api/snapshot")
    async def read_snapshot(poll: str | None = None, history: bool = False) -> Response:
        if poll is None and not history:
            return _json(feed.snapshot())
        name = poll or default_poll
        if refused := _refusal(feed, name):
            return refused
        body = feed.snapshot(name)
        return _json(body | {"view": feed.opening(name)} if history else body)

    @router.get("/api/stream")
    async def open_stream(request: Request, poll: str | None = None) -> Response:
        name = poll or default_poll
        if refused := _refusal(feed, name):
            return refused
        address = request.client.host if request.client else "-"
        feed.look()
        try:
            viewer = hub.join(name, address)
        except HubFull as full:
            return _error(503, full.code, f"{full}. {full.hint}", {"Retry-After": "10"})
        return StreamingResponse(
            events(hub, viewer, rng), media_type="text/event-stream", headers=_STREAM_HEADERS
        )

    @router.get("/healthz")
    async def healthz() -> Response:
        return Response("OK", media_type="text/plain", headers=_NO_STORE)

    @router.get("/readyz")
    async def readyz() -> Response:
        body = {"ready": feed.ready, "as_of": feed.as_of}
        return _json(body, status=200 if feed.ready else 503)

    return router


def _refusal(feed: Feed, poll: str) -> Response | None:
    """Return the answer for a poll that cannot be shown, None for one that can."""
    if not POLL_PATTERN.fullmatch(poll):
        return _error(400, "poll_name", "A poll's name is 1 to 64 of a-z, 0-9 and -.")
    if not feed.knows(poll):
        return _error(404, "poll_unknown", f"No poll is named {poll}.")
    return None


def _error(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> Response:
    return _json({"error": code, "message": message}, status=status, headers=headers)


def _json(body: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(
        msgspec.json.encode(body),
        status_code=status,
        media_type="application/json",
        headers=_NO_STORE | (headers or {}),
    )
