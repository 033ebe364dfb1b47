"""Requests to write single items in, their replies out; a write is committed when it returns."""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from core.item import Item
from local.aws_error import validation_error
from local.dynamodb import capacity, members, rows, write_action
from local.dynamodb.catalog import Catalog
from local.dynamodb.database import transaction
from local.dynamodb.limits import BATCH_WRITE_ITEMS_MAX
from local.dynamodb.members import Request
from local.dynamodb.projection import part_of
from local.dynamodb.write_action import ConditionFailed, Outcome, WriteAction

_OLD_ONLY: Final = ("ALL_OLD", "NONE")


def put_item(connection: sqlite3.Connection, catalog: Catalog, request: Request) -> dict[str, Any]:
    shown = _old_or_none(request)
    return _written(connection, write_action.put(catalog, request), request, shown)


def delete_item(
    connection: sqlite3.Connection, catalog: Catalog, request: Request
) -> dict[str, Any]:
    shown = _old_or_none(request)
    return _written(connection, write_action.delete(catalog, request), request, shown)


def update_item(
    connection: sqlite3.Connection, catalog: Catalog, request: Request
) -> dict[str, Any]:
    shown = members.choice(request, "ReturnValues", "NONE")
    return _written(connection, write_action.change(catalog, request), request, shown)


def _old_or_none(request: Request) -> str:
    shown = members.choice(request, "ReturnValues", "NONE")
    if shown not in _OLD_ONLY:
        raise validation_error("ReturnValues can only be ALL_OLD or NONE")
    return shown


def _written(
    connection: sqlite3.Connection, action: WriteAction, request: Request, shown: str
) -> dict[str, Any]:
    capacity.wanted(request)
    try:
        (outcome,) = commit(connection, [action])
    except ConditionFailed as failure:
        raise write_action.condition_failure(failure) from None
    attributes = _shown(outcome, shown)
    return {
        **({"Attributes": attributes} if attributes else {}),
        **capacity.consumed(request, action.table.name, units_of(outcome)),
    }


def _shown(outcome: Outcome, shown: str) -> Item | None:
    match shown:
        case "ALL_OLD":
            return outcome.old
        case "ALL_NEW":
            return outcome.new
        case "UPDATED_OLD":
            return part_of(outcome.old or {}, outcome.action.targets)
        case "UPDATED_NEW":
            return part_of(outcome.new or {}, outcome.action.targets)
        case _:
            return None


def units_of(outcome: Outcome) -> int:
    """Return the write units of an outcome: of the larger of the item before and after."""
    before = None if outcome.row is None else outcome.row.blob
    return capacity.write_units((before, outcome.old), (outcome.blob, outcome.new))


def commit(connection: sqlite3.Connection, actions: Sequence[WriteAction]) -> list[Outcome]:
    """Apply actions to different items and commit them; on any error nothing is applied."""
    with transaction(connection):
        stored = rows.read(connection, [action.key for action in actions])
        outcomes = [write_action.apply(action, stored.get(action.key)) for action in actions]
        rows.write(connection, filter(None, (outcome.change() for outcome in outcomes)))
    return outcomes


def batch_write_item(
    connection: sqlite3.Connection, catalog: Catalog, request: Request
) -> dict[str, Any]:
    """Write up to 25 items. AWS commits each alone; here the batch commits whole."""
    actions = []
    for table, writes in members.mapping(request, "RequestItems").items():
        for one in members.members_of(writes, "RequestItems", at_least=1, at_most=10_000):
            actions.append(_batch_action(catalog, table, one))
    if not actions:
        raise members.constraint("RequestItems", "{}", "have length greater than or equal to 1")
    if len(actions) > BATCH_WRITE_ITEMS_MAX:
        raise validation_error("Too many items requested for the BatchWriteItem call")
    members.no_duplicates(
        (action.key for action in actions), "Provided list of item keys contains duplicates"
    )
    capacity.wanted(request)
    outcomes = commit(connection, actions)
    units = Counter[str]()
    for outcome in outcomes:
        units[outcome.action.table.name] += units_of(outcome)
    return {"UnprocessedItems": {}, **capacity.consumed_each(request, units)}


def _batch_action(catalog: Catalog, table: str, one: object) -> WriteAction:
    given = members.check_names("BatchWriteItem.RequestItems", one)
    if len(given) != 1:
        raise validation_error(
            "Supplied AttributeValue has more than one datatypes set, must contain exactly one of"
            " the supported datatypes"
            if given
            else "Supplied WriteRequest is empty, must contain PutRequest or DeleteRequest"
        )
    if "PutRequest" in given:
        inner = members.check_names("PutRequest", given["PutRequest"])
        return write_action.put(catalog, {"TableName": table, **inner})
    inner = members.check_names("DeleteRequest", given["DeleteRequest"])
    return write_action.delete(catalog, {"TableName": table, **inner})
