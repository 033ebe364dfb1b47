"""The tables in, readings of polls and their trends out: the Live page's way to DynamoDB."""

from collections.abc import Iterator
from typing import Any, Final, Protocol

from core.clients import Reply
from core.clock import Clock
from core.item import from_item
from core.keys import POLLS_PK, counted_sk, poll_pk, trend_pk
from core.poll import PollBook, PollRules
from core.tally import colours_of
from core.trend import TrendState, from_trend_item
from dashboard.counted_second import counted_seconds
from dashboard.poll_tally import PollReading

_LAST_SECOND: Final = 9_999_999_999
_LAST_SLOT: Final = 99


class TableReader(Protocol):
    """The slice of a boto3 DynamoDB client that is called."""

    def query(self, **request: Any) -> Reply: ...


class TallyReader:
    """Reads polls and tallies, consistently: a total on a screen never runs backwards."""

    def __init__(self, client: TableReader, *, table: str, clock: Clock) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def read_polls(self) -> PollBook:
        """Return every version of every poll; one query."""
        read_ms = self._clock.now_ms()
        versions = [PollRules.from_item(item) for item in self._items("pk = :pk", pk=POLLS_PK)]
        return PollBook(versions, read_ms=read_ms)

    def read_poll(self, poll: str, *, from_second: int) -> PollReading:
        """Return totals, and what was counted since a second; two queries."""
        as_of = self._clock.now_ms()
        totals = self._items("pk = :pk AND begins_with(sk, :a)", pk=poll_pk(poll), a="total#")
        total_items = [from_item(item) for item in totals]
        counted = self._items(
            "pk = :pk AND sk BETWEEN :a AND :b",
            pk=poll_pk(poll),
            a=counted_sk(from_second, 0),
            b=counted_sk(_LAST_SECOND, _LAST_SLOT),
        )
        seconds = counted_seconds(from_item(item) for item in counted)
        return PollReading(as_of, colours_of(total_items), from_second, seconds)

    def _items(self, condition: str, **values: str) -> Iterator[dict[str, Any]]:
        return _query(self._client, self._table, condition, consistent=True, **values)


class TrendReader:
    """Reads trends; a second old is new enough, so that a reading costs half."""

    def __init__(self, client: TableReader, *, table: str) -> None:
        self._client = client
        self._table = table

    def read_trend(self, poll: str) -> tuple[TrendState, ...]:
        """Return what each shard says of a poll; one query."""
        items = _query(self._client, self._table, "pk = :pk", consistent=False, pk=trend_pk(poll))
        return tuple(from_trend_item(item) for item in items)


def _query(
    client: TableReader, table: str, condition: str, *, consistent: bool, **values: str
) -> Iterator[dict[str, Any]]:
    request: dict[str, Any] = {
        "TableName": table,
        "ConsistentRead": consistent,
        "KeyConditionExpression": condition,
        "ExpressionAttributeValues": {f":{name}": {"S": v} for name, v in values.items()},
    }
    while True:
        page = client.query(**request)
        yield from page["Items"]
        if not page.get("LastEvaluatedKey"):
            return
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
