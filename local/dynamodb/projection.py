"""A projection's text in, a function from item to the part of it that was asked for out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from core.item import Attribute, Item
from local.dynamodb.document_path import Path, clash, head, resolve, spelled
from local.dynamodb.expression import Expression, parse
from local.dynamodb.limits import EXPRESSIONS_CACHED_MAX
from local.dynamodb.refusal import invalid_expression
from local.dynamodb.syntax import PathNode

_KIND: Final = "ProjectionExpression"


@dataclass(frozen=True, slots=True)
class Projection:
    """A parsed projection."""

    expression: Expression
    paths: tuple[Path, ...]

    def targets(self, names: Mapping[str, str]) -> list[Path]:
        """Return the resolved paths; refuse paths that exclude each other."""
        targets = [resolve(path, names) for path in self.paths]
        found = clash(targets)
        if found is not None:
            how, left, right = found
            raise invalid_expression(
                _KIND,
                f"Two document paths {how} with each other; must remove or rewrite one of these"
                f" paths; path one: {spelled(left)}, path two: {spelled(right)}",
            )
        return targets


@lru_cache(maxsize=EXPRESSIONS_CACHED_MAX)
def compiled(text: str) -> Projection:
    """Return the projection in `text`; raise AwsError ValidationException for anything else."""
    expression = parse(_KIND, text)
    return Projection(
        expression, tuple(root.path for root in expression.roots if isinstance(root, PathNode))
    )


def part_of(item: Item, targets: Sequence[Path]) -> Item:
    """Return the item with only what lies on the resolved paths; lists close their gaps."""
    if all(len(target) == 1 for target in targets):
        return {name: item[name] for name in map(head, targets) if name in item}
    branches: dict[Any, Any] = {}
    for target in targets:
        branch = branches
        for part in target:
            branch = branch.setdefault(part, {})
    return _members(item, branches)


def _members(container: Mapping[str, Attribute], branches: Mapping[Any, Any]) -> Item:
    kept = {}
    for part, below in branches.items():
        if part in container:
            attribute = _branch(container[part], below)
            if attribute is not None:
                kept[part] = attribute
    return kept


def _branch(attribute: Attribute, branches: Mapping[Any, Any]) -> Attribute | None:
    if not branches:
        return attribute
    ((kind, value),) = attribute.items()
    if kind == "M":
        members = _members(value, branches)
        return {"M": members} if members else None
    if kind == "L":
        positions = sorted(part for part in branches if isinstance(part, int))
        kept = [
            member
            for position in positions
            if position < len(value)
            and (member := _branch(value[position], branches[position])) is not None
        ]
        return {"L": kept} if kept else None
    return None
