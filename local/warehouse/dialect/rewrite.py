"""A tree of Redshift's SQL in, the tree that means the same to DuckDB out."""

from collections.abc import Callable
from typing import Any, Final

from sqlglot import exp

from local.warehouse.dialect.calls import BUILDERS
from local.warehouse.dialect.functions import RENAMED
from local.warehouse.dialect.normalise import PARAMETER_NAME
from local.warehouse.dialect.output_name import name_outputs
from local.warehouse.dialect.raw import raw, text_of
from local.warehouse.error import WarehouseError

SCHEMAS: Final = {"pg_catalog": "cube_catalog", "information_schema": "cube_information"}
OWN_SCHEMAS: Final = frozenset({"main", "cube_catalog", "cube_information", "cube_system"})

# DuckDB's own syntax (42601), and Redshift's that we do not have (0A000).
_FOREIGN: Final[dict[type, tuple[str, str]]] = {
    exp.Lambda: ("42601", "syntax error: lambda"),
    exp.Struct: ("42601", "syntax error: struct"),
    exp.Lateral: ("42601", "syntax error: LATERAL"),
    exp.TableSample: ("42601", "syntax error: TABLESAMPLE"),
    exp.Glob: ("42601", "syntax error: GLOB"),
    exp.JSONExtract: ("42601", "syntax error: ->"),
    exp.JSONExtractScalar: ("42601", "syntax error: ->>"),
    exp.Slice: ("42601", "syntax error: slice"),
    exp.Columns: ("42601", "syntax error: COLUMNS"),
    exp.MatchRecognize: ("42601", "syntax error: MATCH_RECOGNIZE"),
    exp.Kwarg: ("42601", "syntax error: named argument"),
    exp.Returning: ("42601", "syntax error: RETURNING"),
    exp.OnConflict: ("42601", "syntax error: ON CONFLICT"),
    exp.RegexpILike: ("42883", "operator does not exist: ~*"),
    exp.Unnest: ("0A000", "navigation of SUPER arrays is not implemented"),
    exp.Array: ("0A000", "arrays are not implemented"),
}
# What sqlglot builds itself from the text, and DuckDB answers as Redshift would.
_FUNCTIONS: Final = (
    exp.And, exp.Or, exp.Case, exp.If, exp.Cast, exp.TryCast, exp.Coalesce, exp.Nvl2, exp.Count,
    exp.Sum, exp.Avg, exp.Min, exp.Max, exp.GroupConcat, exp.PercentileCont, exp.PercentileDisc,
    exp.ApproxDistinct, exp.ApproxQuantile, exp.Extract, exp.ConvertTimezone, exp.Substring,
    exp.Trim, exp.StrPosition, exp.CurrentTimestamp, exp.CurrentDate, exp.CurrentUser,
    exp.SessionUser, exp.CurrentSchema, exp.TsOrDsAdd, exp.TsOrDsDiff, exp.DecodeCase,
    exp.Exists, exp.Any, exp.All, exp.Anonymous, exp.Concat,
)  # fmt: skip
_CHANGES: Final = (exp.Insert, exp.Update, exp.Delete, exp.Merge)

Node = Any  # sqlglot's trees; its stubs do not say what a node's arguments are


def rewrite(tree: Node, *, database: str, is_temporal: Callable[[str], bool]) -> Node:
    """Return the tree for DuckDB; `is_temporal` says whether a column of that name is a time.

    Raises WarehouseError 42601, 42883 or 0A000 for what Redshift does not have, or we do not.
    """
    if not isinstance(tree, (exp.Query, *_CHANGES)):
        raise WarehouseError("42601", "syntax error: the statement cannot be read")
    holder = exp.Tuple(expressions=[tree])
    name_outputs(tree)
    for node in reversed(list(tree.walk(bfs=False))):
        _check(node, is_root=node is tree)
        if isinstance(node, exp.Table):
            _table(node, database)
        elif isinstance(node, exp.Anonymous):
            node.replace(_call(node, is_temporal))
        elif rule := _RULES.get(type(node)):
            fresh = rule(node)
            if fresh is not node:
                node.replace(fresh)
    return holder.expressions[0]


def _check(node: Node, *, is_root: bool) -> None:
    if isinstance(node, _CHANGES) and not (is_root or isinstance(node.parent, exp.When)):
        raise WarehouseError("42601", f"syntax error: {node.key} inside another statement")
    if found := _FOREIGN.get(type(node)):
        raise WarehouseError(*found)
    if isinstance(node, exp.Func) and not isinstance(node, _FUNCTIONS):
        raise WarehouseError("42883", f"function {node.sql_name().lower()} does not exist")
    if isinstance(node, exp.Join) and (
        node.args.get("method") not in (None, "NATURAL") or node.kind in ("SEMI", "ANTI")
    ):
        raise WarehouseError("42601", f"syntax error: {node.method or node.kind} JOIN")
    if isinstance(node, exp.Star) and node.args.get("replace"):
        raise WarehouseError("42601", "syntax error: * REPLACE")


def _table(node: Node, database: str) -> None:
    if not isinstance(node.this, exp.Identifier):
        name = getattr(node.this, "name", "") or "it"
        raise WarehouseError("42883", f"table function {name.lower()} does not exist")
    catalog = node.args.get("catalog")
    if catalog and catalog.name.lower() != database:
        raise WarehouseError(
            "0A000", f'cross-database reference to "{catalog.name.lower()}" is not implemented'
        )
    node.set("catalog", None)
    if schema := node.args.get("db"):
        name = schema.name.lower()
        if name in OWN_SCHEMAS:
            raise WarehouseError("3F000", f'schema "{name}" does not exist')
        schema.set("this", SCHEMAS.get(name, name))


def _call(node: Node, is_temporal: Callable[[str], bool]) -> Node:
    name = str(node.this if isinstance(node.this, str) else node.name).upper()
    parent = node.parent
    if isinstance(parent, exp.Dot):
        raise WarehouseError("42883", f"function {text_of(parent.this)}.{name} does not exist")
    if name == "VALUES" and isinstance(parent, exp.Tuple) and isinstance(parent.parent, exp.Insert):
        return raw(f"({', '.join(map(text_of, node.expressions))})")  # see _insert
    if name == "RATIO_TO_REPORT" and isinstance(parent, exp.Window):
        return _ratio(node, parent)
    if name == "TRUNC" and len(node.expressions) == 1 and _temporal(node, is_temporal):
        return exp.cast(node.expressions[0], "DATE")
    if builder := BUILDERS.get(name):
        return builder(node.expressions)
    if name not in RENAMED:
        raise WarehouseError(
            "42883",
            f"function {name.lower()} does not exist",
            hint="Redshift has no such function, or the local warehouse does not know it yet.",
        )
    return exp.Anonymous(this=RENAMED[name], expressions=node.expressions)


def _ratio(node: Node, window: Node) -> Node:
    """Write RATIO_TO_REPORT(x) OVER w as x / SUM(x) OVER w."""
    (value,) = node.expressions
    total = exp.Sum(this=value.copy())
    node.replace(total)
    window.replace(raw(f"(CAST({text_of(value)} AS DOUBLE) / NULLIF({text_of(window)}, 0))"))
    return total


def _temporal(node: Node, is_temporal: Callable[[str], bool]) -> bool:
    """Return whether TRUNC's argument is a time: by its kind, or by its columns' types."""
    argument = node.expressions[0]
    if "$now" in (text := text_of(argument)) or "$transaction" in text or "INTERVAL" in text:
        return True
    casts = list(argument.find_all(exp.Cast))
    if casts:
        return bool(casts[0].to.is_type(*exp.DataType.TEMPORAL_TYPES))
    return any(is_temporal(column.name.lower()) for column in argument.find_all(exp.Column))


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


_RULES: Final[dict[type, Callable[[Node], Node]]] = {
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
