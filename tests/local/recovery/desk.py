"""A folder in, both paths over one stream, a lake and a merge of it out: for recovery's tests."""

import gzip
import io
import json
import random
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from core.keys import lane_pk, lane_sk
from core.lane import LaneState
from core.poll import DEFAULT_PALETTE, PollBook, PollRules
from core.record import Stamp, encode_stamp
from core.row import Row
from core.verdict import judge_in_poll
from core.vote import Vote, encode_votes
from firehose_transforms.row_lines import row_lines
from firehose_transforms.source_record import SourceRecord
from local.firehose.failed_record import Attempts, failed_line
from local.firehose.response import Failure
from local.firehose.source_record import source_records
from local.kinesis import StoredRecord
from local.lake_objects import objects_after, read_objects
from local.mapping.event import EventFormat
from local.poll_change import read_book
from local.recovery.entry import Kind
from local.recovery.queue_intake import QueueIntake, Taken
from local.recovery.recover import Outcome, Recovery
from local.recovery.search import Wanted, search
from local.s3 import S3Service
from local.sqs import SqsService
from processors.batch import Processor, reply_of
from processors.park import ParkingLot
from processors.rules import RulesReader
from processors.store import TallyStore
from tests.local.desk import STREAM, TABLE, Desk

BUCKET: Final = "cube-lake"
BROKEN: Final = Failure("Lambda.ProcessingFailedStatus", "ProcessingFailed status set for record")
_OBJECT = "{prefix}/{at:%Y/%m/%d/%H}/votes-to-lake-1-{at:%Y-%m-%d-%H-%M-%S}-{uuid}{ext}"


class Functions:
    """Lambda: hands an event to the tally function, or answers as it is told."""

    def __init__(self, processor: Any) -> None:
        self._processor = processor
        self.answer: dict[str, Any] | None = None
        self.calls: list[tuple[str, int]] = []

    def invoke(self, *, FunctionName: str, Payload: bytes) -> Mapping[str, Any]:
        records = json.loads(Payload)["Records"]
        self.calls.append((FunctionName, len(records)))
        if self.answer is not None:
            return self.answer
        answer = reply_of(self._processor().run(records), records)
        return {"Payload": io.BytesIO(json.dumps(answer).encode())}


class RecoveryDesk(Desk):
    """`count` is the live path, `deliver` is Firehose, `history` is the merge."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.s3 = S3Service(folder / "s3", self.clock)
        self.s3.create_bucket(Bucket=BUCKET)
        self.rng = random.Random(5)
        self.sqs = SqsService(None, self.clock, rng=random.Random(6))
        self.queue = str(self.sqs.create_queue(QueueName="failures")["QueueUrl"])
        self.functions = Functions(self.processor)
        self._delivered: dict[str, int] = {}
        self._counted: dict[str, int] = {}

    # --- producers ---

    def vote(self, seq: int, colour: str = "red", *, poll: str = "cube", device: str = "d") -> Vote:
        return Vote(poll, device, seq, colour, self.clock.now_ms())

    def put(self, data: bytes, key: str = "k") -> None:
        self.kinesis.put_record(StreamName=STREAM, Data=data, PartitionKey=key)

    def put_votes(self, *votes: Vote) -> None:
        self.put(encode_votes(list(votes)))

    # --- the live path ---

    def processor(self) -> Processor:
        return Processor(
            store=TallyStore(self.dynamodb, table=TABLE),
            parking=ParkingLot(self.s3, bucket=BUCKET),
            rules=RulesReader(self.dynamodb, table=TABLE, clock=self.clock),
            clock=self.clock,
            rng=random.Random(3),
            wait=self.clock.advance,
        )

    def count(self) -> None:
        """Have the live path do what arrived since the last call."""
        self.clock.advance(1_000)
        for shard, records in self._since(self._counted).items():
            outcome = self.processor().run(json.loads(self.event(shard, records))["Records"])
            assert outcome.failed_record is None, outcome.error

    def skip_count(self) -> dict[str, list[StoredRecord]]:
        """Have the live path give up on what arrived since; return it by shard."""
        return self._since(self._counted)

    def rewind_count(self) -> None:
        """Let the live path see everything again."""
        self._counted.clear()

    def event(self, shard: str, records: Sequence[StoredRecord]) -> bytes:
        form = EventFormat(stream_name=STREAM, shard_id=shard, function_name="tally")
        return form.event(records)

    def lane(self, producer: str = "p", lane: int = 0) -> LaneState:
        items = self.items(lane_pk(producer), lane_sk(lane))
        return LaneState.from_values(items[0]) if items else LaneState()

    # --- Firehose ---

    def deliver(self, *, failing: bool = False, failures: str = "errors/processing-failed") -> None:
        """Put what arrived since into the backup, and as rows, or failures, into the lake."""
        for records in self._since(self._delivered).values():
            sources = [each for record in records for each in source_records(record)]
            oldest_ms = min(each.arrival_ms for each in sources)
            self.store("backup", oldest_ms, gzip.compress(b"".join(s.data for s in sources)))
            if failing:
                attempts = Attempts(1, self.clock.now_ms(), "transform")
                lines = b"".join(failed_line(each, BROKEN, attempts) for each in sources)
                self.store(failures, oldest_ms, lines, ext="")
                continue
            rows = b"".join(
                part.data
                for each in sources
                for part in row_lines(
                    SourceRecord(
                        each.data, each.arrival_ms, str(each.sequence_number), each.subsequence
                    )
                )
            )
            self.store("votes", oldest_ms, gzip.compress(rows))

    def store(self, prefix: str, at_ms: int, body: bytes, ext: str = ".gz") -> str:
        at = datetime.fromtimestamp(at_ms // 1000, UTC)
        name = uuid.UUID(int=self.rng.getrandbits(128), version=4)
        key = _OBJECT.format(prefix=prefix, at=at, uuid=name, ext=ext)
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        return key

    # --- the merge ---

    def rows(self) -> list[Row]:
        rows: list[Row] = []
        for key in self.keys("votes/2"):
            rows += msgspec.json.Decoder(Row).decode_lines(gzip.decompress(self.body(key)))
        return rows

    def judged(self) -> Iterator[tuple[str, Row]]:
        """Yield rows with what sql/loads/merge.sql makes of them.

        Objects are merged in the order in which they came into the lake.
        """
        book = self.book()
        known: set[tuple[object, ...]] = set()
        votes: dict[tuple[object, ...], tuple[object, ...]] = {}
        for row in self.rows():
            line: tuple[object, ...] = (row.producer, row.lane, row.number, row.line)
            if row.producer is None:
                line = (row.sequence_number, row.subsequence, row.line)
            if line in known:
                yield "redelivered", row
                continue
            known.add(line)
            identity = (row.poll, row.device_id, row.seq)
            says = (row.colour, row.voted_at, row.region)
            if row.parked_reason is not None or _parked(row, book):
                yield "parked", row
            elif identity in votes:
                yield ("duplicate" if votes[identity] == says else "parked"), row
            else:
                votes[identity] = says
                yield "counted", row

    def merged(self) -> Counter[str]:
        """Return outcomes and colours (`c#red`) of the rows."""
        found: Counter[str] = Counter()
        for outcome, row in self.judged():
            found[outcome] += 1
            if outcome == "counted":
                found[f"c#{row.colour}"] += 1
        return found

    def history(self) -> Counter[str]:
        """Return the votes of the merge by colour."""
        return Counter(
            {name[2:]: count for name, count in self.merged().items() if name.startswith("c#")}
        )

    # --- recovery ---

    def book(self) -> PollBook:
        return read_book(self.dynamodb, TABLE, read_ms=self.clock.now_ms())

    def recovery(self) -> Recovery:
        return Recovery(
            s3=self.s3,
            bucket=BUCKET,
            kinesis=self,
            stream=STREAM,
            functions=self.functions,
            book=self.book(),
            clock=self.clock,
            rng=self.rng,
            wait=self.clock.advance,
        )

    def recover(
        self, *names: str, kinds: Sequence[Kind] = (), by_stream: bool = False
    ) -> list[Outcome]:
        wanted = Wanted(names=names, kinds=kinds) if kinds else Wanted(names=names)
        return list(self.recovery().run(search(self.s3, BUCKET, wanted), by_stream=by_stream))

    def intake(self) -> QueueIntake:
        return QueueIntake(
            sqs=self.sqs,
            s3=self.s3,
            bucket=BUCKET,
            kinesis=self.kinesis,
            stream=STREAM,
            wait=self.clock.advance,
        )

    def collect(self) -> list[Taken]:
        """Bring what lies in queues into the lake."""
        return list(self.intake().run())

    def queued(self) -> int:
        """Return how many messages the queue of failures has, whoever looks at them."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        reply = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=names)
        return sum(int(reply["Attributes"][name]) for name in names)

    def get_shard_iterator(self, **request: Any) -> Any:
        return self.kinesis.get_shard_iterator(**request)

    def get_records(self, **request: Any) -> Any:
        return self.kinesis.get_records(**request)

    def create_poll(self, poll: str) -> None:
        rules = PollRules(
            poll=poll, version=1, effective_ms=self.clock.now_ms(), palette=DEFAULT_PALETTE
        )
        self.dynamodb.put_item(TableName=TABLE, Item=rules.to_item())

    def keys(self, prefix: str) -> list[str]:
        return [each.key for each in objects_after(self.s3, BUCKET, prefix)]

    def body(self, key: str) -> bytes:
        ((_, body),) = read_objects(self.s3, BUCKET, [key])
        return body

    def _since(self, after: dict[str, int]) -> dict[str, list[StoredRecord]]:
        arrived: dict[str, list[StoredRecord]] = {}
        for shard in self.kinesis.shards(STREAM):
            found = self.kinesis.read(
                STREAM,
                shard.shard_id,
                after=after.get(shard.shard_id, 0),
                records_max=1_000,
                bytes_max=10**8,
            ).records
            if found:
                arrived[shard.shard_id] = list(found)
                after[shard.shard_id] = found[-1].sequence_number
        return arrived


def _parked(row: Row, book: PollBook) -> bool:
    assert row.poll is not None
    assert row.colour is not None
    assert row.voted_at is not None
    rules = book.rules_at(row.poll, min(row.arrived_at, book.known_until_ms))
    return judge_in_poll(row.colour, row.voted_at, rules) is not None


def stamped(votes: Sequence[Vote], number: int, *, extra: bytes = b"") -> bytes:
    """Return a batch of lane 0 of producer `p`, with lines that are no votes at its end."""
    count = len(votes) + extra.count(b"\n")
    stamp = Stamp(v=1, producer="p", lane=0, number=number, votes=count, lanes=32)
    return encode_stamp(stamp) + encode_votes(list(votes)) + extra
