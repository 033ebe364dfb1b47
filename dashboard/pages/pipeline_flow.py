"""Nothing in, the flow as the house draws it out: stages and pipes without their numbers."""

from typing import Any, Final, NamedTuple

from dashboard.element import html


class Fact(NamedTuple):
    """A member of a stage in `/api/ledger`, how it is written, and what it is."""

    member: str
    form: str
    label: str


class Node(NamedTuple):
    """One part of the drawing: a stage that works, or a [pipe] that holds."""

    name: str
    title: str
    figure: Fact
    facts: tuple[Fact, ...]


_LIVE: Final = (
    Node(
        "producers",
        "producers",
        Fact("total", "whole", "seen in 24 h"),
        (Fact("last_ms", "minute", "newest arrival"),),
    ),
    Node(
        "votes",
        "[votes]",
        Fact("votes_per_second", "whole", "lines/s"),
        (Fact("total", "whole", "lines accepted"),),
    ),
    Node(
        "processors",
        "processors",
        Fact("votes_per_second", "whole", "votes/s"),
        (Fact("lag_ms", "span", "lag, p99"),),
    ),
    Node(
        "tallies",
        "[tallies]",
        Fact("total", "whole", "votes"),
        (Fact("last_ms", "age", "age"),),
    ),
    Node(
        "dashboard",
        "dashboard",
        Fact("total", "whole", "viewers of Live"),
        (Fact("last_ms", "age", "age of the ledger"),),
    ),
)
_HISTORY: Final = (
    Node(
        "firehose_transforms",
        "firehose_transforms",
        Fact("total", "whole", "rows"),
        (Fact("lag_ms", "minutes", "behind live"),),
    ),
    Node(
        "lake",
        "[lake]",
        Fact("total", "whole", "objects"),
        (Fact("waiting", "whole", "rows to merge"),),
    ),
    Node(
        "sql",
        "sql",
        Fact("votes_per_second", "whole", "rows/s"),
        (
            Fact("waiting", "whole", "on their way"),
            Fact("last_ms", "age", "last load"),
        ),
    ),
)


def flow_drawing() -> Any:
    """Return the drawing; pipeline-flow.js writes into it."""
    return html.Section(
        [
            html.H2(["The flow ", html.Span("above: now · below: ever", className="h2-note")]),
            html.Ol(
                [_node(node) for node in (*_LIVE, *_HISTORY)],
                className="flow",
            ),
        ],
        className="card flow-card",
        **{"aria-label": "The flow, stage by stage"},
    )


def _node(node: Node) -> Any:
    kind = "pipe" if node.title.startswith("[") else "stage"
    return html.Li(
        [
            html.Div(
                [
                    html.H3(_breakable(node.title), className="node-name"),
                    state_mark("Loading"),
                ],
                className="node-head",
            ),
            html.P(
                [
                    _value(node.figure, "node-figure"),
                    html.Span(" " + node.figure.label, className="node-unit"),
                ],
                className="node-main",
            ),
            html.Dl(
                [
                    html.Div([html.Dt(fact.label), html.Dd(_value(fact, "node-value"))])
                    for fact in node.facts
                ],
                className="node-facts",
            ),
            html.P("", className="node-why"),
        ],
        className=f"node {kind} node-{node.name}",
        **{"data-stage": node.name, "data-state": "loading"},
    )


def _breakable(title: str) -> list[Any]:
    """Return a name that may go on in a second line after an underscore."""
    first, score, rest = title.partition("_")
    return [first + score, html.Wbr(), rest] if score else [title]


def _value(fact: Fact, kind: str) -> Any:
    return html.Span(
        "–",
        className=f"{kind} skeleton-text",
        **{"data-member": fact.member, "data-form": fact.form},
    )


def state_mark(word: str) -> Any:
    """Return a place for a state: a sign and a word; its colour comes with `data-state`."""
    return html.Span(
        [html.Span("", className="mark", **{"aria-hidden": "true"}), html.Span(word)],
        className="state",
        **{"data-state": "loading"},
    )
