"""Requests for items by key in, the items out: GetItem, BatchGetItem, TransactGetItems."""

import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.item import Item
from local.aws_error import validation_error
from local.dynamodb import attribute, capacity, members, projection, rows
from local.dynamodb.catalog import Catalog
from local.dynamodb.document_path import Path
from local.dynamodb.key import Key, key_of
from local.dynamodb.limits import (
    BATCH_GET_BYTES_MAX,
    BATCH_GET_KEYS_MAX,
    TRANSACTION_ACTIONS_MAX,
    TRANSACTION_BYTES_MAX,
)
from local.dynamodb.members import Request
from local.dynamodb.placeholders import bind
from local.dynamodb.table import Table


@dataclass(frozen=True, slots=True)
class Wanted:
    """One item to read; `targets` None is the whole of it."""

    table: Table
    key: Key
    targets: Sequence[Path] | None
    given: Any  # the Key structure, for UnprocessedKeys


def projected(request: Request) -> list[Path] | None:
    """Return a request's resolved projection, None for whole items."""
    text = members.text_or_none(request, "ProjectionExpression")
    if text is None:
        bind(request)
        return None
    chosen = projection.compiled(text)
    names, _ = bind(request, chosen.expression)
    return chosen.targets(names)


def shown(item: Item, targets: Sequence[Path] | None) -> Item:
    return item if targets is None else projection.part_of(item, targets)


def _wanted(catalog: Catalog, request: Request) -> Wanted:
    table = catalog.table(members.text(request, "TableName"))
    given = members.mapping(request, "Key")
    key, _ = key_of(table, given)
    return Wanted(table, key, projected(request), given)


def get_item(connection: sqlite3.Connection, catalog: Catalog, request: Request) -> dict[str, Any]:
    wanted = _wanted(catalog, request)
    consistent = members.flag(request, "ConsistentRead", default=False)
    row = rows.read(connection, [wanted.key]).get(wanted.key)
    item = None if row is None else attribute.decode(row.blob)
    units = capacity.read_units(attribute.item_size_bytes(item or {}), consistent=consistent)
    return {
        **({} if item is None else {"Item": shown(item, wanted.targets)}),
        **capacity.consumed(request, wanted.table.name, units),
    }


def transact_get_items(
    connection: sqlite3.Connection, catalog: Catalog, request: Request
) -> dict[str, Any]:
    given = members.members_of(
        request.get("TransactItems"), "TransactItems", at_least=1, at_most=TRANSACTION_ACTIONS_MAX
    )
    wanted = []
    for one in given:
        structure = members.check_names("TransactGetItems.TransactItems", one)
        wanted.append(_wanted(catalog, members.check_names("Get", structure.get("Get"))))
    members.no_duplicates(
        (one.key for one in wanted),
        "Transaction request cannot include multiple operations on one item",
    )
    stored = rows.read(connection, [one.key for one in wanted])
    responses: list[dict[str, Any]] = []
    units: dict[str, float] = defaultdict(float)
    size_total = 0
    for one in wanted:
        row = stored.get(one.key)
        item = None if row is None else attribute.decode(row.blob)
        size = attribute.item_size_bytes(item or {})
        size_total += size
        units[one.table.name] += 2 * capacity.read_units(size, consistent=True)  # clause D4
        responses.append({} if item is None else {"Item": shown(item, one.targets)})
    if size_total > TRANSACTION_BYTES_MAX:
        raise validation_error("Aggregated size of the items in the transaction exceeds 4 MB")
    return {"Responses": responses, **capacity.consumed_each(request, units, kind="Read")}


def batch_get_item(
    connection: sqlite3.Connection, catalog: Catalog, request: Request
) -> dict[str, Any]:
    """Read up to 100 items; what lies beyond 16 MB comes back as UnprocessedKeys."""
    tables = members.mapping(request, "RequestItems")
    if not tables:
        raise members.constraint("RequestItems", "{}", "have length greater than or equal to 1")
    wanted = [one for name, inner in tables.items() for one in _batch(catalog, name, inner)]
    if len(wanted) > BATCH_GET_KEYS_MAX:
        raise validation_error("Too many items requested for the BatchGetItem call")
    members.no_duplicates(
        (one.key for one in wanted), "Provided list of item keys contains duplicates"
    )
    stored = rows.read(connection, [one.key for one in wanted])
    responses: dict[str, list[Item]] = {name: [] for name in tables}
    unprocessed: dict[str, dict[str, Any]] = {}
    units: dict[str, float] = defaultdict(float)
    size_total = 0
    for one in wanted:
        name = one.table.name
        row = stored.get(one.key)
        item = None if row is None else attribute.decode(row.blob)
        size = attribute.item_size_bytes(item or {})
        if size_total + size > BATCH_GET_BYTES_MAX:
            left = unprocessed.setdefault(name, {**tables[name], "Keys": []})
            left["Keys"].append(one.given)
            continue
        size_total += size
        consistent = members.flag(tables[name], "ConsistentRead", default=False)
        units[name] += capacity.read_units(size, consistent=consistent)
        if item is not None:
            responses[name].append(shown(item, one.targets))
    return {
        "Responses": responses,
        "UnprocessedKeys": unprocessed,
        **capacity.consumed_each(request, units),
    }


def _batch(catalog: Catalog, name: str, inner: object) -> list[Wanted]:
    request = members.check_names("BatchGetItem.RequestItems", inner)
    table = catalog.table(name)
    targets = projected(request)
    keys = members.members_of(request.get("Keys"), "Keys", at_least=1, at_most=BATCH_GET_KEYS_MAX)
    return [Wanted(table, key_of(table, key)[0], targets, key) for key in keys]
