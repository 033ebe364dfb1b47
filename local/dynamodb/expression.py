"""An expression's text in, its checked syntax tree with the placeholders it needs out, cached."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from core.item import Attribute
from local.dynamodb import grammar
from local.dynamodb.attribute import SET_TYPES, TYPE_NAMES, type_of
from local.dynamodb.limits import (
    EXPRESSION_BYTES_MAX,
    EXPRESSION_DEPTH_MAX,
    EXPRESSION_OPERATORS_MAX,
    EXPRESSIONS_CACHED_MAX,
    NESTING_MAX,
)
from local.dynamodb.refusal import invalid_expression, not_implemented
from local.dynamodb.syntax import Action, Node, Operation, PathNode, ValueNode, depth, walk

Kind = grammar.Kind

# Function -> (number of operands, is it a condition by itself, must operand 0 be a path).
_CONDITION_CALLS: Final = {
    "attribute_exists": (1, True, True),
    "attribute_not_exists": (1, True, True),
    "attribute_type": (2, True, True),
    "begins_with": (2, True, False),
    "contains": (2, True, False),
    "size": (1, False, False),
}
_UPDATE_CALLS: Final = {"if_not_exists": (2, False, True), "list_append": (2, False, False)}

_ORDERED: Final = frozenset({"S", "N", "B"})
# Operator -> types that a value placeholder may have as its operand, and AWS's word for them.
_OPERAND_TYPES: Final = {
    **dict.fromkeys(("<", "<=", ">", ">=", "BETWEEN"), _ORDERED),
    "begins_with": frozenset({"S", "B"}),
    "attribute_type": frozenset({"S"}),
    "size": TYPE_NAMES - {"N", "BOOL", "NULL"},
    "+": frozenset({"N"}),
    "-": frozenset({"N"}),
    "list_append": frozenset({"L"}),
    "ADD": SET_TYPES | {"N"},
    "DELETE": SET_TYPES,
}
_LONG_TYPE_NAMES: Final = {
    "S": "STRING", "N": "NUMBER", "B": "BINARY", "BOOL": "BOOLEAN", "NULL": "NULL", "L": "LIST",
    "M": "MAP", "SS": "STRING_SET", "NS": "NUMBER_SET", "BS": "BINARY_SET",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed text; `roots` as `grammar.read` gives them."""

    kind: Kind
    roots: Sequence[Node | Action]
    names: frozenset[str]
    values: frozenset[str]
    demands: tuple[tuple[str, str], ...]  # (operator, value placeholder) that restricts its type

    def check_values(self, values: Mapping[str, Attribute]) -> None:
        """Refuse values whose types an operator here can never take."""
        for operator, placeholder in self.demands:
            kind = type_of(values[placeholder])
            if kind not in _OPERAND_TYPES[operator]:
                raise invalid_expression(self.kind, _wrong_type(operator, kind))


def _wrong_type(operator: str, kind: str) -> str:
    head = "Incorrect operand type for operator or function; operator"
    if operator in ("ADD", "DELETE"):
        return (
            f"{head}: {operator}, operand type: {_LONG_TYPE_NAMES[kind]},"
            f" typeSet: ALLOWED_FOR_{operator}_OPERAND"
        )
    return f"{head} or function: {operator}, operand type: {kind}"


@lru_cache(maxsize=EXPRESSIONS_CACHED_MAX)
def parse(kind: Kind, text: str) -> Expression:
    """Return the expression in `text`; raise AwsError ValidationException for anything else."""
    if not text or text.isspace():
        raise invalid_expression(kind, "The expression can not be empty;")
    size = len(text.encode(errors="surrogatepass"))
    if size > EXPRESSION_BYTES_MAX:
        raise invalid_expression(
            kind,
            f"Expression size has exceeded the maximum allowed size; expression size: {size}",
        )
    roots = grammar.read(kind, text)
    nodes = list(walk(roots))
    _check_size(kind, roots, nodes)
    _check_calls(kind, roots)
    parts = [part for node in nodes if isinstance(node, PathNode) for part in node.path]
    return Expression(
        kind=kind,
        roots=roots,
        names=frozenset(part for part in parts if isinstance(part, str) and part[0] == "#"),
        values=frozenset(node.placeholder for node in nodes if isinstance(node, ValueNode)),
        demands=tuple(sorted(set(_demands(roots, nodes)))),
    )


def _check_size(kind: Kind, roots: Sequence[Node | Action], nodes: Sequence[Node]) -> None:
    count = sum(_operators(node) for node in nodes)
    if count > EXPRESSION_OPERATORS_MAX:
        raise invalid_expression(
            kind,
            "The number of operators and functions has exceeded the maximum allowed;"
            f" operators: {count}, maximum: {EXPRESSION_OPERATORS_MAX}",
        )
    if depth(roots) > EXPRESSION_DEPTH_MAX:
        raise not_implemented(f"{kind} of over {EXPRESSION_DEPTH_MAX} nested operators")
    if any(isinstance(node, PathNode) and len(node.path) > NESTING_MAX for node in nodes):
        raise invalid_expression(
            kind, f"The document path has too many nesting elements; maximum: {NESTING_MAX}"
        )


def _operators(node: Node) -> int:
    if not isinstance(node, Operation) or node.operator == "()":
        return 0
    return len(node.operands) - 1 if node.operator in ("AND", "OR") else 1


def _check_calls(kind: Kind, roots: Sequence[Node | Action]) -> None:
    known = _UPDATE_CALLS if kind == "UpdateExpression" else _CONDITION_CALLS
    for node, stands_alone in _calls(roots):
        name, given = node.operator, len(node.operands)
        if name not in known:
            raise invalid_expression(kind, f"Invalid function name; function: {name}")
        operands, is_condition, of_path = known[name]
        if is_condition is not stands_alone:
            raise invalid_expression(
                kind,
                "The function is not allowed to be used this way in an expression;"
                f" function: {name}",
            )
        if given != operands:
            raise invalid_expression(
                kind,
                "Incorrect number of operands for operator or function;"
                f" operator or function: {name}, number of operands: {given}",
            )
        if of_path and not isinstance(node.operands[0], PathNode):
            raise invalid_expression(
                kind,
                f"Operator or function requires a document path; operator or function: {name}",
            )


def _calls(roots: Sequence[Node | Action]) -> Iterator[tuple[Operation, bool]]:
    """Yield each call with whether it stands where a condition is wanted."""
    conditions = {id(root) for root in roots}
    for node in walk(roots):
        if not isinstance(node, Operation):
            continue
        if node.operator in ("AND", "OR", "NOT", "()"):
            conditions.update(map(id, node.operands))
        if node.is_call:
            yield node, id(node) in conditions


def _demands(roots: Sequence[Node | Action], nodes: Sequence[Node]) -> Iterator[tuple[str, str]]:
    for root in roots:
        if not isinstance(root, Action) or root.section not in _OPERAND_TYPES:
            continue
        if isinstance(root.operand, ValueNode):
            yield root.section, root.operand.placeholder
    for node in nodes:
        if isinstance(node, Operation) and node.operator in _OPERAND_TYPES:
            for operand in node.operands:
                if isinstance(operand, ValueNode):
                    yield node.operator, operand.placeholder
