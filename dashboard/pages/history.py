"""The default poll in, the layout of the History page out; assets/history*.js bring it to life."""

from typing import Any

from dashboard.element import html
from dashboard.history.grid import answer_grid
from dashboard.pages.page import Page

# What a range is called, and where it begins: core/query_value.py reads `now-1h`.
RANGES = (("now-1h", "1 h"), ("now-24h", "24 h"), ("now-7d", "7 days"), ("all", "All"))


def history_layout(default_poll: str) -> Any:
    """Return the page as it stands before its questions are known: skeletons, no rows."""
    return html.Div(
        [
            html.Div(
                [
                    html.H1(["History ", html.Span("", id="history-poll", className="poll-name")]),
                    html.Span(className="spacer"),
                    html.P("", id="history-facts", className="facts"),
                ],
                className="title-row",
            ),
            _filters(),
            html.Div([_questions(), _chart(), _sql(), _grid()], className="history-body"),
        ],
        id="history",
        className="history",
        **{"data-state": "loading", "data-default-poll": default_poll},
    )


def _filters() -> Any:
    return html.Section(
        [
            html.Div(
                [
                    html.Button(
                        label,
                        type="button",
                        className="segment",
                        **{"data-range": begin, "aria-pressed": "false"},
                    )
                    for begin, label in RANGES
                ],
                className="segments",
                role="group",
                **{"aria-label": "Time range"},
            ),
            html.Label(["Poll ", html.Select([], id="history-poll-select")], className="field"),
            _button("more", "More filters"),
            _moment("from", "From, UTC"),
            _moment("to", "To, UTC"),
            _picker("colours", "Colours"),
            _picker("regions", "Regions"),
            _button("reset", "Reset"),
        ],
        id="history-filters",
        className="card filters",
        **{"aria-label": "Filters"},
    )


def _moment(name: str, label: str) -> Any:
    """Return the place of a date and time; Dash has no such input, so the script puts it in."""
    place = html.Span([], className="moment", **{"data-moment": name})
    return html.Label([f"{label} ", place], className="field")


def _picker(name: str, label: str) -> Any:
    """Return a list of boxes to tick; none ticked means all."""
    return html.Details(
        [
            html.Summary(
                [f"{label}: ", html.Span("all", className="picked")], className="text-button"
            ),
            html.Div(
                [],
                className="options",
                role="group",
                **{"aria-label": f"{label}; none ticked: all"},
            ),
        ],
        id=f"history-{name}",
        className="picker",
        **{"data-label": label},
    )


def _questions() -> Any:
    return html.Div(
        [
            html.Nav([], id="history-questions", **{"aria-label": "Questions"}),
            html.Label(
                ["Question ", html.Select([], id="history-question-select")],
                className="field question-field",
            ),
        ],
        className="questions",
    )


def _chart() -> Any:
    return html.Section(
        [
            html.Div(
                [
                    html.H2("", id="history-title", className="question-title"),
                    html.Span(className="spacer"),
                    html.Label(
                        ["Draw ", html.Select([], id="history-measure")],
                        id="history-measure-field",
                        className="field inline",
                        hidden=True,
                    ),
                    _button("cancel", "Cancel", hidden=True),
                    _button("again", "Run"),
                ],
                className="card-head",
            ),
            html.Div([], id="history-options", className="question-options", hidden=True),
            html.P("", id="history-note", className="figure-note"),
            html.Div([], id="history-trouble", className="trouble", hidden=True, role="group"),
            html.Div(
                [
                    html.Div("", id="history-plot", className="plot", hidden=True),
                    html.Ol([], id="history-bars", className="bars", hidden=True),
                    html.Div(
                        [html.Span(className="skeleton-bar") for _ in range(6)],
                        id="history-skeleton",
                        className="chart-skeleton",
                        **{"aria-hidden": "true"},
                    ),
                ],
                id="history-chart",
                className="chart-box",
            ),
        ],
        className="card chart-card",
        **{"aria-labelledby": "history-title"},
    )


def _sql() -> Any:
    return html.Section(
        [
            html.Div(
                [
                    html.H2("SQL"),
                    html.Span(className="spacer"),
                    _button("copy", "Copy", title="Copy, with the values in their places"),
                ],
                className="card-head",
            ),
            html.Pre(
                html.Code("", id="history-sql"),
                className="sql",
                tabIndex="0",
                role="region",
                **{"aria-label": "The question in SQL"},
            ),
            html.Dl([], id="history-values", className="values"),
        ],
        className="card sql-card",
    )


def _grid() -> Any:
    return html.Section(
        [
            html.Div(
                [
                    html.H2(["Rows ", html.Span("", id="history-rows", className="h2-note")]),
                    html.Span(className="spacer"),
                    html.A(
                        "Export CSV",
                        id="history-export",
                        href="/api/export",
                        className="text-button",
                        **{"data-history": "export"},
                    ),
                ],
                className="card-head",
            ),
            answer_grid(),
        ],
        className="card grid-card",
        **{"aria-label": "Rows"},
    )


def _button(action: str, label: str, *, hidden: bool = False, title: str = "") -> Any:
    return html.Button(
        label,
        id=f"history-{action}",
        className="text-button",
        type="button",
        hidden=hidden,
        title=title or None,
        **{"data-history": action},
    )


HISTORY = Page(
    name="history",
    path="/history",
    title="History",
    layout=history_layout,
    assets="history",
    libraries=("dash_ag_grid",),
)
