"""A folder in, both paths at a pace of their own, damage and re-counts of it out: for tests."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from core import keys
from core.item import from_item
from core.record import Stamp, encode_stamp
from core.vote import Vote, encode_votes
from local.consumers import Consumers, Deliveries
from local.handler_errors import read_handler_errors
from local.recount.cell import Cell, Scope, Tiers
from local.recount.comparison import Comparison
from local.recount.live_cells import read_cells
from local.recount.recount import Recount
from tests.local.desk import STREAM, TABLE
from tests.local.recovery.desk import BUCKET, RecoveryDesk

MINUTE = 60_000
EVERYTHING = Scope(ledger=range(10**8), cast_from=0)


class Table:
    """The table client, with a hook before each query and around each transaction."""

    def __init__(self, service: Any) -> None:
        self.service = service
        self.on_query: Callable[[], None] = lambda: None
        self.before: Callable[[], None] = lambda: None
        self.after: Callable[[], None] = lambda: None
        self.transactions = 0

    def query(self, **request: Any) -> Any:
        self.on_query()
        return self.service.query(**request)

    def put_item(self, **request: Any) -> Any:
        return self.service.put_item(**request)

    def transact_write_items(self, *, TransactItems: Sequence[Mapping[str, Any]]) -> Any:
        self.before()
        reply = self.service.transact_write_items(TransactItems=TransactItems)
        self.transactions += 1
        self.after()
        return reply


class RecountDesk(RecoveryDesk):
    """`count` is the live path, `deliver` is Firehose; `send` puts batches, lane by lane."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.table = Table(self.dynamodb)
        self._numbers: Counter[tuple[str, int]] = Counter()
        self._seq = 0

    def votes(self, *colours: str, age_ms: int = 0, poll: str = "cube") -> list[Vote]:
        cast_ms = self.clock.now_ms() - age_ms
        votes = []
        for colour in colours:
            self._seq += 1
            votes.append(Vote(poll, "d", self._seq, colour, cast_ms))
        return votes

    def send(self, votes: Sequence[Vote], *, lane: int = 0, producer: str = "p") -> bytes:
        """Put a batch of votes, the next of its lane."""
        self._numbers[producer, lane] += 1
        stamp = Stamp(
            v=1,
            producer=producer,
            lane=lane,
            number=self._numbers[producer, lane],
            votes=len(votes),
            lanes=32,
        )
        data = encode_stamp(stamp) + encode_votes(list(votes))
        self.put(data, f"{producer}-{lane}")
        return data

    def pass_minutes(self, minutes: int) -> None:
        self.clock.advance(minutes * MINUTE)

    def settle(self) -> None:
        """Have both paths do everything, and go on until all minutes so far are complete."""
        self.count()
        self.deliver()
        self.pass_minutes(2)

    def consumers(self) -> Consumers:
        return Consumers(0, self._until_ms(self._counted), ())

    def deliveries(self) -> Deliveries:
        until_ms = self._until_ms(self._delivered)
        return Deliveries(until_ms, until_ms == self.clock.now_ms())

    def _until_ms(self, done: Mapping[str, int]) -> int:
        arrivals = [
            record.arrival_ms
            for shard in self.kinesis.shards(STREAM)
            for record in self.kinesis.read(
                STREAM,
                shard.shard_id,
                after=done.get(shard.shard_id, 0),
                records_max=1,
                bytes_max=1,
            ).records
        ]
        return min(arrivals, default=self.clock.now_ms())

    # --- what the tallies say ---

    def cells(self, poll: str = "cube") -> dict[Cell, int]:
        """Return every cell that is not 0."""
        tiers = Tiers.at(self.clock.now_ms())
        found = read_cells(self.dynamodb, TABLE, poll, EVERYTHING, tiers)
        found.update(read_cells(self.dynamodb, TABLE, poll, Scope(totals=True), tiers))
        return {cell: count for cell, count in found.items() if count}

    def spoil(self, pk: str, sk: str, **counts: int) -> None:
        """Add to an item, as a bug or a hand would; `c_red` is `c#red`."""
        for name, count in counts.items():
            self.dynamodb.update_item(
                TableName=TABLE,
                Key={"pk": {"S": pk}, "sk": {"S": sk}},
                UpdateExpression="ADD #a :n",
                ExpressionAttributeNames={"#a": name.replace("c_", "c#")},
                ExpressionAttributeValues={":n": {"N": str(count)}},
            )

    def spoil_votes(self, votes: Sequence[Vote], sign: int, *, arrived_ms: int) -> None:
        """Take the counts of these votes out of the tallies, or put them in once more."""
        for vote in votes:
            count = {f"c_{vote.colour}": sign}
            pk = keys.poll_pk(vote.poll)
            self.spoil(pk, keys.total_sk(0), **count)
            self.spoil(pk, keys.second_sk(vote.voted_at // 1000, 0), **count)
            ledger = keys.ledger_sk(arrived_ms // MINUTE, 0)
            self.spoil(keys.ledger_pk(vote.poll), ledger, counted=sign)

    # --- counting again ---

    def recount(self) -> Recount:
        def wait_until(condition: Callable[[], bool], timeout_s: float) -> bool:
            for _ in range(5):
                if condition():
                    return True
                self.clock.advance(1_000)
                self.deliver()
            return condition()

        return Recount(
            s3=self.s3,
            bucket=BUCKET,
            dynamodb=self.table,
            table=TABLE,
            consumers=self.consumers,
            deliveries=self.deliveries,
            clock=self.clock,
            rng=self.rng,
            wait=self.clock.advance,
            wait_until=wait_until,
            queued=self.intake().waiting,
            handler_errors=lambda from_ms: read_handler_errors(self.s3, BUCKET, from_ms=from_ms),
        )

    def compare(
        self, poll: str = "cube", *, from_ms: int = 0, to_ms: int | None = None
    ) -> Comparison:
        return self.recount().compare(poll, from_ms=from_ms, to_ms=to_ms)

    def repair(self, poll: str = "cube") -> Comparison:
        """Compare and apply; return what was found."""
        recount = self.recount()
        comparison = recount.compare(poll, from_ms=0)
        states = [state for _, state in recount.apply(comparison)]
        assert set(states) <= {"added"}
        return comparison

    def marks(self, poll: str = "cube") -> dict[str, str]:
        items = self.dynamodb.query(
            TableName=TABLE,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": keys.recount_pk(poll)}},
        )["Items"]
        return {item["sk"]: item["by"] for item in map(from_item, items)}


def found(comparison: Comparison) -> list[tuple[str, str, int]]:
    """Return each difference as what, name and what live lacks."""
    return [(each.what, each.name, each.lacks) for each in comparison.differences]
