"""A DynamoDB client in, the dashboard's ASGI application out."""

import asyncio
import contextlib
import logging
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Final

from dash import Input, Output
from fastapi import FastAPI

from core.clock import Clock
from core.errors import CubeError
from core.poll import DEFAULT_POLL
from core.question import Question, read_questions
from core.warehouse import WarehouseClient
from dashboard.api import api_routes
from dashboard.document import Application
from dashboard.feed import Feed
from dashboard.history.desk import Desk
from dashboard.history.history import History
from dashboard.history.routes import history_routes
from dashboard.hub import Hub
from dashboard.layout import INDEX, shell
from dashboard.pages import PAGES, Page
from dashboard.pipeline.pipeline import Pipeline
from dashboard.pipeline.routes import pipeline_routes
from dashboard.pipeline.table_reader import LedgerReader
from dashboard.reader import TableReader, TallyReader, TrendReader

log = logging.getLogger("cube.dashboard")

ASSETS: Final = Path(__file__).with_name("assets")


def build_app(
    client: TableReader,
    *,
    table: str,
    clock: Clock,
    rng: random.Random,
    default_poll: str = DEFAULT_POLL,
    hub: Hub | None = None,
    trend_table: str | None = None,
    open_warehouse: Callable[[], WarehouseClient] | None = None,
    desk: Desk | None = None,
) -> FastAPI:
    """Return the application; it reads the table while it runs (`app.state.hub`, `.feed`).

    `trend_table` None: nothing is known of trends. `open_warehouse` returns a client that connects
    when it is asked; None: no history.
    """
    hub = hub or Hub()
    if desk is None and open_warehouse is not None:
        desk = Desk(open_warehouse)
    history = History(desk, questions=_questions(), clock=clock)
    feed = Feed(
        TallyReader(client, table=table, clock=clock),
        hub,
        clock=clock,
        rng=rng,
        default_poll=default_poll,
        trends=TrendReader(client, table=trend_table) if trend_table else None,
    )

    pipeline = Pipeline(
        LedgerReader(client, table=table, clock=clock),
        desk,
        clock=clock,
        default_poll=default_poll,
        viewers=lambda: hub.viewers,
    )

    lifespan = _reading(feed, pipeline, hub, history)
    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.hub, app.state.feed, app.state.history = hub, feed, history
    # Before Dash: its own routes come last.
    app.include_router(api_routes(feed, hub, rng=rng, default_poll=default_poll))
    app.include_router(history_routes(history, default_poll=default_poll))
    app.include_router(pipeline_routes(pipeline))
    app.state.dash = build_dash(app, default_poll=default_poll)
    return app


def _reading(
    feed: Feed, pipeline: Pipeline, hub: Hub, history: History
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """Return what reads while the application runs, and ends it all with it."""

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        readings = [asyncio.create_task(feed.run()), asyncio.create_task(pipeline.run())]
        yield
        hub.close()
        for reading in readings:
            reading.cancel()
        await asyncio.gather(*readings, return_exceptions=True)
        await history.close()

    return lifespan


def _questions() -> dict[str, Question]:
    """Return the questions; none when a file cannot be read: the Live page goes on."""
    try:
        return read_questions()
    except CubeError as error:
        log.error("%s; the History page has no questions", error)
        return {}


def build_dash(server: FastAPI, *, default_poll: str) -> Any:
    """Return Dash on our server: local assets only, no websocket, no MCP, no dev tools."""
    made = Application(
        __name__,
        server=server,
        assets_folder=str(ASSETS),
        index_string=INDEX,
        title="Colour Cube",
        update_title=None,
        serve_locally=True,
        enable_mcp=False,
    )
    # Otherwise every browser opens a websocket that nothing uses.
    made.backend.websocket_capability = False
    # Dash would answer any path with the page; an unknown one is 404 here.
    made.backend._setup_catchall = lambda: None
    made.pages = PAGES
    made.layout = shell(PAGES)
    route_pages(made, PAGES, default_poll=default_poll)
    return made


def route_pages(made: Any, pages: Sequence[Page], *, default_poll: str) -> None:
    """Show the page whose path the browser asks for; every page's path serves the document."""
    layouts = {page.path: page.layout(default_poll) for page in pages}
    for path in layouts.keys() - {"/"}:
        made.backend.add_url_rule(path, made.document_route())

    async def show_page(pathname: str) -> Any:
        return layouts.get(pathname)

    made.callback(Output("page", "children"), Input("location", "pathname"))(show_page)
