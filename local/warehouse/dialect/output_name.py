"""A query's tree in, names for its unnamed columns set in it: PostgreSQL's, as Redshift gives them.

`SELECT COUNT(*)` answers a column `count`, `SELECT 1` one called `?column?`.
"""

from typing import Any, Final

from sqlglot import exp

from local.warehouse.dialect.normalise import PARAMETER_NAME

_NAMES: Final[dict[type, str]] = {
    exp.Case: "case",
    exp.If: "case",
    exp.DecodeCase: "case",
    exp.Coalesce: "coalesce",
    exp.Nvl2: "case",
    exp.Extract: "date_part",
    exp.TsOrDsAdd: "date_add",
    exp.TsOrDsDiff: "date_diff",
    exp.GroupConcat: "listagg",
    exp.PercentileCont: "percentile_cont",
    exp.PercentileDisc: "percentile_disc",
    exp.ApproxDistinct: "count",
    exp.ApproxQuantile: "percentile_disc",
    exp.ConvertTimezone: "convert_timezone",
    exp.Substring: "substring",
    exp.Trim: "btrim",
    exp.StrPosition: "position",
    exp.CurrentDate: "date",
    exp.CurrentUser: "current_user",
    exp.SessionUser: "session_user",
    exp.CurrentSchema: "current_schema",
    exp.Exists: "exists",
    exp.Interval: "interval",
}


def name_outputs(tree: Any) -> None:
    """Give each unnamed column of every SELECT in the tree its name."""
    for select in list(tree.find_all(exp.Select)):
        named: list[Any] = []
        for column in select.expressions:
            if _is_named(column):
                named.append(column)
            else:
                named.append(exp.alias_(column, output_name(column), quoted=True, copy=False))
        select.set("expressions", named)


def _is_named(column: Any) -> bool:
    if isinstance(column, exp.Column):
        return not column.name.startswith(PARAMETER_NAME)
    return isinstance(column, exp.Alias | exp.Star | exp.Dot)


def output_name(node: Any) -> str:
    """Return the name of an expression without AS."""
    if isinstance(node, exp.Paren | exp.Window | exp.Filter | exp.WithinGroup):
        return output_name(node.this)
    if isinstance(node, exp.Cast):
        inner = output_name(node.this)
        return str(node.to.sql(dialect="redshift")).lower() if inner == "?column?" else inner
    if isinstance(node, exp.Subquery):
        return _subquery_name(node.this)
    if isinstance(node, exp.CurrentTimestamp):
        return "sysdate" if node.args.get("sysdate") else "getdate"
    if isinstance(node, exp.Anonymous):
        return str(node.name).lower()
    if isinstance(node, exp.Column | exp.Alias) and _is_named(node):
        return str(node.alias_or_name).lower()
    if type(node) in _NAMES:
        return _NAMES[type(node)]
    if isinstance(node, exp.AggFunc):
        return str(node.sql_name()).lower()
    return "?column?"


def _subquery_name(select: Any) -> str:
    columns = getattr(select, "selects", [])
    return output_name(columns[0]) if columns else "?column?"
