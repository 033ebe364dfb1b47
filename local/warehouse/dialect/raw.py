"""A tree in, its text for DuckDB out; and a text as a piece of a tree."""

from typing import Any

from sqlglot import exp
from sqlglot.errors import ErrorLevel

from local.warehouse.dialect.redshift import CubeDuckDB

Node = Any  # sqlglot's trees; its stubs do not say what a node's arguments are


def raw(text: str) -> Node:
    """Return a leaf that is written as it is."""
    return exp.Var(this=text)


def text_of(tree: Node) -> str:
    """Return the tree as DuckDB reads it."""
    return str(
        tree.sql(
            dialect=CubeDuckDB,
            identify=True,
            comments=False,
            unsupported_level=ErrorLevel.RAISE,
        )
    )
