"""Two KCL workers over four shards, a split and a `kill -9`: every accepted vote counts once."""

import json
import random
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from core import keys, kpl
from core.clock import SystemClock
from core.ledger import sum_lines
from core.limits import HASH_KEY_END
from core.poll import DEFAULT_PALETTE
from core.settings import Settings
from core.tally import colours_of
from local.cli.clients import client_at
from local.consumers import Consumers, ShardProgress
from local.evidence import Evidence
from local.kinesis import StoredRecord
from local.load import run_load
from local.load_plan import LoadPlan
from local.mapping.event import EventFormat
from local.stream_witness import first_iterator, list_shards
from local.table_reader import read_items
from processors.batch import Processor
from processors.park import ParkingLot
from processors.rules import RulesReader
from processors.store import TallyStore
from tests.kcl.fleet import SHARD_END, STREAM, TABLE, Fleet
from tests.processes.desk import wait_until

JAVA = shutil.which("java")
pytestmark = [
    pytest.mark.processes,
    pytest.mark.timeout(240),
    pytest.mark.skipif(
        JAVA is None,
        reason="the KCL's daemon needs Java: apt-get install default-jre-headless",
    ),
]
CLOCK = SystemClock()
VOTES_A_SECOND = 500
AGGREGATE_VOTES = 12


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    fleet = Fleet(tmp_path, shards=4)
    yield fleet
    fleet.end()


class Flow:
    """Votes by `cube load`'s own engine, and others in aggregates, until it is stopped."""

    def __init__(self, fleet: Fleet) -> None:
        self.outbox = fleet.folder / "outbox"
        self._kinesis = fleet.kinesis
        self._stop = threading.Event()
        self._aggregates = 0
        self._pool = ThreadPoolExecutor(1)
        plan = LoadPlan(
            rate=VOTES_A_SECOND,
            outbox=self.outbox,
            stream=STREAM,
            devices=300,
            palette=DEFAULT_PALETTE[:-1],  # the last colour is for votes in aggregates
            lanes=8,
            duplicate_share=0.05,
            malformed_share=0.01,
        )
        self._load = self._pool.submit(
            run_load,
            plan,
            client=fleet.kinesis,
            clock=CLOCK,
            rng=random.Random(7),
            on_progress=lambda progress: None,
            stop=self._stop,
        )

    def put_aggregate(self) -> None:
        """Put votes together wherever they belong: most lie outside the shard they come to."""
        self._aggregates += 1
        votes = [
            (f"key-{number}", a_vote(f"aggregated-{self._aggregates}-{number}"))
            for number in range(AGGREGATE_VOTES)
        ]
        place = str(HASH_KEY_END * (self._aggregates % 5) // 5)
        self._kinesis.put_record(
            StreamName=STREAM,
            Data=kpl.aggregate(votes),
            PartitionKey="any",
            ExplicitHashKey=place,
        )

    def finish(self) -> tuple[int, int]:
        """Stop, and return how many lines were accepted: of batches, and of aggregates."""
        self._stop.set()
        report = self._load.result(timeout=60)
        self._pool.shutdown()
        assert report.left == 0
        return report.accepted, self._aggregates * AGGREGATE_VOTES


def a_vote(device_id: str) -> bytes:
    vote = {"poll": "cube", "device_id": device_id, "seq": 1, "colour": DEFAULT_PALETTE[-1]}
    return json.dumps(vote | {"voted_at": CLOCK.now_ms()}).encode()


def counts(fleet: Fleet) -> tuple[Counter[str], Counter[str]]:
    """Return the totals by colour, and the ledger's lines by what became of them."""

    items = {
        pk: list(read_items(fleet.dynamodb, TABLE, pk))
        for pk in (keys.poll_pk("cube"), keys.ledger_pk("cube"), keys.ledger_pk(keys.UNKNOWN_POLL))
    }
    totals = items.pop(keys.poll_pk("cube"))
    ledger = [item for found in items.values() for item in found]
    return colours_of(item for item in totals if item["sk"].startswith("total#")), sum_lines(ledger)


def read_stream(fleet: Fleet) -> dict[str, list[dict[str, Any]]]:
    """Return the records of every shard."""
    found: dict[str, list[dict[str, Any]]] = {}
    for shard in list_shards(fleet.kinesis, STREAM):
        records = found.setdefault(shard["ShardId"], [])
        iterator: str | None = first_iterator(fleet.kinesis, STREAM, shard["ShardId"], 0)
        behind_ms = 1
        while iterator and behind_ms:
            page = fleet.kinesis.get_records(ShardIterator=iterator, Limit=10_000)
            records += page["Records"]
            behind_ms, iterator = page["MillisBehindLatest"], page.get("NextShardIterator")
    return found


def test_votes_are_counted_once_whoever_dies_and_wherever_shards_go(fleet: Fleet) -> None:
    flow = Flow(fleet)
    fleet.start_worker("one")
    fleet.start_worker("two")
    flow.put_aggregate()
    until_reads(fleet, "one", "two")
    split = min(fleet.owned("two"))
    split_shard(fleet, split)
    flow.put_aggregate()
    until(fleet, lambda: fleet.leases()[split].checkpoint == SHARD_END, "the parent has ended")
    until_reads(fleet, "one")
    lost = fleet.owned("one")
    fleet.kill("one")
    flow.put_aggregate()
    until(fleet, lambda: lost <= fleet.owned("two", saved=True), "the other goes on there")
    fleet.start_worker("three")
    until_reads(fleet, "three")
    until(fleet, lambda: '{"event":"kcl.lease_lost"' in fleet.log("two"), "a lease is taken away")
    flow.put_aggregate()
    stamped, alone = flow.finish()
    stream = read_stream(fleet)
    last = {shard: records[-1]["SequenceNumber"] for shard, records in stream.items() if records}
    assert len(last) == 6, "four shards and two children have records"
    until(fleet, lambda: all_saved(fleet, last, ended=split), "all is counted")
    assert_balance(fleet, flow, last, stamped=stamped, alone=alone)
    assert fleet.stop("two", "three") == [143, 143]
    assert all_saved(fleet, last, ended=split), "whoever comes next has nothing to repeat"
    assert_lambda_adds_nothing(fleet, stream)


def until(fleet: Fleet, condition: Callable[[], bool], what: str) -> None:
    """Wait for it, while every worker lives."""

    def looked() -> bool:
        for name, worker in fleet.workers.items():
            assert worker.poll() is None, fleet.tail(name)
        return condition()

    wait_until(looked, what, timeout_s=60)


def until_reads(fleet: Fleet, *names: str) -> None:
    """Wait until each of these has leases, and has counted and saved something under them."""

    def all_read() -> bool:
        return all(fleet.owned(name, saved=True) for name in names) and all(
            '{"event":"kcl.batch_applied"' in fleet.log(name) for name in names
        )

    until(fleet, all_read, f"{' and '.join(names)} counts votes")


def split_shard(fleet: Fleet, shard_id: str) -> None:
    shards = {shard["ShardId"]: shard for shard in list_shards(fleet.kinesis, STREAM)}
    hashes = shards[shard_id]["HashKeyRange"]
    middle = (int(hashes["StartingHashKey"]) + int(hashes["EndingHashKey"])) // 2
    fleet.kinesis.split_shard(
        StreamName=STREAM, ShardToSplit=shard_id, NewStartingHashKey=str(middle)
    )


def all_saved(fleet: Fleet, last: dict[str, str], *, ended: str) -> bool:
    """Return whether every lease stands at its shard's last record, or at its end."""
    leases = fleet.leases()
    return leases.keys() == last.keys() and all(
        leases[shard].checkpoint == (SHARD_END if shard == ended else number)
        for shard, number in last.items()
    )


def assert_balance(
    fleet: Fleet, flow: Flow, last: dict[str, str], *, stamped: int, alone: int
) -> None:
    """Demand what `cube check` demands, with the leases as the word on how far consumers are."""
    shards = tuple(
        ShardProgress("kcl", shard, int(number), int(number)) for shard, number in last.items()
    )
    evidence = Evidence(
        kinesis=fleet.kinesis,
        dynamodb=fleet.dynamodb,
        consumers=lambda: Consumers(0, CLOCK.now_ms(), shards),
        stream=STREAM,
        table=TABLE,
        outboxes=[flow.outbox],
        clock=CLOCK,
        wait_until=lambda condition, seconds: condition(),
    )
    verdicts = {verdict.name: verdict for verdict in evidence.collect()}
    assert all(verdict.ok for verdict in verdicts.values()), verdicts
    applied = verdicts["acknowledged_equals_applied"]
    assert applied.left == applied.right == stamped
    totals, ledger = counts(fleet)
    assert totals[DEFAULT_PALETTE[-1]] == alone
    assert totals.total() == ledger["counted"]
    assert ledger["counted"] <= stamped + alone


def assert_lambda_adds_nothing(fleet: Fleet, stream: dict[str, list[dict[str, Any]]]) -> None:
    """Let the Lambda's processor read all of it again: every line is known by its position."""
    settings = Settings()
    processor = Processor(
        store=TallyStore(fleet.dynamodb, table=settings.tally_table),
        parking=ParkingLot(client_at("s3", fleet.endpoint), bucket=settings.lake_bucket),
        rules=RulesReader(fleet.dynamodb, table=settings.tally_table, clock=CLOCK),
        clock=CLOCK,
        rng=random.Random(3),
        wait=lambda ms: None,
    )
    before = counts(fleet)
    for shard, records in stream.items():
        event = EventFormat(stream_name=STREAM, shard_id=shard, function_name="tally")
        body = event.event(stored(record) for record in records)
        outcome = processor.run(json.loads(body)["Records"])
        assert outcome.failed_record is None, outcome.error
        assert outcome.votes == outcome.parked == outcome.duplicates == 0
    assert counts(fleet) == before


def stored(record: dict[str, Any]) -> StoredRecord:
    return StoredRecord(
        sequence_number=int(record["SequenceNumber"]),
        arrival_ms=round(record["ApproximateArrivalTimestamp"].timestamp() * 1000),
        partition_key=record["PartitionKey"],
        data=record["Data"],
    )
