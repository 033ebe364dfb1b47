"""A table, a lake and a clock in memory in, processors over them out: for tests."""

import base64
import json
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from core import keys, limits
from core.clock import ManualClock
from core.item import from_item
from core.lane import LaneState
from core.ledger import sum_lines
from core.poll import DEFAULT_PALETTE, PollRules
from core.record import Stamp, encode_stamp
from core.tally import colours_of
from core.vote import Vote, encode_votes
from local.dynamodb import DynamoDbService
from processors.batch import Outcome, Processor
from processors.park import ParkingLot
from processors.rules import RulesReader
from processors.store import TallyStore

TABLE = "tallies"
Record = dict[str, Any]


class Lake:
    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> Mapping[str, Any]:
        assert Bucket == "cube-lake"
        self.objects[Key] = Body
        return {}

    def parked(self) -> dict[str, list[str]]:
        """Return the reasons of each object, in the order of lines."""
        objects = {key: json.loads(body) for key, body in self.objects.items()}
        return {key: [line["reason"] for line in kept["lines"]] for key, kept in objects.items()}


class Table:
    """The table client: the local service, with a hook around each transaction."""

    def __init__(self, clock: ManualClock) -> None:
        self.service = DynamoDbService(None, clock)
        self.before: Callable[[int], None] = lambda call: None
        self.after: Callable[[int], None] = lambda call: None
        self.transactions: list[int] = []
        self.service.create_table(
            TableName=TABLE,
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "S"},
            ],
            BillingMode="PAY_PER_REQUEST",
        )

    def transact_write_items(self, *, TransactItems: Sequence[Mapping[str, Any]]) -> Any:
        self.transactions.append(len(TransactItems))
        self.before(len(self.transactions))
        reply = self.service.transact_write_items(TransactItems=TransactItems)
        self.after(len(self.transactions))
        return reply

    def query(self, **request: Any) -> Any:
        return self.service.query(**request)

    def put_item(self, **request: Any) -> Any:
        return self.service.put_item(**request)

    def items(self, pk: str, prefix: str = "") -> list[dict[str, Any]]:
        reply = self.service.query(
            TableName=TABLE,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)" if prefix else "pk = :pk",
            ExpressionAttributeValues={":pk": {"S": pk}}
            | ({":sk": {"S": prefix}} if prefix else {}),
        )
        assert "LastEvaluatedKey" not in reply
        return [from_item(item) for item in reply["Items"]]

    def totals(self, poll: str = "cube") -> Counter[str]:
        return colours_of(self.items(keys.poll_pk(poll), "total#"))

    def seconds(self, poll: str = "cube") -> Counter[str]:
        pk = keys.poll_pk(poll)
        fine = [self.items(pk, prefix) for prefix in ("second#", "minute#", "older#")]
        return colours_of(item for items in fine for item in items)

    def ledger(self, poll: str = "cube") -> Counter[str]:
        return +sum_lines(self.items(keys.ledger_pk(poll)))

    def lane(self, producer: str = "p", lane: int = 0) -> LaneState:
        items = self.items(keys.lane_pk(producer), keys.lane_sk(lane))
        return LaneState.from_values(items[0]) if items else LaneState()


class Room:
    """Everything a processor touches, and a stream's worth of sequence numbers."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.table = Table(self.clock)
        self.lake = Lake()
        self.waits_ms: list[int] = []
        self._sequence = 0
        self.add_poll("cube")

    def add_poll(self, poll: str, palette: tuple[str, ...] = DEFAULT_PALETTE) -> None:
        rules = PollRules(poll=poll, version=1, effective_ms=0, palette=palette)
        self.table.put_item(TableName=TABLE, Item=rules.to_item())

    def processor(self) -> Processor:
        def wait(ms: int) -> None:
            self.waits_ms.append(ms)
            self.clock.advance(ms)

        return Processor(
            store=TallyStore(self.table, table=TABLE),
            parking=ParkingLot(self.lake, bucket="cube-lake"),
            rules=RulesReader(self.table, table=TABLE, clock=self.clock),
            clock=self.clock,
            rng=random.Random(3),
            wait=wait,
        )

    def run(self, *records: Record) -> Outcome:
        """Process records with a cold processor."""
        return self.processor().run(records)

    def record(self, data: bytes, *, partition_key: str = "k", late_ms: int = 0) -> Record:
        """Return the record as Lambda would get it, newly arrived."""
        self._sequence += 1
        return {
            "eventID": f"shardId-000000000000:{self._sequence}",
            "kinesis": {
                "data": base64.b64encode(data).decode(),
                "sequenceNumber": str(self._sequence),
                "partitionKey": partition_key,
                "approximateArrivalTimestamp": (self.clock.now_ms() - late_ms) / 1000,
            },
        }

    def vote(
        self,
        seq: int,
        colour: str = "red",
        *,
        poll: str = "cube",
        device_id: str = "d",
        voted_at: int | None = None,
    ) -> Vote:
        cast_ms = self.clock.now_ms() if voted_at is None else voted_at
        return Vote(poll, device_id, seq, colour, cast_ms)


def stamped(votes: Sequence[Vote], number: int, *, lane: int = 0, extra: bytes = b"") -> bytes:
    body = encode_votes(list(votes)) + extra
    count = len(votes) + extra.count(b"\n")
    stamp = Stamp(v=1, producer="p", lane=lane, number=number, votes=count, lanes=limits.LANES)
    return encode_stamp(stamp) + body
