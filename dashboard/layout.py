"""Pages in, the frame around them out: the HTML document, header, navigation, main region."""

from collections.abc import Sequence
from typing import Any, Final

from dashboard.element import dcc, html
from dashboard.pages.page import Page

_ICON: Final = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
    "%3Crect width='16' height='16' rx='3' fill='%23111318'/%3E"
    "%3Crect x='2' y='2' width='5.5' height='5.5' rx='1' fill='%23c41e3a'/%3E"
    "%3Crect x='8.5' y='2' width='5.5' height='5.5' rx='1' fill='%23ffd500'/%3E"
    "%3Crect x='2' y='8.5' width='5.5' height='5.5' rx='1' fill='%231063e8'/%3E"
    "%3Crect x='8.5' y='8.5' width='5.5' height='5.5' rx='1' fill='%23009e60'/%3E%3C/svg%3E"
)

# The scheme is set before the first paint, so that nothing flashes.
INDEX: Final = f"""<!DOCTYPE html>
<html lang="en">
<head>
{{%metas%}}
<title>{{%title%}}</title>
<meta name="description" content="Live votes by colour.">
<link rel="icon" href="{_ICON}">
<script>
document.documentElement.dataset.scheme = (function () {{
  try {{ var kept = localStorage.getItem("scheme"); if (kept) return kept; }} catch (error) {{}}
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}})();
</script>
{{%css%}}
</head>
<body>
{{%app_entry%}}
<footer>{{%config%}}{{%scripts%}}{{%renderer%}}</footer>
<noscript>This page shows live data and needs JavaScript; /api/snapshot does not.</noscript>
</body>
</html>"""


def shell(pages: Sequence[Page]) -> Any:
    """Return the layout that every page is shown in."""
    return html.Div(
        [
            html.A("Skip to the content", href="#page", className="skip"),
            html.Header(
                [
                    html.A([_logo(), html.Span("Colour Cube")], href="/", className="brand"),
                    html.Nav(
                        [html.A(page.title, href=page.path, className="nav") for page in pages],
                        **{"aria-label": "Pages"},
                    ),
                    html.Span(className="spacer"),
                    html.Span("", id="status", className="pill", **{"aria-hidden": "true"}),
                    html.Span("", id="announce", className="sr-only", role="status"),
                    _icon_button("pause", "Pause", **{"aria-pressed": "false"}),
                    _icon_button("scheme", "Light or dark"),
                ],
                className="bar",
            ),
            dcc.Location(id="location", refresh=False),
            html.Main(id="page", tabIndex="-1"),
        ],
        className="frame",
    )


def _logo() -> Any:
    stickers = [html.I(className=f"logo-{place}") for place in range(4)]
    return html.Span(stickers, className="logo", **{"aria-hidden": "true"})


def _icon_button(action: str, label: str, **attributes: str) -> Any:
    """Return a button that live.js answers to; its icon comes from live.css."""
    return html.Button(
        html.Span(className=f"icon icon-{action}", **{"aria-hidden": "true"}),
        id=f"{action}-button",
        className="icon-button",
        title=label,
        type="button",
        **{"data-action": action, "aria-label": label, **attributes},
    )
