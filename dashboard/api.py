"""A feed and a hub in, the routes of the dashboard's API out."""

import random

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from core.vote import POLL_PATTERN
from dashboard.feed import Feed
from dashboard.hub import Hub, HubFull
from dashboard.reply import NO_STORE, error_reply, json_reply
from dashboard.stream import events

_STREAM_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_LATER = {"Retry-After": "10"}


def api_routes(feed: Feed, hub: Hub, *, rng: random.Random, default_poll: str) -> APIRouter:
    """Return the routes; docs/dashboard.md has their shapes."""
    router = APIRouter()

    @router.get("/api/snapshot")
    async def read_snapshot(poll: str | None = None, history: bool = False) -> Response:
        if poll is None and not history:
            return json_reply(feed.snapshot())
        name = poll or default_poll
        if refused := _refusal(feed, name):
            return refused
        body = feed.snapshot(name)
        return json_reply(body | {"view": feed.opening(name)} if history else body)

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
            return error_reply(503, full.code, f"{full}. {full.hint}", headers=_LATER)
        return StreamingResponse(
            events(hub, viewer, rng), media_type="text/event-stream", headers=_STREAM_HEADERS
        )

    @router.get("/healthz")
    async def healthz() -> Response:
        return Response("OK", media_type="text/plain", headers=NO_STORE)

    @router.get("/readyz")
    async def readyz() -> Response:
        body = {"ready": feed.ready, "as_of": feed.as_of}
        return json_reply(body, status=200 if feed.ready else 503)

    return router


def _refusal(feed: Feed, poll: str) -> Response | None:
    """Return the answer for a poll that cannot be shown, None for one that can."""
    if not POLL_PATTERN.fullmatch(poll):
        return error_reply(400, "poll_name", "A poll's name is 1 to 64 of a-z, 0-9 and -.")
    if not feed.knows(poll):
        return error_reply(404, "poll_unknown", f"No poll is named {poll}.")
    return None
