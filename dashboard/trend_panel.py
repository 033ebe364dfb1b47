"""Nothing in, the Live page's panel of trends out, still empty; live-trend.js fills it."""

from typing import Any

from dashboard.element import html


def trend_panel() -> Any:
    """Return the panel: momentum by colour, leaders of the last minute, unusual voters."""
    return html.Section(
        [
            html.H2(
                [
                    "Trends ",
                    html.Span("votes a second, last 10 s against last 60 s", className="h2-note"),
                ],
                id="trends-title",
            ),
            html.P("Trends are not known yet.", id="trends-note", className="trends-note"),
            html.Div(
                [
                    html.Ul(
                        [],
                        id="trends-momentum",
                        className="momentum",
                        **{"aria-label": "Momentum by colour"},
                    ),
                    _list("trends-leaders", "Leader of the last minute"),
                    _list("trends-suspects", "Unusual voters"),
                ],
                id="trends-body",
                className="trends-body",
                hidden=True,
            ),
        ],
        id="trends",
        className="card trends-card",
        **{"data-state": "unknown", "aria-labelledby": "trends-title"},
    )


def _list(name: str, heading: str) -> Any:
    return html.Div(
        [
            html.H3(heading, id=f"{name}-title"),
            html.Ul([], id=name, className="trends-list", **{"aria-labelledby": f"{name}-title"}),
        ]
    )
