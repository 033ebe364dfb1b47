"""The default poll in, the layout of the Pipeline page out; assets/pipeline*.js fills it."""

from collections.abc import Sequence
from typing import Any, Final

from dashboard.element import html
from dashboard.pages.page import Page
from dashboard.pages.pipeline_flow import flow_drawing, state_mark
from dashboard.pipeline.line import NAMES, meaning_of, sides_of, title_of

_OUTCOMES: Final = (
    ("counted", "counted", "0"),
    ("parked", "parked", "1"),
    ("duplicate", "duplicate", "2"),
    ("missing_batches", "batches missing", "5"),
)
_SIGN: Final = "Equal or not"  # the head of the narrow column, for who hears the table
_SOURCES: Final = (
    ("tallies", "Tallies"),
    ("warehouse", "Warehouse"),
    ("comparison", "Comparison"),
    ("cube check", "cube check"),
)


def pipeline_layout(default_poll: str) -> Any:
    """Return the page as it stands before the first reading: every row is there, no number is."""
    return html.Div(
        [
            _title(),
            html.Div("", id="pipeline-notice", className="notice", hidden=True),
            _verdict(),
            flow_drawing(),
            _ledger(),
            _minutes(),
            html.Div([_missing(), _parked(), _polls()], className="tables"),
        ],
        id="pipeline",
        className="pipeline",
        **{"data-state": "loading", "data-default-poll": default_poll},
    )


def _title() -> Any:
    return html.Div(
        [
            html.H1("Pipeline"),
            html.Span(className="spacer"),
            html.Ul(
                [
                    html.Li(
                        [html.Span(title), html.B("–", className="source-age")],
                        className="source",
                        **{"data-source": name, "data-state": "unknown"},
                    )
                    for name, title in _SOURCES
                ],
                className="sources",
                **{"aria-label": "Age of each source"},
            ),
        ],
        className="title-row",
    )


def _verdict() -> Any:
    """Return the one sentence, and the sum that it stands for as a bar."""
    return html.Section(
        [
            html.Div(
                [
                    html.Span("", id="verdict-mark", className="verdict-mark"),
                    html.Div(
                        [
                            html.H2("Loading", id="verdict", className="verdict"),
                            html.P("", id="verdict-note", className="verdict-note"),
                        ]
                    ),
                ],
                className="verdict-head",
            ),
            html.Div(
                [
                    html.Span(
                        className=f"segment-fill {name} pattern-{pattern}",
                        hidden=True,
                        **{"data-outcome": name},
                    )
                    for name, _, pattern in _OUTCOMES
                ],
                className="sum-bar",
                id="sum-bar",
                role="img",
                **{"aria-label": "What became of every line: not known yet"},
            ),
            html.Dl(
                [
                    _term("lines", "accepted", ""),
                    *(_term(name, label, pattern) for name, label, pattern in _OUTCOMES),
                ],
                className="sum",
            ),
        ],
        className="card verdict-card",
        id="verdict-card",
        **{"aria-labelledby": "verdict"},
    )


def _term(name: str, label: str, pattern: str) -> Any:
    swatch = [html.Span(className=f"sum-swatch {name} pattern-{pattern}")] if pattern else []
    return html.Div(
        [html.Dt([*swatch, label]), html.Dd("–", className="skeleton-text")],
        className=f"term term-{name}",
        **{"data-total": name},
    )


def _ledger() -> Any:
    heads = ("State", "Line", "One side", _SIGN, "Other side", "Difference", "Exact up to", "By")
    return html.Section(
        [
            html.H2(["The ledger ", html.Span("two sources a line", className="h2-note")]),
            html.Table(
                [
                    html.Thead(
                        html.Tr(
                            [
                                html.Th(
                                    html.Span(head, className="sr-only" if head == _SIGN else None),
                                    scope="col",
                                )
                                for head in heads
                            ]
                        )
                    ),
                    *(_line(name) for name in NAMES),
                ],
                className="ledger",
                id="ledger",
            ),
        ],
        className="card ledger-card",
        **{"aria-label": "The ledger"},
    )


def _line(name: str) -> Any:
    """Return a line's rows: what it says, and beneath it what is behind it."""
    identity = f"line-{name}"
    button = html.Button(
        title_of(name),
        className="line-button",
        type="button",
        **{"data-pipeline": "open", "aria-expanded": "false", "aria-controls": identity},
    )
    left_is, right_is = sides_of(name)
    return html.Tbody(
        [
            html.Tr(
                [
                    html.Td(state_mark("Loading"), className="cell-state"),
                    html.Th(
                        [
                            button,
                            html.Span(meaning_of(name), className="line-meaning"),
                            html.Span("", className="line-why"),
                        ],
                        scope="row",
                        className="cell-line",
                    ),
                    html.Td(_side(left_is), className="cell-left", **{"data-side": "left"}),
                    html.Td("", className="cell-sign", **{"aria-hidden": "true"}),
                    html.Td(_side(right_is), className="cell-right", **{"data-side": "right"}),
                    html.Td("–", className="cell-difference"),
                    html.Td("–", className="cell-exact"),
                    html.Td("–", className="cell-source"),
                ]
            ),
            html.Tr(html.Td([], colSpan=8), id=identity, className="line-details", hidden=True),
        ],
        className="line",
        **{"data-line": name, "data-state": "loading"},
    )


def _side(what: str) -> list[Any]:
    return [
        html.Span("–", className="side skeleton-text"),
        html.Span(what, className="side-is"),
    ]


def _minutes() -> Any:
    note = "of arrival, last hour, UTC; the mark below: is history equal?"
    return html.Section(
        [
            html.H2(["Minute by minute ", html.Span(note, className="h2-note")]),
            html.P("", id="minutes-scale", className="minutes-scale"),
            html.Div([], id="minutes", className="minutes", role="img"),
            html.Div([html.Span("") for _ in range(4)], className="minutes-axis"),
        ],
        className="card minutes-card",
    )


def _missing() -> Any:
    heads = ("Producer", "Lane", "Batches", "Numbers", "Since")
    return _table("missing", "Missing batches", "accepted, overtaken, not applied", heads)


def _parked() -> Any:
    return _table("parked", "Parked", "by reason", ("Reason", "Poll", "Lines", "Newest"))


def _polls() -> Any:
    return _table(
        "polls", "By poll", "lines in the live ledger", ("Poll", "Counted", "Parked", "Duplicate")
    )


def _table(name: str, title: str, note: str, heads: Sequence[str]) -> Any:
    return html.Section(
        [
            html.H2([title + " ", html.Span(note, className="h2-note")]),
            html.Div(
                html.Table(
                    [
                        html.Thead(html.Tr([html.Th(head, scope="col") for head in heads])),
                        html.Tbody([], id=f"{name}-rows"),
                    ]
                ),
                className="table-scroll",
                tabIndex="0",
                role="region",
                **{"aria-label": title},
            ),
            html.P("", id=f"{name}-note", className="figure-note"),
        ],
        className=f"card table-card {name}-card",
    )


PIPELINE = Page(
    name="pipeline",
    path="/pipeline",
    title="Pipeline",
    layout=pipeline_layout,
    assets="pipeline",
)
