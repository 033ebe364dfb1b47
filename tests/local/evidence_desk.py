"""Services in memory and a processor in, everything that `cube check` reads out: for tests."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.clock import ManualClock
from core.invariants.invariant import Invariant
from core.poll import DEFAULT_PALETTE, DEFAULT_POLL, PollRules
from core.vote import Vote
from local.consumers import Consumers, ShardProgress
from local.dynamodb import DynamoDbService
from local.evidence import Evidence
from local.kinesis import KinesisService
from local.mapping.event import EventFormat
from processors.batch import Processor, reply_of
from processors.park import ParkingLot
from processors.rules import RulesReader
from processors.store import TallyStore
from producers.outbox import Outbox
from producers.publish import Publisher

TABLE = "tallies"
STREAM = "votes"
NO_VOTE = b"this is no vote\n"


class Lake:
    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> dict[str, Any]:
        return {}


class EvidenceDesk:
    """A stream of two shards, an outbox, and a consumer that works when it is told to."""

    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock()
        rng = random.Random(1)
        self.kinesis = KinesisService(folder / "kinesis", self.clock, limits_enforced=False)
        self.kinesis.create_stream(StreamName=STREAM, ShardCount=2)
        self.table = DynamoDbService(None, self.clock)
        self.table.create_table(
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
        rules = PollRules(poll=DEFAULT_POLL, version=1, effective_ms=0, palette=DEFAULT_PALETTE)
        self.table.put_item(TableName=TABLE, Item=rules.to_item())
        self.folder = folder / "outbox"
        self.outbox = Outbox.open(self.folder, clock=self.clock, rng=rng, lanes=8)
        self.publisher = Publisher(
            self.outbox, self.kinesis, stream=STREAM, clock=self.clock, rng=rng
        )
        self.processor = Processor(
            store=TallyStore(self.table, table=TABLE),
            parking=ParkingLot(Lake(), bucket="cube-lake"),
            rules=RulesReader(self.table, table=TABLE, clock=self.clock),
            clock=self.clock,
            rng=rng,
            wait=self.clock.advance,
        )
        self.positions: dict[str, int] = {}
        self.seq = 0

    def close(self) -> None:
        self.outbox.close()
        self.kinesis.close()
        self.table.close()

    def vote(self, count: int) -> None:
        """Cast votes, and have the stream take them."""
        votes = []
        for _ in range(count):
            self.seq += 1
            votes.append(
                Vote(
                    poll=DEFAULT_POLL,
                    device_id=f"d{self.seq % 40}",
                    seq=self.seq,
                    colour=DEFAULT_PALETTE[self.seq % 6],
                    voted_at=self.clock.now_ms(),
                )
            )
        self.outbox.offer_votes(votes, self.clock.now_ms())
        self.outbox.seal(self.clock.now_ms(), everything=True)
        while not self.outbox.drained:
            self.publisher.step()

    def put_raw(self, data: bytes, key: str = "raw") -> None:
        self.kinesis.put_record(StreamName=STREAM, Data=data, PartitionKey=key)

    def records(self) -> list[tuple[str, Any]]:
        return [
            (view.shard_id, record)
            for view in self.kinesis.shards(STREAM)
            for record in self.kinesis.read(
                STREAM, view.shard_id, after=0, records_max=10_000, bytes_max=10**9
            ).records
        ]

    def consume(self) -> None:
        """Have the processor do everything that is in the stream and not done."""
        for view in self.kinesis.shards(STREAM):
            after = self.positions.get(view.shard_id, 0)
            result = self.kinesis.read(
                STREAM, view.shard_id, after=after, records_max=10_000, bytes_max=10**9
            )
            if result.records:
                form = EventFormat(
                    stream_name=STREAM, shard_id=view.shard_id, function_name="tally"
                )
                event = json.loads(form.event(result.records))["Records"]
                outcome = self.processor.run(event)
                assert reply_of(outcome, event) == {"batchItemFailures": []}, outcome.error
                self.positions[view.shard_id] = result.records[-1].sequence_number

    def consumers(self) -> Consumers:
        shards = []
        done_until_ms = self.clock.now_ms()
        for view in self.kinesis.shards(STREAM):
            position = self.positions.get(view.shard_id, 0)
            latest = self.kinesis.latest(STREAM, view.shard_id)
            following = self.kinesis.read(
                STREAM, view.shard_id, after=position, records_max=1, bytes_max=1
            ).records
            if following:
                done_until_ms = min(done_until_ms, following[0].arrival_ms)
            else:
                position = max(position, latest)
            shards.append(ShardProgress("TallyMapping", view.shard_id, position, latest))
        return Consumers(self.clock.now_ms() - done_until_ms, done_until_ms, tuple(shards))

    def check(
        self,
        *,
        wait_s: float = 0,
        minutes: int | None = None,
        meanwhile: Callable[[], None] = lambda: None,
        on_progress: Callable[[int], None] = lambda lines: None,
    ) -> dict[str, Invariant]:
        """Return the verdicts by name; `meanwhile` happens whenever the check waits."""

        def wait_until(condition: Callable[[], bool], timeout_s: float) -> bool:
            for _ in range(5):
                if condition():
                    return True
                meanwhile()
            return condition()

        evidence = Evidence(
            kinesis=self.kinesis,
            dynamodb=self.table,
            consumers=self.consumers,
            stream=STREAM,
            table=TABLE,
            outboxes=[self.folder],
            clock=self.clock,
            wait_until=wait_until,
            on_progress=on_progress,
        )
        return {
            verdict.name: verdict for verdict in evidence.collect(wait_s=wait_s, minutes=minutes)
        }

    def add(self, pk: str, sk: str, attribute: str, count: int) -> None:
        """Spoil the tallies, as a bug would."""
        self.table.update_item(
            TableName=TABLE,
            Key={"pk": {"S": pk}, "sk": {"S": sk}},
            UpdateExpression="ADD #a :n",
            ExpressionAttributeNames={"#a": attribute},
            ExpressionAttributeValues={":n": {"N": str(count)}},
        )
