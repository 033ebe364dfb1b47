"""A scrape of `/metrics` in, Prometheus' text out."""

from collections.abc import Awaitable, Callable
from typing import Final

from local.wire.message import Request, Response

MetricsText = Callable[[], Awaitable[bytes]]
CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


class MetricsEndpoint:
    """Answers scrapes; a page in a browser has no business here."""

    def __init__(self, text: MetricsText) -> None:
        self._text = text

    async def answer(self, request: Request, request_id: str) -> Response:
        if "origin" in request.headers:
            return Response(403, b"not for web pages\n", {"content-type": "text/plain"})
        return Response(200, await self._text(), {"content-type": CONTENT_TYPE})
