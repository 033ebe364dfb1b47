"""Pages in, a Dash application out whose documents load what their page needs and nothing more.

Dash puts every asset and every component library it knows into every document. The grid of the
History page is 2 MB: who watches the Live page must not wait for it.
"""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import dash
from dash.backends import _fastapi
from fastapi import Request, Response

from dashboard.pages.page import Page

_TAG: Final = re.compile(r'<script src="([^"]*)"></script>|<link [^>]*href="([^"]*)"[^>]*>')
_SUITES: Final = "/_dash-component-suites/"

_untyped: Any = dash  # its types do not know a FastAPI server
_backend: Any = _fastapi


class Application(_untyped.Dash):  # type: ignore[misc] # the class is untyped as well
    """Dash, serving each page its own document."""

    pages: Sequence[Page] = ()

    def interpolate_index(self, **parts: str) -> str:
        """Return the document of the page that is asked for, without what other pages load."""
        asked = self.backend.request_adapter().path
        foreign = [page for page in self.pages if page.path != asked]
        for part in ("scripts", "css"):
            parts[part] = without(parts[part], foreign)
        return str(super().interpolate_index(**parts))

    def document_route(self) -> Callable[[Request], Any]:
        """Return the handler of a path that a page has of its own."""

        async def document(request: Request) -> Response:
            # Dash does these two for "/" and its own paths only.
            self._setup_server()
            token = _backend.set_current_request(request)
            try:
                return Response(self.index(), media_type="text/html")
            finally:
                _backend.reset_current_request(token)

        return document


def without(tags: str, pages: Sequence[Page]) -> str:
    """Return the tags except those of files that only these pages load."""
    return _TAG.sub(lambda tag: "" if _belongs(tag[1] or tag[2], pages) else tag[0], tags)


def _belongs(address: str, pages: Sequence[Page]) -> bool:
    path = address.partition("?")[0]
    if _SUITES in path:
        library = path.partition(_SUITES)[2].partition("/")[0]
        return any(library in page.libraries for page in pages)
    name = Path(path).name
    return "/assets/" in path and any(
        page.assets and name.startswith(page.assets) for page in pages
    )
