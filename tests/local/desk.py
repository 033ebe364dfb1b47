"""A folder in, a stream, a table and a processor over it on one clock out: for tests."""

import json
import random
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from core import keys
from core.clients import Reply
from core.clock import ManualClock, SystemClock
from core.item import from_item
from core.ledger import sum_lines
from core.poll import DEFAULT_PALETTE, PollRules
from core.tally import colours_of
from local.aws_error import AwsError
from local.dynamodb import DynamoDbService
from local.kinesis import KinesisService, StoredRecord
from local.mapping.event import EventFormat
from processors.batch import Processor
from processors.park import ParkingLot
from processors.rules import RulesReader
from processors.store import TallyStore

STREAM = "votes"
TABLE = "tallies"
SHARDS = 4


class Haste(threading.Event):
    """An event that moves the clock on as far as it is waited for, and hardly waits itself."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__()
        self._clock = clock

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None, "every wait has a deadline"
        self._clock.advance(round(timeout * 1000))
        return super().wait(min(timeout, 0.002))


class Lake:
    """Objects in memory."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> Mapping[str, Any]:
        self.objects[Key] = Body
        return {}


class Desk:
    """The pipeline in one process; `put_records` can be told to fail as Kinesis does."""

    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock(SystemClock().now_ms())
        self.stop = Haste(self.clock)
        self.kinesis = KinesisService(folder / "kinesis", self.clock, limits_enforced=False)
        self.kinesis.create_stream(StreamName=STREAM, ShardCount=SHARDS)
        self.dynamodb = DynamoDbService(None, self.clock)
        self.dynamodb.create_table(
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
        rules = PollRules(poll="cube", version=1, effective_ms=0, palette=DEFAULT_PALETTE)
        self.dynamodb.put_item(TableName=TABLE, Item=rules.to_item())
        self.away = threading.Event()
        self.put_calls = 0
        self._lake = Lake()
        self._after: dict[str, int] = {}

    def close(self) -> None:
        self.kinesis.close()
        self.dynamodb.close()

    def put_records(self, *, StreamName: str, Records: Sequence[Mapping[str, Any]]) -> Reply:
        self.put_calls += 1
        if self.away.is_set():
            raise AwsError("ServiceUnavailable", "away", status=503)
        return self.kinesis.put_records(StreamName=StreamName, Records=list(Records))

    def rewind(self) -> None:
        """Let the next call see everything again, as after a position was lost."""
        self._after.clear()

    def records(self) -> list[tuple[str, StoredRecord]]:
        """Return what arrived since the last call, with its shard."""
        arrived: list[tuple[str, StoredRecord]] = []
        for shard in self.kinesis.shards(STREAM):
            after = self._after.get(shard.shard_id, 0)
            while found := self.kinesis.read(
                STREAM, shard.shard_id, after=after, records_max=1_000, bytes_max=10**8
            ).records:
                arrived += [(shard.shard_id, record) for record in found]
                after = self._after[shard.shard_id] = found[-1].sequence_number
        return arrived

    def count(self) -> None:
        """Process everything that arrived since the last call."""
        self.clock.advance(1_000)
        processor = Processor(
            store=TallyStore(self.dynamodb, table=TABLE),
            parking=ParkingLot(self._lake, bucket="cube-lake"),
            rules=RulesReader(self.dynamodb, table=TABLE, clock=self.clock),
            clock=self.clock,
            rng=random.Random(3),
            wait=self.clock.advance,
        )
        for shard, record in self.records():
            events = EventFormat(stream_name=STREAM, shard_id=shard, function_name="tally")
            outcome = processor.run(json.loads(events.event([record]))["Records"])
            assert outcome.failed_record is None, outcome.error

    def totals(self, poll: str = "cube") -> Counter[str]:
        """Return the votes that are counted, by colour."""
        return colours_of(self.items(keys.poll_pk(poll), "total#"))

    def ledger(self, poll: str = "cube") -> Counter[str]:
        """Return lines by what became of them."""
        return +sum_lines(self.items(keys.ledger_pk(poll)))

    def items(self, pk: str, prefix: str = "") -> list[dict[str, Any]]:
        items = self.dynamodb.query(
            TableName=TABLE,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": pk}},
        )["Items"]
        plain = [from_item(item) for item in items]
        return [item for item in plain if item["sk"].startswith(prefix)]
