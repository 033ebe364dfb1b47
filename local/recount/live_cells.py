"""A table and a scope in, the cells of the live tallies as they stand out."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from core import keys
from core.clients import TableClient
from core.errors import ServiceRefused
from core.item import from_item
from core.ledger import OUTCOMES
from core.tally import colours_of
from local.recount.cell import FOR_EVER, Cell, Scope, Tiers
from local.table_reader import read_items

TRIES: Final = 5  # the rollup moves a minute's seconds while they are read: rarely


def read_cells(
    client: TableClient, table: str, poll: str, scope: Scope, tiers: Tiers
) -> Counter[Cell]:
    """Return every cell of the scope that has an item.

    Items are read one after the other, each as of its own moment. Raise ServiceRefused when the
    rollup moves items under every try.
    """
    cells: Counter[Cell] = Counter()
    pk = keys.poll_pk(poll)
    if scope.totals:
        for colour, count in colours_of(read_items(client, table, pk, prefix="total#")).items():
            cells[Cell("total", 0, colour)] += count
    if scope.cast_from < FOR_EVER:
        cells.update(_cast(client, table, pk, scope, tiers))
    first, end = (keys.ledger_sk(m, 0) for m in (scope.ledger.start, scope.ledger.stop))
    for item in _range(client, table, keys.ledger_pk(poll), first, end) if scope.ledger else ():
        minute = int(item["sk"].partition("#")[0])
        for outcome in OUTCOMES:
            cells[Cell("ledger", minute, outcome)] += item.get(outcome, 0)
    return cells


def _cast(client: TableClient, table: str, pk: str, scope: Scope, tiers: Tiers) -> Counter[Cell]:
    """Read what was cast; coarse items before and after fine ones, so that no move is missed."""
    before = _coarse(client, table, pk, scope, tiers)
    for _ in range(TRIES):
        cells = before.copy()
        second = keys.range_sk("second", scope.cast_from * 60)
        for item in _range(client, table, pk, second, keys.range_sk("second", FOR_EVER * 60)):
            for colour, count in colours_of([item]).items():
                cells[tiers.cast(int(item["sk"].split("#")[1]), colour)] += count
        after = _coarse(client, table, pk, scope, tiers)
        if after == before:
            return cells
        before = after
    raise ServiceRefused("reading tallies: they are being rolled up")


def _coarse(client: TableClient, table: str, pk: str, scope: Scope, tiers: Tiers) -> Counter[Cell]:
    cells: Counter[Cell] = Counter()
    if scope.cast_from >= tiers.coarse_end:
        return cells
    for item in read_items(client, table, pk, prefix="minute#"):
        minute = int(item["sk"].split("#")[1])
        for colour, count in colours_of([item]).items():
            cells[tiers.cast_minute(minute, colour)] += count
    for colour, count in colours_of(read_items(client, table, pk, prefix="older#")).items():
        cells[Cell("older", 0, colour)] += count
    return cells


def _range(
    client: TableClient, table: str, pk: str, first_sk: str, end_sk: str
) -> Iterator[Mapping[str, Any]]:
    """Yield the items of a partition from one sk up to another, read consistently."""
    request: dict[str, Any] = {
        "TableName": table,
        "ConsistentRead": True,
        "KeyConditionExpression": "pk = :pk AND sk BETWEEN :first AND :end",
        "ExpressionAttributeValues": {
            ":pk": {"S": pk},
            ":first": {"S": first_sk},
            ":end": {"S": end_sk},
        },
    }
    while True:
        page = client.query(**request)
        for item in page["Items"]:
            yield from_item(item)
        if not page.get("LastEvaluatedKey"):
            return
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
