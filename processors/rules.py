"""The polls' items in, a book that reaches far enough to judge by out."""

from typing import Any

from core.clients import TableClient
from core.clock import Clock
from core.keys import POLLS_PK
from core.poll import PollBook, PollRules


class RulesReader:
    """Reads the rules when an arrival lies beyond what the last reading can judge."""

    def __init__(self, client: TableClient, *, table: str, clock: Clock) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._book = PollBook((), read_ms=0)

    def book_for(self, arrival_ms: int) -> PollBook:
        """Return a book that judges arrivals up to `arrival_ms`, as far as one can exist now."""
        if arrival_ms > self._book.known_until_ms:
            read_ms = self._clock.now_ms()
            self._book = PollBook(read_rules(self._client, self._table), read_ms=read_ms)
        return self._book


def read_rules(client: TableClient, table: str) -> list[PollRules]:
    """Return every version of every poll, read consistently."""
    request: dict[str, Any] = {
        "TableName": table,
        "ConsistentRead": True,
        "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": {":pk": {"S": POLLS_PK}},
    }
    rules: list[PollRules] = []
    while True:
        page = client.query(**request)
        rules += [PollRules.from_item(item) for item in page["Items"]]
        if not page.get("LastEvaluatedKey"):
            return rules
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
