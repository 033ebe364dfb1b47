"""Votes in, a tally table in memory out, that can also be out of order."""

from collections.abc import Mapping
from typing import Any, Final

from core import keys
from core.clients import Reply
from core.clock import Clock
from core.item import to_attribute
from core.latency import bucket_of
from core.poll import DEFAULT_PALETTE, PollRules
from core.trend import TrendState, to_trend_item
from local.aws_error import AwsError
from local.dynamodb import DynamoDbService

TABLE: Final = "tallies"
TREND_TABLE: Final = "trends"
_STRING_KEYS: Final = [("pk", "HASH"), ("sk", "RANGE")]


class TallyTable:
    """The table as the dashboard's client sees it, and as the processors write it."""

    def __init__(self, clock: Clock) -> None:
        self.service = DynamoDbService(None, clock)
        self.away = False
        self.trends_away = False
        self.requests: list[dict[str, Any]] = []
        for name in (TABLE, TREND_TABLE):
            self.service.create_table(
                TableName=name,
                BillingMode="PAY_PER_REQUEST",
                KeySchema=[{"AttributeName": n, "KeyType": kind} for n, kind in _STRING_KEYS],
                AttributeDefinitions=[
                    {"AttributeName": n, "AttributeType": "S"} for n, _ in _STRING_KEYS
                ],
            )

    def query(self, **request: Any) -> Reply:
        """Answer as the service does, or not at all while it is `away`."""
        if self.away or (self.trends_away and request["TableName"] == TREND_TABLE):
            raise AwsError("InternalServerError", "the table is away")
        self.requests.append(request)
        return self.service.query(**request)

    def add_poll(self, poll: str, palette: tuple[str, ...] = DEFAULT_PALETTE) -> None:
        rules = PollRules(poll=poll, version=1, effective_ms=0, palette=palette)
        self.service.put_item(TableName=TABLE, Item=rules.to_item())

    def count(
        self,
        poll: str,
        votes: Mapping[str, int],
        *,
        second: int,
        slot: int = 0,
        latency_ms: int | None = None,
    ) -> None:
        """Count votes as a processor does: totals, and the second of counting."""
        by_colour = {keys.COLOUR_PREFIX + colour: count for colour, count in votes.items()}
        self._add(poll, keys.total_sk(slot), by_colour)
        if latency_ms is not None:
            bucket = keys.CAST_LATENCY_PREFIX + str(bucket_of(latency_ms))
            by_colour = by_colour | {bucket: sum(votes.values())}
        self._add(poll, keys.counted_sk(second, slot), by_colour)

    def trend(self, poll: str, state: TrendState, *, shard: str = "shardId-000000000000") -> None:
        """Write what one shard says, as the trend processor does."""
        self.service.put_item(TableName=TREND_TABLE, Item=to_trend_item(poll, shard, state))

    def ledger(self, poll: str, minute: int, *, slot: int = 0, **lines: int) -> None:
        """Add lines of an outcome to a minute of arrival, as a processor does."""
        self._add_to(keys.ledger_pk(poll), keys.ledger_sk(minute, slot), lines)

    def put(self, item: Mapping[str, Any]) -> None:
        self.service.put_item(TableName=TABLE, Item=item)

    def close(self) -> None:
        self.service.close()

    def _add(self, poll: str, sk: str, numbers: Mapping[str, int]) -> None:
        self._add_to(keys.poll_pk(poll), sk, numbers)

    def _add_to(self, pk: str, sk: str, numbers: Mapping[str, int]) -> None:
        names = {f"#{place}": name for place, name in enumerate(numbers)}
        values = {f":{place}": to_attribute(n) for place, n in enumerate(numbers.values())}
        self.service.update_item(
            TableName=TABLE,
            Key={"pk": to_attribute(pk), "sk": to_attribute(sk)},
            UpdateExpression="ADD " + ", ".join(f"#{p} :{p}" for p in range(len(numbers))),
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values,
        )
