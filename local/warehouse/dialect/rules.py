"""A node of Redshift's tree in, what means the same to DuckDB out: a rule for each kind of node.

A rule sees its node's children rewritten already, and returns the node itself where it replaced a
larger one.
"""

from collections.abc import Callable
from typing import Final

from sqlglot import exp

from local.warehouse.dialect.normalise import PARAMETER_NAME
from local.warehouse.dialect.raw import Node, raw, text_of
from local.warehouse.error import WarehouseError


def _identifier(node: Node) -> Node:
    node.set("this", node.this.lower())
    node.set("quoted", True)
    return node


def _column(node: Node) -> Node:
    if isinstance(node.this, exp.Identifier) and node.name.startswith(PARAMETER_NAME):
        return raw("$" + node.name.removeprefix(PARAMETER_NAME))
    return node


def _average(node: Node) -> Node:
    """Write AVG as SUM / COUNT, so that a mean of integers is an integer, as in Redshift."""
    outer = node
    while isinstance(outer.parent, exp.Window | exp.Filter) and outer.parent.this is outer:
        outer = outer.parent
    count = outer.copy()
    inner = next(count.find_all(exp.Avg))
    fresh = exp.Count(this=inner.this, big_int=True)
    count = fresh if inner is count else (inner.replace(fresh), count)[1]
    total = exp.Sum(this=node.this)
    if outer is node:
        return exp.Paren(this=raw(f"{text_of(total)} / NULLIF({text_of(count)}, 0)"))
    node.replace(total)
    outer.replace(raw(f"({text_of(outer)} / NULLIF({text_of(count)}, 0))"))
    return node


def _listagg(node: Node) -> Node:
    """Write LISTAGG [DISTINCT] as STRING_AGG; Redshift's separator is nothing by default."""
    group = node.parent if isinstance(node.parent, exp.WithinGroup) else None
    value, separator = node.this, node.args.get("separator")
    distinct = ""
    if isinstance(value, exp.Distinct):
        distinct = "DISTINCT "
        value, separator = value.expressions[0], (value.expressions[1:] or [separator])[0]
    between = text_of(separator) if separator else "''"
    order = f" {text_of(group.expression)}" if group else ""
    call = f"STRING_AGG({distinct}CAST({text_of(value)} AS VARCHAR), {between}{order})"
    if group is None:
        return raw(call)
    group.replace(raw(call))
    return node


def _like(node: Node) -> Node:
    """Add Redshift's default escape where it may matter: DuckDB's LIKE has none."""
    pattern = node.expression
    if isinstance(node.parent, exp.Escape):
        return node
    if isinstance(pattern, exp.Literal) and "\\" not in pattern.name:
        return node
    return raw(f"{text_of(node)} ESCAPE '\\'")


def _similar(node: Node) -> Node:
    pattern = node.expression
    if not isinstance(pattern, exp.Literal):
        raise WarehouseError("0A000", "SIMILAR TO is implemented for literal patterns only")
    regex = pattern.name.replace("%", ".*").replace("_", ".")
    return exp.SimilarTo(this=node.this, expression=exp.Literal.string(regex))


def _bracket(node: Node) -> Node:
    if isinstance(node.this, exp.Column):
        raise WarehouseError("0A000", "navigation of SUPER values is not implemented")
    return raw(f"{text_of(node.this)}[{text_of(node.expressions[0])}]")


_TEXTS: Final = (exp.DataType.Type.VARCHAR, exp.DataType.Type.CHAR, exp.DataType.Type.NVARCHAR,
                 exp.DataType.Type.NCHAR, exp.DataType.Type.BPCHAR)  # fmt: skip
_CATALOG_TYPES: Final = {"regclass": "VARCHAR", "regtype": "VARCHAR", "regproc": "VARCHAR",
                         "oid": "BIGINT", "name": "VARCHAR"}  # fmt: skip


def _cast(node: Node) -> Node:
    kind = node.to
    if kind.this in _TEXTS:
        length = kind.expressions[0].name if kind.expressions else ""
        if kind.this in (exp.DataType.Type.CHAR, exp.DataType.Type.NCHAR):
            length = length or "1"
        node.set("to", exp.DataType.build("TEXT"))
        if length.isdigit():
            return raw(f"cube_varchar({text_of(node)}, {length})")
    elif kind.this is exp.DataType.Type.DECIMAL and not kind.expressions:
        node.set("to", exp.DataType.build("DECIMAL(18, 0)"))
    elif kind.this is exp.DataType.Type.SUPER:
        node.set("to", exp.DataType.build("JSON"))
    elif (name := kind.sql().lower()) in _CATALOG_TYPES:
        node.set("to", exp.DataType.build(_CATALOG_TYPES[name]))
    elif kind.this in (exp.DataType.Type.HLLSKETCH, exp.DataType.Type.GEOMETRY):
        raise WarehouseError("0A000", f"type {name} is not implemented")
    return node


def _now(node: Node) -> Node:
    return raw("$transaction" if node.args.get("sysdate") else "$now")


def _extract(node: Node) -> Node:
    part = text_of(node.this).upper()
    if part == "EPOCH":
        return raw(f"CAST(FLOOR(EXTRACT(EPOCH FROM {text_of(node.expression)})) AS BIGINT)")
    return node


def _insert(node: Node) -> Node:
    """Mend MERGE's `INSERT VALUES (...)`, which sqlglot takes for a function's call."""
    values = node.this
    if not (isinstance(node.parent, exp.When) and isinstance(values, exp.Tuple)):
        return node
    if len(values.expressions) == 1 and isinstance(values.expressions[0], exp.Var):
        node.set("this", None)
        node.set("expression", values.expressions[0])
    return node


def _nulls(words: str) -> Callable[[Node], Node]:
    """Put IGNORE NULLS inside the call's brackets, where DuckDB wants it."""

    def rule(node: Node) -> Node:
        inner = text_of(node.this)
        is_call = isinstance(node.this, exp.Anonymous)
        return raw(f"{inner[:-1]} {words})" if is_call else f"{inner} {words}")

    return rule


RULES: Final[dict[type, Callable[[Node], Node]]] = {
    exp.Identifier: _identifier,
    exp.Column: _column,
    exp.Avg: _average,
    exp.GroupConcat: _listagg,
    exp.Like: _like,
    exp.ILike: _like,
    exp.SimilarTo: _similar,
    exp.Concat: lambda node: raw(f"({' || '.join(map(text_of, node.expressions))})"),
    exp.Bracket: _bracket,
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.CurrentTimestamp: _now,
    exp.CurrentDate: lambda node: raw("CAST($now AS DATE)"),
    exp.CurrentUser: lambda node: raw("$user"),
    exp.SessionUser: lambda node: raw("$user"),
    exp.CurrentSchema: lambda node: raw("'public'"),
    exp.Extract: _extract,
    exp.IgnoreNulls: _nulls("IGNORE NULLS"),
    exp.RespectNulls: _nulls("RESPECT NULLS"),
    exp.Insert: _insert,
}
