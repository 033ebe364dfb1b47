"""A tree of Redshift's SQL in, the tree that means the same to DuckDB out."""

from collections.abc import Callable
from typing import Final

from sqlglot import exp

from local.warehouse.dialect.calls import BUILDERS
from local.warehouse.dialect.functions import RENAMED
from local.warehouse.dialect.output_name import name_outputs
from local.warehouse.dialect.raw import Node, raw, text_of
from local.warehouse.dialect.rules import RULES
from local.warehouse.error import WarehouseError

SCHEMAS: Final = {"pg_catalog": "cube_catalog", "information_schema": "cube_information"}
OWN_SCHEMAS: Final = frozenset({"main", "cube_catalog", "cube_information", "cube_system"})

# DuckDB finds them from every schema; a test compares the list with DuckDB's own.
INTERNAL_VIEWS: Final = frozenset(
    """
    duckdb_columns duckdb_constraints duckdb_databases duckdb_indexes duckdb_logs duckdb_schemas
    duckdb_tables duckdb_types duckdb_views pragma_database_list sqlite_master sqlite_schema
    sqlite_temp_master sqlite_temp_schema
    """.split()  # noqa: SIM905 - a list of words reads better as one
)

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
    exp.Filter: ("42601", "syntax error: FILTER"),
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
    exp.Exists, exp.Any, exp.All, exp.Anonymous, exp.Concat, exp.RegexpLike,
)  # fmt: skip
# What drivers ask for the columns of late-binding views; here it is a view with none.
_LATE_BINDING: Final = "pg_get_late_binding_view_cols"
_CHANGES: Final = (exp.Insert, exp.Update, exp.Delete, exp.Merge)


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
        elif rule := RULES.get(type(node)):
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
    if isinstance(node, exp.Distinct) and node.args.get("on"):
        raise WarehouseError("0A000", "SELECT DISTINCT ON is not supported")
    if isinstance(node, exp.Values) and not isinstance(node.parent, exp.Insert):
        raise WarehouseError("0A000", "VALUES lists used as tables are not supported")


def _table(node: Node, database: str) -> None:
    if str(getattr(node.this, "name", "")).lower() == _LATE_BINDING:
        node.replace(
            exp.Table(
                this=exp.to_identifier(_LATE_BINDING, quoted=True),
                db=exp.to_identifier("cube_catalog", quoted=True),
                alias=exp.TableAlias(this=node.args["alias"].this) if node.alias else None,
            )
        )
        return
    if not isinstance(node.this, exp.Identifier):
        name = getattr(node.this, "name", "") or "it"
        raise WarehouseError("42883", f"table function {name.lower()} does not exist")
    if not node.db and node.name.lower() in INTERNAL_VIEWS:
        raise WarehouseError("42P01", f'relation "{node.name.lower()}" does not exist')
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
    if isinstance(parent, exp.Table) and name.lower() == _LATE_BINDING:
        return node  # see _table
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
