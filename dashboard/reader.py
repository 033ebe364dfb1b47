"""The tally table in, readings of polls out: the only module that calls DynamoDB."""

from collections.abc import Iterator
from typing import Any, Final, Protocol

from core.clients import Reply
from core.clock import Clock
from core.item import from_item
from core.keys import POLLS_PK, counted_sk, poll_pk
from core.poll import PollBook, PollRules
from core.tally import colours_of
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
        request: dict[str, Any] = {
            "TableName": self._table,
            "ConsistentRead": True,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": {f":{name}": {"S": v} for name, v in values.items()},
        }
        while True:
            page = self._client.query(**request)
            yield from page["Items"]
            if not page.get("LastEvaluatedKey"):
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
