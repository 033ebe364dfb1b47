"""The plan: its sums are right, its constants are true, its prices have sources."""

from collections import Counter, defaultdict
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import limits
from infra.plan.bill import bill_of
from infra.plan.capacity import capacity_of
from infra.plan.measured import MEASURED
from infra.plan.plan import Plan, Tables, choices, ladder, plan_of
from infra.plan.price import read_prices
from infra.plan.quota import read_quotas
from infra.plan.workload import Workload
from producers.crowd import Crowd
from producers.generate import Generator
from producers.pack import Batch, LaneBuffer, seal
from tests.processors.room import Record, Room

TABLES: Final = Tables(prices=read_prices(), quotas=read_quotas())
PRODUCER: Final = "0123456789abcdef"
STEADY: Final = Workload(rate=10_000, table="provisioned")


def cost(work: Workload) -> float:
    return plan_of(work, TABLES).bill.usd_million("votes", "screen")


def amounts(plan: Plan) -> dict[str, float]:
    return {item.what: item.amount for item in plan.bill.items}


def test_ten_thousand_a_second_cost_at_most_two_cents_a_million() -> None:
    assert 0.005 < cost(STEADY) <= 0.02


def test_a_record_for_each_vote_costs_thirty_times_as_much() -> None:
    assert cost(Workload(rate=10_000, packed=False, table="on-demand")) > 30 * cost(STEADY)


def test_a_load_a_minute_keeps_the_warehouse_awake() -> None:
    day = plan_of(STEADY, TABLES).bill.usd_hour("warehouse") * 24
    assert day == pytest.approx(8 * 24 * 0.375, abs=2)  # G7, and its keeping and endpoints
    seldom = plan_of(Workload(rate=10_000, load_every_s=900), TABLES)
    assert seldom.bill.usd_hour("warehouse") * 24 < day / 10


def test_stream_and_functions_are_counted_by_hand() -> None:
    """Two million votes a second of 50 kB records: every amount follows from the page of prices."""
    plan = plan_of(Workload(rate=2_000_000, producers=1, trend=False), TABLES)
    need = plan.capacity
    assert need.votes_a_record == pytest.approx((50_000 - 92) / 134)
    assert need.record_bytes == pytest.approx(50_000)
    records = 2_000_000 / need.votes_a_record
    assert need.records == pytest.approx(records)
    assert need.put_units == pytest.approx(2 * records)  # 25 KB steps of 1,024
    assert need.readers == 2
    assert need.shards == -(-int(records * 50_000) // int(1024 * 1024 * 0.6))
    assert amounts(plan)["records, in units of 25 KB"] == pytest.approx(2 * records * 3_600)
    assert need.calls == need.shards
    assert amounts(plan)["counting: calls"] == need.shards * 3_600


def test_three_shared_readers_need_more_shards_than_writing_does() -> None:
    """A shard gives its readers 2 MB/s together: a third reader costs shards."""
    three = capacity_of(Workload(rate=10_000), MEASURED)
    two = capacity_of(Workload(rate=10_000, enhanced_fan_out=True), MEASURED)
    assert (three.readers, two.readers) == (3, 2)
    assert three.shards > two.shards


def test_unpacked_votes_write_a_marker_each() -> None:
    packed = capacity_of(Workload(rate=10_000), MEASURED)
    single = capacity_of(Workload(rate=10_000, packed=False), MEASURED)
    assert single.write_units > 2 * 10_000 > 20 * packed.write_units


def test_the_tightest_limit_is_named_with_what_to_do() -> None:
    first = plan_of(Workload(rate=10_000_000), TABLES).uses[0]
    assert first.share > 1
    assert first.quota.advice
    without = plan_of(Workload(rate=10_000_000, history=False), TABLES).uses[0]
    assert (without.name, without.share > 1) == ("item_conflicts", True)


def test_the_ladder_goes_from_ten_to_ten_million() -> None:
    rungs = ladder(STEADY, TABLES)
    assert [rung.workload.rate for rung in rungs] == [10, 1e3, 1e4, 1e5, 1e6, 1e7]
    costs = [rung.bill.usd_million("votes", "screen") for rung in rungs]
    assert costs == sorted(costs, reverse=True), "a vote gets no dearer when there are more"


def test_choices_differ_from_what_was_asked() -> None:
    others = choices(STEADY, TABLES)
    assert "table provisioned" not in others, "that is what was asked"
    assert others["one vote a record"].bill.usd_million() > cost(STEADY)
    assert others["no history"].bill.usd_hour("warehouse") == 0


@given(
    rate=st.floats(1, 1e7),
    polls=st.integers(1, 50),
    packed=st.booleans(),
    fan_out=st.booleans(),
    window_s=st.integers(0, 60),
)
def test_any_workload_has_a_plan(
    rate: float, polls: int, packed: bool, fan_out: bool, window_s: int
) -> None:
    work = Workload(
        rate=rate, polls=polls, packed=packed, enhanced_fan_out=fan_out, window_s=window_s
    )
    plan = plan_of(work, TABLES)
    need = plan.capacity
    assert need.items_a_transaction <= limits.TRANSACTION_ITEMS_MAX
    assert need.stream_bytes <= need.shards * limits.SHARD_BYTES_PER_S_MAX
    assert need.records <= need.shards * limits.SHARD_RECORDS_PER_S_MAX
    assert all(item.usd_hour > 0 for item in plan.bill.items)
    bill = bill_of(work, need, MEASURED, TABLES.prices)
    assert sum(item.usd_hour for item in bill.items) == pytest.approx(bill.usd_hour())


def test_every_price_and_limit_has_a_source_and_is_used() -> None:
    works = [
        Workload(rate=10_000, stream=stream, table=table, retention_hours=48, enhanced_fan_out=fan)
        for stream in ("provisioned", "on-demand")
        for table in ("provisioned", "on-demand")
        for fan in (True, False)
    ]
    plans = [plan_of(work, TABLES) for work in works]
    used = {item.price for plan in plans for item in plan.bill.items}
    assert used == set(TABLES.prices)
    assert all(p.source.startswith("https://") and p.as_of for p in TABLES.prices.values())
    assert {use.name for plan in plans for use in plan.uses} == set(TABLES.quotas)


def batches(seconds: int, rate: int, now_ms: int) -> dict[int, list[Batch]]:
    """Return what a producer at a rate puts on the stream, by the second it does."""
    generator = Generator(Crowd(seed=1), start_ms=now_ms)
    numbers: Counter[int] = Counter()
    put: dict[int, list[Batch]] = defaultdict(list)
    for tick in range(seconds * 10):
        buffers: dict[int, LaneBuffer] = {}
        at_ms = now_ms + tick * 100
        for chunk in generator.tick(at_ms, rate // 10):
            buffer = buffers.setdefault(chunk.lane, LaneBuffer.empty())
            buffer.add(chunk.lines, chunk.votes, at_ms)
        for lane, buffer in buffers.items():
            number = numbers[lane] + 1
            sealed = seal(buffer, producer=PRODUCER, lanes=32, lane=lane, number=number, total=0)
            numbers[lane] += len(sealed)
            put[tick // 10] += sealed
    return put


def test_the_constants_are_what_the_shipped_code_does() -> None:
    """Generator, packing and counting at 10,000/s, a call a shard and second as on AWS."""
    seconds, rate, shards = 3, 10_000, 4
    room = Room()
    put = batches(seconds, rate, room.clock.now_ms())
    sealed = [batch for each in put.values() for batch in each]
    lines = sum(batch.votes for batch in sealed)
    assert lines == seconds * rate
    stamps = [batch.data.index(b"\n") + 1 for batch in sealed]
    body = sum(len(batch.data) for batch in sealed) - sum(stamps)
    assert body / lines == pytest.approx(MEASURED.vote_bytes, rel=0.1)
    assert sum(stamps) / len(stamps) == pytest.approx(MEASURED.stamp_bytes, rel=0.25)

    processors = [room.processor() for _ in range(shards)]
    for second in range(seconds):
        room.clock.advance(1_000)
        for shard, processor in enumerate(processors):
            records: list[Record] = [
                room.record(batch.data, late_ms=500)
                for batch in put[second]
                if batch.lane * shards // 32 == shard
            ]
            assert processor.run(records).failed_record is None
    assert room.table.totals().total() == lines
    need = capacity_of(Workload(rate=rate, producers=1, trend=False), MEASURED)
    assert need.votes_a_record == pytest.approx(lines / len(sealed), rel=0.1)
    items = sum(room.table.transactions)
    assert need.transactions * need.items_a_transaction == pytest.approx(items / seconds, rel=0.25)
