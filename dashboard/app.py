"""A DynamoDB client in, the dashboard's ASGI application out."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, Final

import dash
from dash import Input, Output
from fastapi import FastAPI

from core.clock import Clock
from core.poll import DEFAULT_POLL
from dashboard.api import api_routes
from dashboard.feed import Feed
from dashboard.hub import Hub
from dashboard.layout import INDEX, shell
from dashboard.pages import PAGES, Page
from dashboard.reader import TableReader, TallyReader

ASSETS: Final = Path(__file__).with_name("assets")


def build_app(
    client: TableReader,
    *,
    table: str,
    clock: Clock,
    rng: random.Random,
    default_poll: str = DEFAULT_POLL,
    hub: Hub | None = None,
) -> FastAPI:
    """Return the application; it reads the table while it runs (`app.state.hub`, `.feed`)."""
    hub = hub or Hub()
    feed = Feed(
        TallyReader(client, table=table, clock=clock),
        hub,
        clock=clock,
        rng=rng,
        default_poll=default_poll,
    )

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        reading = asyncio.create_task(feed.run())
        yield
        hub.close()
        reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reading

    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.hub, app.state.feed = hub, feed
    # Before Dash: its own routes come last.
    app.include_router(api_routes(feed, hub, rng=rng, default_poll=default_poll))
    app.state.dash = build_dash(app, default_poll=default_poll)
    return app


def build_dash(server: FastAPI, *, default_poll: str) -> Any:
    """Return Dash on our server: local assets only, no websocket, no MCP, no dev tools."""
    untyped: Any = dash  # its types do not know a FastAPI server
    made = untyped.Dash(
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
    made.layout = shell(PAGES)
    route_pages(made, PAGES, default_poll=default_poll)
    return made


def route_pages(made: Any, pages: Sequence[Page], *, default_poll: str) -> None:
    """Show the page whose path the browser asks for; every page's path serves the document."""
    layouts = {page.path: page.layout(default_poll) for page in pages}
    for path in layouts.keys() - {"/"}:
        made.backend.add_url_rule(path, made.index)

    async def show_page(pathname: str) -> Any:
        return layouts.get(pathname)

    made.callback(Output("page", "children"), Input("location", "pathname"))(show_page)
