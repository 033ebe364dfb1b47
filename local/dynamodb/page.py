"""A Query or Scan in, one page of its items out, with the key to go on from."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.item import Attribute, Item
from local.aws_error import AwsError, validation_error
from local.dynamodb import attribute, capacity, condition, key_condition, members, projection, rows
from local.dynamodb.catalog import Catalog
from local.dynamodb.condition import Condition
from local.dynamodb.document_path import Path, head, resolve
from local.dynamodb.expression import Expression
from local.dynamodb.key import key_attributes, key_of
from local.dynamodb.limits import PAGE_BYTES_MAX
from local.dynamodb.members import Request
from local.dynamodb.placeholders import bind
from local.dynamodb.read import shown
from local.dynamodb.rows import KeyRange, successor
from local.dynamodb.syntax import PathNode, walk
from local.dynamodb.table import Table


@dataclass(slots=True)
class Scanned:
    """The items a page has read, filtered or not, within 1 MB."""

    items: list[Item] = field(default_factory=list)
    bound: int = 0  # of the bytes read: exact once JSON, which is never shorter, passes 1 MB
    is_exact: bool = False

    def takes(self, blob: bytes, item: Item) -> bool:
        """Add an item; return False, and leave it out, when the page is full."""
        self.bound += attribute.item_size_bytes(item) if self.is_exact else len(blob)
        if self.bound > PAGE_BYTES_MAX and not self.is_exact:
            self.is_exact = True
            self.bound = self.size_bytes() + attribute.item_size_bytes(item)
        if self.bound > PAGE_BYTES_MAX:
            return False
        self.items.append(item)
        return True

    def size_bytes(self) -> int:
        return sum(map(attribute.item_size_bytes, self.items))


@dataclass(frozen=True, slots=True)
class Expressions:
    """A paged request's expressions, compiled and bound."""

    filter: Condition | None
    targets: Sequence[Path] | None
    names: Mapping[str, str]
    values: Mapping[str, Attribute]

    def keeps(self, item: Item) -> bool:
        return self.filter is None or self.filter.holds(item, self.names, self.values)


def query(connection: sqlite3.Connection, catalog: Catalog, request: Request) -> dict[str, Any]:
    table = catalog.table(members.text(request, "TableName"))
    text = members.text_or_none(request, "KeyConditionExpression")
    if text is None:
        raise validation_error(
            "Either the KeyConditions or KeyConditionExpression parameter must be specified in the"
            " request."
        )
    selected = key_condition.compiled(text)
    expressions = _expressions(request, selected.expression)
    _check_filter(table, expressions)
    hash_key, span = key_condition.span_of(table, selected, expressions.names, expressions.values)
    forward = members.flag(request, "ScanIndexForward", default=True)
    start = request.get("ExclusiveStartKey")
    if start is not None:
        span = _span_after(table, start, hash_key, span, forward=forward)
    blobs = rows.in_range(connection, table, hash_key, span, forward=forward)
    return _page(table, request, expressions, blobs)


def scan(connection: sqlite3.Connection, catalog: Catalog, request: Request) -> dict[str, Any]:
    table = catalog.table(members.text(request, "TableName"))
    expressions = _expressions(request)
    start = request.get("ExclusiveStartKey")
    after = (b"", b"") if start is None else _start_key(table, start)
    return _page(table, request, expressions, rows.all_after(connection, table, after))


def _expressions(request: Request, *others: Expression) -> Expressions:
    filter_text = members.text_or_none(request, "FilterExpression")
    projection_text = members.text_or_none(request, "ProjectionExpression")
    kept = None if filter_text is None else condition.compiled("FilterExpression", filter_text)
    chosen = None if projection_text is None else projection.compiled(projection_text)
    bound = [one.expression for one in (kept, chosen) if one is not None]
    names, values = bind(request, *others, *bound)
    _check_select(request, is_projected=chosen is not None)
    targets = None if chosen is None else chosen.targets(names)
    return Expressions(kept, targets, names, values)


def _check_select(request: Request, *, is_projected: bool) -> None:
    select = request.get("Select")
    if select is None:
        return
    members.choice(request, "Select", "")
    if select == "ALL_PROJECTED_ATTRIBUTES":
        raise validation_error(
            "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"
        )
    if select == "SPECIFIC_ATTRIBUTES" and not is_projected:
        raise validation_error(
            "Must specify the AttributesToGet or ProjectionExpression when choosing to get"
            " SPECIFIC_ATTRIBUTES"
        )
    if select != "SPECIFIC_ATTRIBUTES" and is_projected:
        what = "only the Count" if select == "COUNT" else select
        raise validation_error(
            f"Cannot specify the ProjectionExpression when choosing to get {what}"
        )


def _check_filter(table: Table, expressions: Expressions) -> None:
    if expressions.filter is None:
        return
    for node in walk(expressions.filter.expression.roots):
        if isinstance(node, PathNode):
            name = head(resolve(node.path, expressions.names))
            if name in table.key_names:
                raise validation_error(
                    "Filter Expression can only contain non-primary key attributes:"
                    f" Primary key attribute: {name}"
                )


def _start_key(table: Table, start: object) -> tuple[bytes, bytes]:
    try:
        (_, hash_key, range_key), _ = key_of(table, start)
    except AwsError:
        raise validation_error(
            "The provided starting key is invalid: The provided key element does not match the"
            " schema"
        ) from None
    return hash_key, range_key


def _span_after(
    table: Table, start: object, hash_key: bytes, span: KeyRange, *, forward: bool
) -> KeyRange:
    start_hash, start_range = _start_key(table, start)
    if start_hash != hash_key:
        raise validation_error(
            "The provided starting key is outside query boundaries based on provided conditions"
        )
    if forward:
        return KeyRange(max(span.low, successor(start_range)), span.high)
    return KeyRange(span.low, min(span.high, start_range))


def _page(
    table: Table, request: Request, expressions: Expressions, blobs: Iterable[bytes]
) -> dict[str, Any]:
    limit = members.whole_number(request, "Limit")
    consistent = members.flag(request, "ConsistentRead", default=False)
    is_counted = capacity.wanted(request)
    scanned = Scanned()
    is_cut = False
    for blob in blobs:
        is_cut = not scanned.takes(blob, attribute.decode(blob)) or len(scanned.items) == limit
        if is_cut:
            break
    kept = [item for item in scanned.items if expressions.keeps(item)]
    reply: dict[str, Any] = {"Count": len(kept), "ScannedCount": len(scanned.items)}
    if request.get("Select") != "COUNT":
        reply["Items"] = [shown(item, expressions.targets) for item in kept]
    if is_cut:
        reply["LastEvaluatedKey"] = key_attributes(table, scanned.items[-1])
    if is_counted:
        units = capacity.read_units(scanned.size_bytes(), consistent=consistent)
        reply |= capacity.consumed(request, table.name, units)
    return reply
