"""A Put, Update, Delete or ConditionCheck in, what it makes of the stored item out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from core.item import Attribute, Item
from local.aws_error import AwsError, validation_error
from local.dynamodb import attribute, condition, members, update
from local.dynamodb.catalog import Catalog
from local.dynamodb.document_path import Path
from local.dynamodb.expression import Expression
from local.dynamodb.key import Key, key_of, key_of_item
from local.dynamodb.limits import ITEM_BYTES_MAX
from local.dynamodb.members import Request
from local.dynamodb.placeholders import bind
from local.dynamodb.rows import Change, Row, expiry_s
from local.dynamodb.table import Table

_NO_ITEM: Final[Item] = {}


@dataclass(frozen=True, slots=True)
class WriteAction:
    """A checked request to write one item; an absent item is None."""

    table: Table
    key: Key
    holds: Callable[[Item], bool] | None  # the condition, an absent item is empty there
    make: Callable[[Item | None], Item | None] | None  # None: a condition check only
    shows_item: bool  # a failed condition answers with the item
    targets: Sequence[Path] = ()  # what an update changes
    oversize: str = "Item size has exceeded the maximum allowed size"


@dataclass(frozen=True, slots=True)
class Outcome:
    """An action applied to the stored row; nothing is written yet."""

    action: WriteAction
    row: Row | None
    old: Item | None
    new: Item | None
    blob: bytes | None

    def change(self) -> Change | None:
        """Return what to write, None when the row stays as it is."""
        if self.action.make is None or (self.row is not None and self.row.blob == self.blob):
            return None
        expires_s = None if self.new is None else expiry_s(self.action.table, self.new)
        return Change(self.action.key, self.row, self.blob, expires_s)


class ConditionFailed(Exception):
    """The stored item is not as the action's condition wants it."""

    def __init__(self, shown: Item | None) -> None:
        super().__init__("The conditional request failed")
        self.shown = shown


def apply(action: WriteAction, row: Row | None) -> Outcome:
    """Return the action's outcome on what is stored.

    Raises ConditionFailed, or AwsError ValidationException where the item does not fit.
    """
    old = None if row is None else attribute.decode(row.blob)
    if action.holds is not None and not action.holds(old or _NO_ITEM):
        raise ConditionFailed(old if action.shows_item else None)
    if action.make is None:
        return Outcome(action, row, old, old, None if row is None else row.blob)
    new = action.make(old)
    if new is None:
        return Outcome(action, row, old, None, None)
    blob = attribute.encode(new)
    # JSON is never shorter than the size that counts.
    if len(blob) > ITEM_BYTES_MAX and attribute.item_size_bytes(new) > ITEM_BYTES_MAX:
        raise validation_error(action.oversize)
    return Outcome(action, row, old, new, blob)


def put(catalog: Catalog, request: Request) -> WriteAction:
    """Return the action of PutItem, or of a transaction's Put."""
    table = catalog.table(members.text(request, "TableName"))
    item = attribute.canonical_item(members.mapping(request, "Item"))
    holds, _, _ = _conditions(request)
    return WriteAction(
        table, key_of_item(table, item), holds, lambda old: item, _shows_item(request)
    )


def delete(catalog: Catalog, request: Request) -> WriteAction:
    """Return the action of DeleteItem, or of a transaction's Delete."""
    table = catalog.table(members.text(request, "TableName"))
    key, _ = key_of(table, members.mapping(request, "Key"))
    holds, _, _ = _conditions(request)
    return WriteAction(table, key, holds, lambda old: None, _shows_item(request))


def condition_check(catalog: Catalog, request: Request) -> WriteAction:
    """Return the action of a transaction's ConditionCheck."""
    table = catalog.table(members.text(request, "TableName"))
    key, _ = key_of(table, members.mapping(request, "Key"))
    members.text(request, "ConditionExpression")
    holds, _, _ = _conditions(request)
    return WriteAction(table, key, holds, None, _shows_item(request))


def change(catalog: Catalog, request: Request) -> WriteAction:
    """Return the action of UpdateItem, or of a transaction's Update."""
    table = catalog.table(members.text(request, "TableName"))
    key, key_attributes = key_of(table, members.mapping(request, "Key"))
    text = members.text_or_none(request, "UpdateExpression")
    made = None if text is None else update.compiled(text)
    holds, names, values = _conditions(request, None if made is None else made.expression)
    targets = [] if made is None else made.targets(names, table.key_names)

    def make(old: Item | None) -> Item:
        base = key_attributes if old is None else old
        return base if made is None else made.apply(base, targets, names, values)

    return WriteAction(
        table,
        key,
        holds,
        make,
        _shows_item(request),
        targets,
        "Item size to update has exceeded the maximum allowed size",
    )


def _conditions(
    request: Request, updating: Expression | None = None
) -> tuple[Callable[[Item], bool] | None, Mapping[str, str], Mapping[str, Attribute]]:
    """Return the bound condition and what binds the request's expressions."""
    text = members.text_or_none(request, "ConditionExpression")
    if text is None:
        names, values = bind(request) if updating is None else bind(request, updating)
        return None, names, values
    tested = condition.compiled("ConditionExpression", text)
    if updating is None:
        names, values = bind(request, tested.expression)
    else:
        names, values = bind(request, updating, tested.expression)
    return partial(_holds, tested.holds, names, values), names, values


def _holds(
    test: condition.Test, names: condition.Names, values: condition.Values, item: Item
) -> bool:
    return test(item, names, values)


def _shows_item(request: Request) -> bool:
    return members.choice(request, "ReturnValuesOnConditionCheckFailure", "NONE") == "ALL_OLD"


def condition_failure(failure: ConditionFailed) -> AwsError:
    """Return the answer of a single write whose condition failed."""
    shown = {} if failure.shown is None else {"Item": failure.shown}
    return AwsError("ConditionalCheckFailedException", str(failure), extra=shown)
