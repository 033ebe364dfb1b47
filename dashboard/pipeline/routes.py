"""A pipeline in, the route of its API out; docs/dashboard.md has its shape."""

from fastapi import APIRouter, Response

from dashboard.pipeline.pipeline import Pipeline
from dashboard.reply import json_reply


def pipeline_routes(pipeline: Pipeline) -> APIRouter:
    """Return the route."""
    router = APIRouter()

    @router.get("/api/ledger")
    async def read_ledger() -> Response:
        return json_reply(await pipeline.answer())

    return router
