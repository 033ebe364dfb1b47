"""The trend processor on a real table: redelivery, strangers, any bytes, and no tally touched."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import limits
from core.clock import ManualClock
from core.errors import ContendedTooLong
from core.item import from_item
from core.keys import trend_pk
from core.trend import TrendState
from core.vote import Vote, encode_votes
from local.dynamodb import DynamoDbService
from processors.trend import TrendProcessor
from processors.trend_store import TrendStore
from processors.trend_votes import hear, read_glances
from tests.processors.room import Record, stamped

TABLE = "trends"
SHARD = "shardId-000000000000"
EVENTS = Path(__file__).resolve().parents[1] / "events"
START_S = 1_790_000_000
KEYS = [("pk", "HASH"), ("sk", "RANGE")]


class TrendTable:
    """The trend table, with a hook before each write."""

    def __init__(self) -> None:
        self.service = DynamoDbService(None, ManualClock(START_S * 1000))
        self.calls: list[str] = []
        self.before_put: list[Any] = []
        self.answers_lost = 0
        self.service.create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in KEYS],
            AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n, _ in KEYS],
            BillingMode="PAY_PER_REQUEST",
        )

    def get_item(self, **request: Any) -> Any:
        self.calls.append("get")
        return self.service.get_item(**request)

    def put_item(self, **request: Any) -> Any:
        self.calls.append("put")
        if self.before_put:
            self.before_put.pop(0)()
        reply = self.service.put_item(**request)
        if self.answers_lost:
            self.answers_lost -= 1
            raise ConnectionError("the answer is lost")
        return reply

    def processor(self) -> TrendProcessor:
        return TrendProcessor(TrendStore(self, table=TABLE))

    def state(self, poll: str = "cube", shard: str = SHARD) -> TrendState | None:
        return TrendStore(self, table=TABLE).load(poll, shard)

    def votes(self, poll: str = "cube") -> int:
        state = self.state(poll)
        return sum(map(sum, state.slots.values())) if state else 0

    def items(self, poll: str) -> list[dict[str, Any]]:
        reply = self.service.query(
            TableName=TABLE,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": trend_pk(poll)}},
        )
        return [from_item(item) for item in reply["Items"]]


@pytest.fixture
def table() -> Iterator[TrendTable]:
    made = TrendTable()
    yield made
    made.service.close()


def record(sequence: int, data: bytes, *, second: int = START_S, shard: str = SHARD) -> Record:
    return {
        "eventID": f"{shard}:{sequence}",
        "kinesis": {
            "data": base64.b64encode(data).decode(),
            "sequenceNumber": str(sequence),
            "partitionKey": "k",
            "approximateArrivalTimestamp": second + 0.5,
        },
    }


def votes(count: int, *, poll: str = "cube", colour: str = "red") -> list[Vote]:
    return [Vote(poll, f"d{seq}", seq, colour, START_S * 1000, "north") for seq in range(count)]


def test_a_batch_delivered_again_in_whole_or_in_halves_changes_nothing(table: TrendTable) -> None:
    """B16, B23: by a warm function as by a cold one."""
    records = [record(n, stamped(votes(10), n), second=START_S + n) for n in range(1, 9)]
    warm = table.processor()
    assert warm.run(records).votes == 80
    state = table.state()
    for again in (warm, table.processor()):
        for part in (records, records[:4], records[4:]):
            assert again.run(part).items == 0
    assert (table.state(), table.votes()) == (state, 80)
    warm.run([*records[4:], record(9, stamped(votes(5), 9), second=START_S + 9)])
    assert table.votes() == 85


def test_a_warm_function_writes_an_item_and_reads_none(table: TrendTable) -> None:
    warm = table.processor()
    for number in range(1, 4):
        warm.run([record(number, stamped(votes(3), number))])
    assert table.calls == ["get", "put", "put", "put"]


def test_what_another_process_wrote_meanwhile_is_read_and_kept(table: TrendTable) -> None:
    first, second = table.processor(), table.processor()
    first.run([record(1, stamped(votes(1), 1))])
    second.run([record(2, stamped(votes(2), 2))])
    outcome = first.run([record(2, stamped(votes(2), 2)), record(3, stamped(votes(4), 3))])
    assert (outcome.retries, table.votes()) == (1, 7)


def test_who_always_loses_gives_the_batch_back(table: TrendTable) -> None:
    others = [
        lambda number=number: table.processor().run([record(number, stamped(votes(1), number))])
        for number in range(10, 10 + limits.TREND_ATTEMPTS_MAX)
    ]
    loser = table.processor()
    table.before_put = [step for other in others for step in (other, lambda: None)]
    with pytest.raises(ContendedTooLong):
        loser.run([record(99, stamped(votes(1), 99))])


def test_an_answer_that_was_lost_is_no_vote_twice(table: TrendTable) -> None:
    processor = table.processor()
    table.answers_lost = 1
    with pytest.raises(ConnectionError):
        processor.run([record(1, stamped(votes(6), 1))])
    processor.run([record(1, stamped(votes(6), 1))])
    assert table.votes() == 6


def test_polls_and_shards_have_items_of_their_own_that_go_away(table: TrendTable) -> None:
    mixed = [*votes(3), *votes(2, poll="tea")]
    table.processor().run([record(1, stamped(mixed, 1))])
    table.processor().run([record(7, stamped(votes(4), 2), shard="shardId-000000000001")])
    assert (table.votes(), table.votes("tea")) == (3, 2)
    assert [item["sk"] for item in table.items("cube")] == [
        "shard#shardId-000000000000",
        "shard#shardId-000000000001",
    ]
    assert {item["expires_at"] for item in table.items("cube")} == {START_S + limits.TREND_KEPT_S}


def test_a_flood_of_polls_costs_so_many_items_and_no_more(table: TrendTable) -> None:
    flood = [vote for number in range(40) for vote in votes(number + 1, poll=f"p{number:02}")]
    outcome = table.processor().run([record(1, stamped(flood, 1))])
    assert (outcome.items, outcome.polls_left_out) == (limits.TREND_POLLS_MAX, 24)
    assert (table.votes("p39"), table.votes("p00")) == (40, 0)


def test_the_golden_event_of_lambda_is_read(table: TrendTable) -> None:
    """B13, B14: base64, arrival in seconds, the shard in eventID; odd bytes are no vote."""
    event = json.loads((EVENTS / "kinesis_event.json").read_text())
    outcome = table.processor().run(event["Records"])
    assert (outcome.records, outcome.votes) == (2, 1)
    state = table.state()
    assert state is not None
    assert state.seconds["red"][-1] == 1
    assert (state.second, state.devices.recent.counts) == (1_790_000_000, {"d1": 1.0})
    assert str(state.through) == event["Records"][0]["kinesis"]["sequenceNumber"]


def test_good_lines_among_bad_ones_are_heard() -> None:
    good = encode_votes(votes(2))
    assert len(read_glances(good + b'{"poll":\n\n[]\nnull\n{"batch":{}}\n' + good)) == 4
    assert read_glances(b'{"poll":"' + b"x" * 65 + b'","device_id":"d","colour":"red"}') == []


@given(st.binary(max_size=400), st.sampled_from([b"", b'{"batch":', b"\xf3\x89\x9a\xc2"]))
def test_any_bytes_whatever_are_heard_without_an_error(data: bytes, start: bytes) -> None:
    heard = hear([record(1, start + data + b"\n"), record(2, stamped(votes(1), 1))])
    assert [each.sequence for each in heard["cube"]][-1] == 2
