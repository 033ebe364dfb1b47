"""An update expression's text in, a function from old item to new item out."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from core.item import Attribute, Item
from local.aws_error import AwsError, validation_error
from local.dynamodb import number
from local.dynamodb.attribute import SET_TYPES, depth_of
from local.dynamodb.condition import Names, Operand, Values, operand_of
from local.dynamodb.document_path import Path, clash, find, head, place, remove, resolve, spelled
from local.dynamodb.expression import Expression, parse
from local.dynamodb.limits import EXPRESSIONS_CACHED_MAX, NESTING_MAX
from local.dynamodb.refusal import invalid_expression, invalid_value
from local.dynamodb.syntax import Action, Node, Operation, PathNode

_KIND: Final = "UpdateExpression"


@dataclass(frozen=True, slots=True)
class Update:
    """A compiled update; `steps` are (section, operand reader) in the order of `paths`."""

    expression: Expression
    paths: tuple[Path, ...]
    steps: tuple[tuple[str, Operand | None], ...]
    copies: bool  # a SET may put one part of an item inside another: depth can grow

    def targets(self, names: Names, key_names: Sequence[str]) -> list[Path]:
        """Return the resolved paths that change; refuse the key and paths that exclude others."""
        targets = [resolve(path, names) for path in self.paths]
        found = clash(targets)
        if found is not None:
            how, left, right = found
            raise invalid_expression(
                _KIND,
                f"Two document paths {how} with each other; must remove or rewrite one of these"
                f" paths; path one: {spelled(left)}, path two: {spelled(right)}",
            )
        for key_name in key_names:
            if any(target[0] == key_name for target in targets):
                raise invalid_value(
                    f"Cannot update attribute {key_name}. This attribute is part of the key"
                )
        return targets

    def apply(self, old: Item, targets: Sequence[Path], names: Names, values: Values) -> Item:
        """Return the new item; every operand reads `old`, which stays as it is.

        Raises AwsError ValidationException where `old` does not fit the update.
        """
        new = dict(old)
        placed: list[tuple[Path, Attribute]] = []
        removed: list[Path] = []
        for target, (section, read) in zip(targets, self.steps, strict=True):
            operand = None if read is None else read(old, names, values)
            if section == "SET":
                changed: Attribute | None = operand
            elif section == "REMOVE":
                changed = None
            else:
                was = find(old, target)
                assert operand is not None, "the grammar gives ADD and DELETE a value"
                changed = (_added if section == "ADD" else _deleted)(was, operand)
            if len(target) > 1:
                if changed is None:
                    removed.append(target)
                else:
                    placed.append((target, changed))
            elif changed is None:
                new.pop(head(target), None)
            else:
                new[head(target)] = changed
        _rebuild(new, placed, removed)
        if self.copies:
            _check_depth(new, targets)
        return new


def _rebuild(new: Item, placed: list[tuple[Path, Attribute]], removed: list[Path]) -> None:
    """Apply changes inside documents; list positions mean the old item's."""
    # Appends beyond a list's end keep the order of their positions.
    for target, attribute in sorted(placed, key=lambda change: _in_order(change[0])):
        place(new, target, attribute)
    # From the back, so that positions in front stay true.
    for target in sorted(removed, key=_in_order, reverse=True):
        remove(new, target)


def _in_order(path: Path) -> list[tuple[bool, str | int]]:
    return [(isinstance(part, int), part) for part in path]


def _check_depth(new: Item, targets: Sequence[Path]) -> None:
    for target in targets:
        attribute = new.get(head(target))
        if attribute is not None and depth_of(attribute) > NESTING_MAX:
            raise validation_error("Nesting Levels have exceeded supported limits")


@lru_cache(maxsize=EXPRESSIONS_CACHED_MAX)
def compiled(text: str) -> Update:
    """Return the update in `text`; raise AwsError ValidationException for anything else."""
    expression = parse(_KIND, text)
    actions = [root for root in expression.roots if isinstance(root, Action)]
    return Update(
        expression=expression,
        paths=tuple(action.path.path for action in actions),
        steps=tuple((action.section, _reader(action.operand)) for action in actions),
        copies=any(
            len(action.path.path) > 1 or isinstance(action.operand, PathNode | Operation)
            for action in actions
        ),
    )


def _reader(node: Node | None) -> Operand | None:
    return None if node is None else _operand(node)


def _operand(node: Node) -> Operand:
    """Return a reader that raises AwsError where the attribute it needs is absent."""
    if isinstance(node, PathNode):
        read = operand_of(node)

        def present(item: Item, names: Names, values: Values) -> Attribute:
            attribute = read(item, names, values)
            if attribute is None:
                raise validation_error(
                    "The provided expression refers to an attribute that does not exist in the item"
                )
            return attribute

        return present
    if not isinstance(node, Operation):
        return operand_of(node)
    if node.operator == "if_not_exists":
        return _if_not_exists(operand_of(node.operands[0]), _operand(node.operands[1]))
    left, right = map(_operand, node.operands)
    if node.operator == "list_append":
        return lambda item, names, values: {
            "L": _typed(left(item, names, values), "L") + _typed(right(item, names, values), "L")
        }
    arithmetic = number.add if node.operator == "+" else number.subtract
    return lambda item, names, values: {
        "N": arithmetic(
            _typed(left(item, names, values), "N"), _typed(right(item, names, values), "N")
        )
    }


def _if_not_exists(path: Operand, otherwise: Operand) -> Operand:
    def read(item: Item, names: Names, values: Values) -> Attribute | None:
        attribute = path(item, names, values)
        return attribute if attribute is not None else otherwise(item, names, values)

    return read


def _wrong_type() -> AwsError:
    return validation_error("An operand in the update expression has an incorrect data type")


def _typed(attribute: Attribute | None, kind: str) -> Any:
    if attribute is None or kind not in attribute:
        raise _wrong_type()
    return attribute[kind]


def _added(was: Attribute | None, operand: Attribute) -> Attribute:
    """Return `was` ADDed to: a number grows from 0, a set gains members."""
    if was is None:
        return operand
    ((kind, value),) = operand.items()
    if kind not in was:
        raise _wrong_type()
    if kind == "N":
        return {"N": number.add(was["N"], value)}
    return {kind: sorted({*was[kind], *value})}


def _deleted(was: Attribute | None, operand: Attribute) -> Attribute | None:
    """Return `was` without the operand's members; None when nothing is left."""
    if was is None:
        return None
    ((kind, value),) = operand.items()
    if kind not in was or kind not in SET_TYPES:
        raise _wrong_type()
    left = sorted(set(was[kind]).difference(value))
    return {kind: left} if left else None
