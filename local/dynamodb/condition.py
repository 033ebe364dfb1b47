"""A condition's text in, a test of items out: compiled once to closures over names and values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, TypeAlias

from core.item import Attribute, Item
from local.dynamodb import number
from local.dynamodb.attribute import TYPE_NAMES, type_of
from local.dynamodb.document_path import Path, find, resolve
from local.dynamodb.expression import Expression, Kind, parse
from local.dynamodb.limits import EXPRESSIONS_CACHED_MAX
from local.dynamodb.refusal import invalid_expression
from local.dynamodb.syntax import Action, Node, Operation, PathNode, ValueNode

Names: TypeAlias = Mapping[str, str]
Values: TypeAlias = Mapping[str, Attribute]
Test: TypeAlias = Callable[[Item, Names, Values], bool]
Operand: TypeAlias = Callable[[Item, Names, Values], Attribute | None]


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled condition or filter; an item that is absent is tested as an empty one."""

    expression: Expression
    holds: Test


@lru_cache(maxsize=EXPRESSIONS_CACHED_MAX)
def compiled(kind: Kind, text: str) -> Condition:
    """Return the condition in `text`; raise AwsError ValidationException for anything else."""
    expression = parse(kind, text)
    (root,) = expression.roots
    assert not isinstance(root, Action), "the grammar gives a condition one node"
    return Condition(expression, _test(kind, root))


def operand_of(node: Node) -> Operand:
    """Return a reader of a path's or value's attribute."""
    if isinstance(node, ValueNode):
        placeholder = node.placeholder
        return lambda item, names, values: values[placeholder]
    if isinstance(node, PathNode):
        return _path_reader(node.path)
    read = operand_of(node.operands[0])
    return lambda item, names, values: _size(read(item, names, values))


def _path_reader(path: Path) -> Operand:
    first = path[0]
    if len(path) == 1 and isinstance(first, str):
        name = first  # the hot path: a plain attribute
        return lambda item, names, values: item.get(names.get(name, name))
    return lambda item, names, values: find(item, resolve(path, names))


def _size(attribute: Attribute | None) -> Attribute | None:
    """Return size() of an attribute; None for what has none, so that comparisons fail."""
    if attribute is None or type_of(attribute) in ("N", "BOOL", "NULL"):
        return None
    return {"N": str(len(next(iter(attribute.values()))))}


def _test(kind: Kind, node: Node) -> Test:
    assert isinstance(node, Operation), "the grammar gives conditions operators"
    if node.operator in ("AND", "OR", "NOT", "()"):
        return _logical(node.operator, [_test(kind, operand) for operand in node.operands])
    operands = [operand_of(operand) for operand in node.operands]
    if node.is_call:
        return _CALLS[node.operator](*operands)
    if node.operator == "IN":
        return _membership(operands)
    if node.operator == "BETWEEN":
        return _between(kind, node, operands)
    return _comparison(node.operator, *operands)


def _logical(word: str, tests: list[Test]) -> Test:
    match word:
        case "AND":
            return lambda item, names, values: all(test(item, names, values) for test in tests)
        case "OR":
            return lambda item, names, values: any(test(item, names, values) for test in tests)
        case "NOT":
            return lambda item, names, values: not tests[0](item, names, values)
        case _:
            return tests[0]


def _comparison(comparator: str, left: Operand, right: Operand) -> Test:
    if comparator in ("=", "<>"):
        wanted = comparator == "="

        def equal(item: Item, names: Names, values: Values) -> bool:
            attribute = left(item, names, values)
            # What is absent equals nothing, and so differs from everything.
            return (attribute is not None and attribute == right(item, names, values)) is wanted

        return equal
    in_order = _ORDERS[comparator]

    def ordered(item: Item, names: Names, values: Values) -> bool:
        return in_order(left(item, names, values), right(item, names, values))

    return ordered


def _order(compare: Callable[[Any, Any], bool]) -> Callable[..., bool]:
    def in_order(left: Attribute | None, right: Attribute | None) -> bool:
        if left is None or right is None:
            return False
        ((kind, low),) = left.items()
        ((other, high),) = right.items()
        if kind != other or kind not in ("N", "S", "B"):
            return False
        if kind == "N":
            return compare(number.magnitude(low), number.magnitude(high))
        return compare(low, high)  # Python orders text by code point, as UTF-8 bytes order

    return in_order


_ORDERS: Final = {
    "<": _order(lambda low, high: low < high),
    "<=": _order(lambda low, high: low <= high),
    ">": _order(lambda low, high: low > high),
    ">=": _order(lambda low, high: low >= high),
}


def _between(kind: Kind, node: Operation, operands: list[Operand]) -> Test:
    value, low, high = operands
    rises = _ORDERS["<="]
    bounds_given = all(isinstance(bound, ValueNode) for bound in node.operands[1:])

    def between(item: Item, names: Names, values: Values) -> bool:
        lower, upper = low(item, names, values), high(item, names, values)
        if bounds_given and not rises(lower, upper):
            raise invalid_expression(
                kind,
                "The BETWEEN operator requires upper bound to be greater than or equal to lower"
                f" bound; lower bound operand: {lower}, upper bound operand: {upper}",
            )
        attribute = value(item, names, values)
        return rises(lower, attribute) and rises(attribute, upper)

    return between


def _membership(operands: list[Operand]) -> Test:
    wanted, *members = operands

    def member(item: Item, names: Names, values: Values) -> bool:
        attribute = wanted(item, names, values)
        return attribute is not None and any(
            attribute == one(item, names, values) for one in members
        )

    return member


def _exists(path: Operand) -> Test:
    return lambda item, names, values: path(item, names, values) is not None


def _not_exists(path: Operand) -> Test:
    return lambda item, names, values: path(item, names, values) is None


def _has_type(path: Operand, kind: Operand) -> Test:
    def has_type(item: Item, names: Names, values: Values) -> bool:
        wanted = (kind(item, names, values) or {}).get("S")
        if wanted not in TYPE_NAMES:
            raise invalid_expression(
                "ConditionExpression",
                f"Invalid attribute type name found; type: {wanted},"
                f" valid types: {{{','.join(sorted(TYPE_NAMES))}}}",
            )
        attribute = path(item, names, values)
        return attribute is not None and type_of(attribute) == wanted

    return has_type


def _begins_with(path: Operand, prefix: Operand) -> Test:
    def begins_with(item: Item, names: Names, values: Values) -> bool:
        attribute, start = path(item, names, values), prefix(item, names, values)
        if attribute is None or start is None or type_of(attribute) != type_of(start):
            return False
        kind = type_of(attribute)
        return kind in ("S", "B") and bool(attribute[kind].startswith(start[kind]))

    return begins_with


def _contains(path: Operand, wanted: Operand) -> Test:
    def contains(item: Item, names: Names, values: Values) -> bool:
        attribute, member = path(item, names, values), wanted(item, names, values)
        if attribute is None or member is None:
            return False
        ((kind, value),) = attribute.items()
        if kind == "L":
            return member in value
        if kind in ("S", "B", "SS", "NS", "BS"):
            return kind[0] in member and member[kind[0]] in value
        return False

    return contains


_CALLS: Final[Mapping[str, Callable[..., Test]]] = {
    "attribute_exists": _exists,
    "attribute_not_exists": _not_exists,
    "attribute_type": _has_type,
    "begins_with": _begins_with,
    "contains": _contains,
}
