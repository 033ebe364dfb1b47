"""Differences of cells in, what to add to the live tallies, minute by minute, out; and it added.

Each minute is one transaction: its ledger lines by arrival, its votes by the second they were cast,
their share of the totals, and a marker of this minute. The marker is written on condition that it
is still the one that was there before the tallies were read: a repair that another one overtook, or
that was committed although its answer got lost, is refused, and adds nothing twice.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from core import keys, limits
from core.backoff import full_jitter_ms
from core.clients import TableClient
from core.clock import Clock
from core.errors import ContendedTooLong
from core.item import from_item, to_item
from core.service_error import code_of, response_of
from core.tally import Increments
from local.recount.cell import Cell
from local.table_reader import read_items

SLOT: Final = 0  # readers add slots up, so any will do
TOTALS_MINUTE: Final = 0  # the marker of what is added to the totals alone
MARK_DAYS: Final = 32  # tallies are kept by minute for 31
State = Literal["added", "overtaken"]


@dataclass(slots=True)
class Repair:
    """What one minute lacks; a negative number is what it has too much."""

    minute: int
    increments: Increments = field(default_factory=Increments)

    def add(self, key: tuple[str, str], attribute: str, count: int) -> None:
        self.increments.add(key, attribute, count)

    def add_moved(self, key: tuple[str, str], attribute: str, count: int) -> None:
        """Add to an item that the rollup moves: its revision grows, whatever the sign."""
        self.add(key, attribute, count)
        self.add(key, keys.REVISION, abs(count))


def plan_repairs(poll: str, lacks: Mapping[Cell, int], totals: Mapping[str, int]) -> list[Repair]:
    """Return the repairs of `lacks` (ledger and cast cells), and of `totals` by colour.

    The totals get their part with the minutes that lack the same votes, the rest on its own.
    """
    repairs: dict[int, Repair] = {}
    left = Counter(totals)
    pk = keys.poll_pk(poll)
    for cell, count in sorted(lacks.items(), key=lambda entry: entry[0].minute):
        repair = repairs.setdefault(cell.minute, Repair(cell.minute))
        if cell.kind == "ledger":
            key = (keys.ledger_pk(poll), keys.ledger_sk(cell.number, SLOT))
            repair.add_moved(key, cell.name, count)
            continue
        assert cell.kind in ("second", "minute"), "what is older is not repaired"
        sk = keys.second_sk if cell.kind == "second" else keys.minute_sk
        repair.add_moved((pk, sk(cell.number, SLOT)), keys.COLOUR_PREFIX + cell.name, count)
        part = _part(count, left[cell.name])
        if part:
            left[cell.name] -= part
            repair.add((pk, keys.total_sk(SLOT)), keys.COLOUR_PREFIX + cell.name, part)
    rest = Repair(TOTALS_MINUTE)
    for colour, count in left.items():
        if count:
            rest.add((pk, keys.total_sk(SLOT)), keys.COLOUR_PREFIX + colour, count)
    return [*repairs.values(), *([rest] if rest.increments.items else [])]


def _part(count: int, left: int) -> int:
    """Return as much of `count` as there is left of the same sign."""
    if count > 0:
        return max(0, min(count, left))
    return min(0, max(count, left))


def read_marks(client: TableClient, table: str, poll: str) -> dict[int, str]:
    """Return which re-count repaired a minute last; read before the tallies are."""
    items = read_items(client, table, keys.recount_pk(poll))
    return {int(item["sk"]): item["by"] for item in items}


@dataclass(slots=True, kw_only=True)
class Repairer:
    """Adds repairs to the tallies under the name of one re-count."""

    client: TableClient
    table: str
    poll: str
    recount_id: str
    marks: Mapping[int, str]
    clock: Clock
    rng: random.Random
    wait: Callable[[int], None]

    def apply(self, repair: Repair) -> State:
        """Add a repair, unless another re-count has changed the minute since.

        Raise ContendedTooLong when votes are in the way on every attempt; nothing is added then.
        """
        assert repair.increments.fits(limits.TRANSACTION_ITEMS_MAX), "a minute is a transaction"
        actions = [self._mark(repair.minute), *self._adds(repair.increments)]
        for attempt in range(limits.STORE_ATTEMPTS_MAX):
            try:
                self.client.transact_write_items(TransactItems=actions)
            except Exception as error:
                if code_of(error) != "TransactionCanceledException":
                    raise
                reasons = response_of(error).get("CancellationReasons", [{}])
                if reasons[0].get("Code") == "ConditionalCheckFailed":
                    item = from_item(reasons[0].get("Item") or {})
                    return "added" if item.get("by") == self.recount_id else "overtaken"
            else:
                return "added"
            self.wait(
                full_jitter_ms(
                    self.rng,
                    attempt=attempt,
                    base_ms=limits.STORE_BACKOFF_MS_BASE,
                    cap_ms=limits.STORE_BACKOFF_MS_CAP,
                )
            )
        raise ContendedTooLong(f"repairing minute {repair.minute}: votes were always in the way")

    def _mark(self, minute: int) -> dict[str, Any]:
        now_ms = self.clock.now_ms()
        item = {
            "pk": keys.recount_pk(self.poll),
            "sk": keys.recount_sk(minute),
            "by": self.recount_id,
            "at_ms": now_ms,
            "expires_at": now_ms // 1000 + MARK_DAYS * 86_400,
        }
        put: dict[str, Any] = {
            "TableName": self.table,
            "Item": to_item(item),
            "ConditionExpression": "attribute_not_exists(pk)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        if minute in self.marks:
            put["ConditionExpression"] = "#by = :by"
            put["ExpressionAttributeNames"] = {"#by": "by"}
            put["ExpressionAttributeValues"] = {":by": {"S": self.marks[minute]}}
        return {"Put": put}

    def _adds(self, increments: Increments) -> Iterator[dict[str, Any]]:
        for (pk, sk), counts in increments.items.items():
            names = {f"#{index}": name for index, name in enumerate(counts)}
            values = {f":{index}": {"N": str(n)} for index, n in enumerate(counts.values())}
            adds = ",".join(f"#{index} :{index}" for index in range(len(counts)))
            yield {
                "Update": {
                    "TableName": self.table,
                    "Key": {"pk": {"S": pk}, "sk": {"S": sk}},
                    "UpdateExpression": f"ADD {adds}",
                    "ExpressionAttributeNames": names,
                    "ExpressionAttributeValues": values,
                }
            }
