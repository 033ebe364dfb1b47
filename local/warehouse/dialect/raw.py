"""A tree in, its text for DuckDB out; and a text as a piece of a tree."""

from typing import Any

from sqlglot import exp
from sqlglot.errors import ErrorLevel

from local.warehouse.dialect.redshift import CubeDuckDB


def raw(text: str) -> Any:
    """Return a leaf that is written as it is."""
    return exp.Var(this=text)


def text_of(tree: Any) -> str:
    """Return the tree as DuckDB reads it."""
    return str(
        tree.sql(
            dialect=CubeDuckDB,
            identify=True,
            comments=False,
            unsupported_level=ErrorLevel.RAISE,
        )
    )
