"""A Query's key condition in, the hash key and the span of range keys to read out."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from core.item import Attribute
from local.aws_error import AwsError, validation_error
from local.dynamodb.document_path import Path, resolve
from local.dynamodb.expression import Expression, parse
from local.dynamodb.key import sort_bytes
from local.dynamodb.limits import EXPRESSIONS_CACHED_MAX
from local.dynamodb.refusal import invalid_expression, invalid_value
from local.dynamodb.rows import KeyRange, prefix_end, successor
from local.dynamodb.syntax import Action, Node, Operation, PathNode, ValueNode
from local.dynamodb.table import KeyAttribute, Table

_KIND: Final = "KeyConditionExpression"
_OPERATORS: Final = frozenset({"=", "<", "<=", ">", ">=", "BETWEEN", "begins_with"})


class Part(NamedTuple):
    """One comparison of a key attribute with value placeholders."""

    path: Path
    operator: str
    placeholders: tuple[str, ...]


class KeyCondition(NamedTuple):
    expression: Expression
    parts: tuple[Part, ...]


def _unsupported() -> AwsError:
    return validation_error("Query key condition not supported")


@lru_cache(maxsize=EXPRESSIONS_CACHED_MAX)
def compiled(text: str) -> KeyCondition:
    """Return the key condition in `text`; raise AwsError ValidationException for any other."""
    expression = parse(_KIND, text)
    (root,) = expression.roots
    assert not isinstance(root, Action), "the grammar gives a condition one node"
    parts = tuple(_parts(root))
    if len(parts) > 2:
        raise validation_error("Conditions can be of length 1 or 2 only")
    return KeyCondition(expression, parts)


def _parts(node: Node) -> list[Part]:
    if not isinstance(node, Operation):
        raise _unsupported()
    if node.operator in ("AND", "()"):
        return [part for operand in node.operands for part in _parts(operand)]
    if node.operator not in _OPERATORS:
        raise invalid_expression(
            _KIND, f"Invalid operator used in KeyConditionExpression: {node.operator}"
        )
    path, *values = node.operands
    if not isinstance(path, PathNode) or len(path.path) > 1:
        raise _unsupported()
    placeholders = tuple(value.placeholder for value in values if isinstance(value, ValueNode))
    if len(placeholders) < len(values):
        raise _unsupported()
    return [Part(path.path, node.operator, placeholders)]


def span_of(
    table: Table, condition: KeyCondition, names: Mapping[str, str], values: Mapping[str, Attribute]
) -> tuple[bytes, KeyRange]:
    """Return the hash key and the span of range keys that a bound condition selects."""
    by_name = {str(resolve(part.path, names)[0]): part for part in condition.parts}
    if len(by_name) < len(condition.parts):
        raise validation_error("KeyConditionExpressions must only contain one condition per key")
    hash_part = by_name.pop(table.hash.name, None)
    if hash_part is None:
        raise validation_error(f"Query condition missed key schema element: {table.hash.name}")
    if hash_part.operator != "=":
        raise _unsupported()
    (hash_key,) = _operands(table.hash, hash_part, values)
    if not by_name:
        return hash_key, KeyRange()
    range_part = None if table.range is None else by_name.get(table.range.name)
    if table.range is None or range_part is None:
        missed = table.hash.name if table.range is None else table.range.name
        raise validation_error(f"Query condition missed key schema element: {missed}")
    if range_part.operator == "begins_with" and table.range.kind == "N":
        raise invalid_expression(
            _KIND,
            "Incorrect operand type for operator or function; operator or function: begins_with,"
            " operand type: N",
        )
    return hash_key, _span(range_part.operator, *_operands(table.range, range_part, values))


def _operands(key: KeyAttribute, part: Part, values: Mapping[str, Attribute]) -> list[bytes]:
    operands = [values[placeholder] for placeholder in part.placeholders]
    if any(key.kind not in operand for operand in operands):
        raise invalid_value("Condition parameter type does not match schema type")
    return [sort_bytes(operand) for operand in operands]


def _span(operator: str, *operands: bytes) -> KeyRange:
    low, high = operands[0], operands[-1]
    match operator:
        case "=" | "BETWEEN":
            if low > high:
                raise invalid_expression(
                    _KIND,
                    "The BETWEEN operator requires upper bound to be greater than or equal to"
                    " lower bound",
                )
            return KeyRange(low, successor(high))
        case "<":
            return KeyRange(high=high)
        case "<=":
            return KeyRange(high=successor(high))
        case ">":
            return KeyRange(low=successor(low))
        case ">=":
            return KeyRange(low=low)
        case _:
            return KeyRange(low, prefix_end(low))
