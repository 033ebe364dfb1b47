"""The default poll in, the layout of the Live page out; assets/live*.js brings it to life."""

from typing import Any

from dashboard.element import dcc, html
from dashboard.figures import CHART_CONFIG, rates_figure
from dashboard.pages.page import Page
from dashboard.trend_panel import trend_panel


def live_layout(default_poll: str) -> Any:
    """Return the page as it stands before the first data: skeletons, never zeros."""
    return html.Div(
        [
            _title(),
            _notice(),
            html.Section(
                [
                    _figure("total", "Votes counted", "since the poll opened"),
                    _figure("rate", "Votes per second", "last full second"),
                    _figure("age", "Data age", "since the tallies were read"),
                    _figure("latency", "Latency p50 / p99", "vote cast → counted, last 10 s"),
                ],
                className="figures",
                **{"aria-label": "Key figures"},
            ),
            _charts(),
            _table(),
            trend_panel(),
        ],
        id="live",
        className="live",
        **{"data-state": "loading", "data-default-poll": default_poll},
    )


def _title() -> Any:
    return html.Div(
        [
            html.H1(["Live vote ", html.Span("", id="poll-name", className="poll-name")]),
            html.Span(className="spacer"),
            html.Label(
                ["Poll ", html.Select([], id="poll-select")],
                id="poll-choice",
                hidden=True,
                className="choice",
            ),
            html.Button(
                "Table view",
                id="table-button",
                className="text-button",
                type="button",
                **{"data-action": "table", "aria-pressed": "false"},
            ),
        ],
        className="title-row",
    )


def _notice() -> Any:
    """Return the place where the page says what is wrong, or what to do."""
    return html.Div([html.Span("", id="notice-text")], id="notice", className="notice", hidden=True)


def _figure(key: str, label: str, note: str) -> Any:
    return html.Div(
        [
            html.H2(label, className="figure-label"),
            html.P("–", id=f"figure-{key}", className="figure-value skeleton"),
            html.P(note, id=f"note-{key}", className="figure-note"),
        ],
        className="card figure",
    )


def _charts() -> Any:
    return html.Div([_cube(), _race(), _rates()], id="charts", className="charts")


def _cube() -> Any:
    return html.Section(
        [
            html.H2("The cube"),
            html.Div(
                html.Div(id="cube", className="cube"),
                id="cube-scene",
                className="scene",
                role="img",
                **{"aria-label": "The cube: no votes shown yet"},
            ),
            html.P("", id="leader", className="leader"),
        ],
        className="card cube-card",
    )


def _race() -> Any:
    return html.Section(
        [
            html.H2("Colour race"),
            html.Ol([], id="race", className="race", **{"aria-label": "Votes by colour"}),
            html.Button(
                "",
                id="more",
                className="text-button",
                hidden=True,
                type="button",
                **{"data-action": "table"},
            ),
        ],
        className="card race-card",
    )


def _rates() -> Any:
    heading = ["Votes per second by colour ", html.Span("last 60 s, UTC", className="h2-note")]
    graph = dcc.Graph(id="rates", figure=rates_figure(), config=CHART_CONFIG, responsive=True)
    return html.Section(
        [html.H2(heading), html.Div(graph, className="rates")], className="card rates-card"
    )


def _table() -> Any:
    heads = ("Rank", "Colour", "Votes", "Share", "Votes/s", "Votes/s, mean of 60 s")
    return html.Section(
        [
            html.H2("All colours"),
            html.Div(
                html.Table(
                    [
                        html.Thead(html.Tr([html.Th(head, scope="col") for head in heads])),
                        html.Tbody(id="table-body"),
                    ]
                ),
                className="table-scroll",
                tabIndex="0",
                role="region",
                **{"aria-label": "Votes by colour, as a table"},
            ),
        ],
        id="table",
        className="card table-card",
        hidden=True,
    )


LIVE = Page(name="live", path="/", title="Live", layout=live_layout)
