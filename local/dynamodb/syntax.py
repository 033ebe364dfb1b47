"""The nodes of an expression's syntax tree, and a walk over them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from local.dynamodb.document_path import Path


@dataclass(frozen=True, slots=True)
class PathNode:
    """A document path whose names may be placeholders."""

    path: Path


@dataclass(frozen=True, slots=True)
class ValueNode:
    """A value placeholder, with its colon."""

    placeholder: str


@dataclass(frozen=True, slots=True)
class Operation:
    """A comparator, a logical word, a sign, parentheses, or a function (`is_call`)."""

    operator: str
    operands: "tuple[Node, ...]"
    is_call: bool = False


Node: TypeAlias = PathNode | ValueNode | Operation


@dataclass(frozen=True, slots=True)
class Action:
    """One change of an update expression; REMOVE has no operand."""

    section: Literal["SET", "REMOVE", "ADD", "DELETE"]
    path: PathNode
    operand: Node | None


def depth(roots: Iterable[Node | Action]) -> int:
    """Return how many nodes the longest way down passes; without recursion."""
    levels = 0
    level = [root.operand if isinstance(root, Action) else root for root in roots]
    while level:
        levels += 1
        level = [
            operand for node in level if isinstance(node, Operation) for operand in node.operands
        ]
    return levels


def walk(roots: Iterable[Node | Action]) -> Iterator[Node]:
    """Yield every node below `roots`, themselves included; without recursion."""
    waiting: list[Node | Action] = list(roots)
    while waiting:
        node = waiting.pop()
        if isinstance(node, Action):
            waiting.append(node.path)
            if node.operand is not None:
                waiting.append(node.operand)
            continue
        if isinstance(node, Operation):
            waiting.extend(node.operands)
        yield node
