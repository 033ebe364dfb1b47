"""A history in, the routes of its API out; docs/dashboard.md has their shapes."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from core.errors import CubeError
from dashboard.history.csv_file import csv_chunks
from dashboard.history.history import History
from dashboard.history.refusal import HistoryBusy, QueryStopped, status_of
from dashboard.reply import NO_STORE, error_reply, json_reply

log = logging.getLogger("cube.dashboard")

_RETRY_AFTER: Final = {"Retry-After": "5"}
_FAULT: Final = "The dashboard failed; its log has the reason."

T = TypeVar("T")


def history_routes(history: History, *, default_poll: str) -> APIRouter:
    """Return the routes; `run` is a name that a client gives a request, to cancel it by."""
    router = APIRouter()

    @router.get("/api/history/questions")
    async def list_questions() -> Response:
        return json_reply(history.questions())

    @router.get("/api/history/context")
    async def read_context(request: Request, poll: str = default_poll, run: str = "") -> Response:
        return await _json(request, history.context(poll, run=run))

    @router.get("/api/history/query")
    async def answer_question(request: Request, run: str = "") -> Response:
        return await _json(request, history.answer(_items(request), run=run))

    @router.post("/api/history/cancel")
    async def cancel_run(run: str = "") -> Response:
        try:
            history.stop(run)
        except CubeError as error:
            return _refusal(error)
        return json_reply({"stopping": run}, status=202)

    @router.get("/api/export")
    async def export_rows(request: Request, run: str = "") -> Response:
        try:
            name, result = await _while_there(request, history.export(_items(request), run=run))
        except Exception as error:
            return _refusal(error)
        headers = NO_STORE | {"Content-Disposition": f'attachment; filename="{name}"'}
        return StreamingResponse(
            csv_chunks(result), media_type="text/csv; charset=utf-8", headers=headers
        )

    return router


def _items(request: Request) -> list[tuple[str, str]]:
    return [item for item in request.query_params.multi_items() if item[0] != "run"]


async def _json(request: Request, asking: Coroutine[Any, Any, bytes]) -> Response:
    try:
        return json_reply(await _while_there(request, asking))
    except Exception as error:
        return _refusal(error)


async def _while_there(request: Request, asking: Coroutine[Any, Any, T]) -> T:
    """Return what is asked for, and stop asking when whoever wanted to know has gone."""
    task = asyncio.ensure_future(asking)
    gone = asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise QueryStopped("asking the warehouse: whoever asked has gone")
        return task.result()
    finally:
        task.cancel()
        gone.cancel()


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _refusal(error: Exception) -> Response:
    """Return what went wrong as JSON; a fault of ours is logged, and not told to strangers."""
    if not isinstance(error, CubeError):
        log.error("answering a question: %s", error, exc_info=error)
        return error_reply(500, "history_failed", _FAULT)
    headers = _RETRY_AFTER if isinstance(error, HistoryBusy) else None
    return error_reply(status_of(error), error.code, str(error), headers=headers, hint=error.hint)
