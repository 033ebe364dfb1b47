"""A workload in, what it asks of each service out: shards, calls, units, bytes, a second."""

import math

import msgspec

from core import limits
from infra.plan.measured import Constants
from infra.plan.workload import Workload

KB = 1024
FIREHOSE_STEP_BYTES = 5 * KB  # Firehose bills each record rounded up to this
PUT_UNIT_BYTES = 25 * KB
SHARD_READ_BYTES_PER_S = 2 * 1024 * 1024
_SECONDS_A_CALL = 2  # a call a second meets votes of two seconds
_UNITS_AN_ITEM = 2  # a transaction doubles a write unit


class Capacity(msgspec.Struct, frozen=True, kw_only=True):
    """What one second of a workload asks of AWS; times are seconds of a function's life."""

    producers: int
    lanes: int
    votes_a_record: float
    record_bytes: float
    records: float
    stream_bytes: float
    put_units: float
    stream_billed_bytes: float  # on demand: each record rounded up to 1 KB
    readers: int  # that share the stream's 2 MB/s a shard
    shards: int
    calls: float  # of the counting function (fan-out: of dispatcher and workers)
    call_s: float  # how long one takes
    transactions: float
    items_a_transaction: float
    write_units: float
    table_write_units: float  # the same for a provisioned table, with room for a peak
    transform_calls: float
    transform_call_s: float
    trend_calls: float
    trend_call_s: float
    firehose_bytes: float
    log_bytes: float

    @property
    def concurrency(self) -> float:
        """Return how many copies of functions run at a time."""
        return (
            self.calls * self.call_s
            + self.transform_calls * self.transform_call_s
            + self.trend_calls * self.trend_call_s
        )


def capacity_of(work: Workload, k: Constants) -> Capacity:
    """Return what a workload needs, by the constants `k`."""
    producers = work.producers or max(1, math.ceil(work.rate / 50_000))
    lanes = producers * limits.LANES
    votes_a_record, record_bytes = _record(work, k, lanes)
    records = work.rate / votes_a_record
    stream_bytes = records * record_bytes
    readers = _readers(work)
    shards = _shards(stream_bytes, records, readers, k)
    calls, items, transactions = _counting(work, k, records, votes_a_record, lanes, shards)
    call_s = _call_s(work, k, calls, transactions)
    hops = 2 if work.mode == "fanout" else 1
    transform_calls = _transform_calls(k, stream_bytes, shards) if work.history else 0.0
    trend_calls = shards * k.polls_a_second if work.trend else 0.0
    write_units = transactions * items * _UNITS_AN_ITEM * _item_kb(work) + trend_calls
    return Capacity(
        producers=producers,
        lanes=lanes,
        votes_a_record=votes_a_record,
        record_bytes=record_bytes,
        records=records,
        stream_bytes=stream_bytes,
        put_units=records * math.ceil(record_bytes / PUT_UNIT_BYTES),
        stream_billed_bytes=records * math.ceil(record_bytes / KB) * KB,
        readers=readers,
        shards=shards,
        calls=calls * hops,
        call_s=call_s / hops,
        transactions=transactions,
        items_a_transaction=items,
        write_units=write_units,
        table_write_units=write_units / k.capacity_use,
        transform_calls=transform_calls,
        transform_call_s=_work_s(k, work.rate * k.refine_us / 1e6, transform_calls),
        trend_calls=trend_calls,
        trend_call_s=_work_s(k, work.rate * k.trend_us / 1e6, trend_calls)
        + k.transaction_wait_ms / 1_000,
        firehose_bytes=_firehose_bytes(records, record_bytes) if work.history else 0.0,
        log_bytes=(calls * hops + transform_calls + trend_calls)
        * (k.log_line_bytes + k.platform_log_bytes),
    )


def _record(work: Workload, k: Constants, lanes: int) -> tuple[float, float]:
    """Return votes and bytes of a record: a lane's votes of one linger, up to the record's size."""
    if not work.packed:
        return 1.0, k.vote_bytes
    most = (limits.RECORD_BYTES_MAX - k.stamp_bytes) / k.vote_bytes
    votes = max(1.0, min(most, work.rate / lanes * limits.LINGER_MS / 1_000))
    return votes, votes * k.vote_bytes + k.stamp_bytes


def _readers(work: Workload) -> int:
    shared = 0 if work.enhanced_fan_out else 1
    return shared + (1 if work.history else 0) + (1 if work.trend else 0)


def _shards(stream_bytes: float, records: float, readers: int, k: Constants) -> int:
    """Return the shards that writing and the shared reading need, with room for a peak."""
    by_bytes = stream_bytes / (limits.SHARD_BYTES_PER_S_MAX * k.shard_use)
    by_records = records / (limits.SHARD_RECORDS_PER_S_MAX * k.shard_use)
    by_reading = readers * stream_bytes / (SHARD_READ_BYTES_PER_S * k.shard_use)
    return max(1, math.ceil(max(by_bytes, by_records, by_reading)))


def _counting(
    work: Workload, k: Constants, records: float, votes_a_record: float, lanes: int, shards: int
) -> tuple[float, float, float]:
    """Return calls a second, items a transaction and transactions a second of the counting."""
    every_s = max(work.window_s, 1 / k.polls_a_second)
    a_shard = k.fan_out_calls_a_second if work.enhanced_fan_out else 1 / every_s
    full = records / shards / k.batch_records_max
    calls = shards * max(a_shard, full)
    records_a_call = records / calls
    places = work.polls * max(1.0, limits.WRITER_SLOTS / shards)
    tallies = _touched(places, records_a_call * votes_a_record)
    tallies *= _SECONDS_A_CALL + max(0.0, every_s - 1) + 3  # seconds; total, counted, ledger
    # A packed record has a lane's item; each vote of another its own marker.
    named = _touched(lanes / shards, records_a_call) if work.packed else records_a_call
    items = tallies + named
    pieces = max(1.0, math.ceil(items / limits.TRANSACTION_ITEMS_MAX))
    return calls, items / pieces, calls * pieces


def _touched(places: float, throws: float) -> float:
    """Return how many of `places` get at least one of `throws` that fall at random."""
    places = max(places, 1.0)
    if places == 1.0:
        return 1.0
    return float(max(1.0, places * (1 - (1 - 1 / places) ** throws)))


def _item_kb(work: Workload) -> float:
    """Return the write units of one item: counts of its colours, in steps of 1 KB."""
    return float(math.ceil((100 + 24 * work.colours) / KB))


def _call_s(work: Workload, k: Constants, calls: float, transactions: float) -> float:
    """Return the seconds of one call: its votes' fold, and its transactions one after another."""
    cpu_s = work.rate * k.fold_us / 1e6 + transactions * k.transaction_cpu_ms / 1e3
    wait_s = transactions / calls * k.transaction_wait_ms / 1_000
    return _work_s(k, cpu_s, calls) + wait_s


def _work_s(k: Constants, cpu_s: float, calls: float) -> float:
    """Return the seconds of one of `calls` that share `cpu_s` seconds of one core."""
    if not calls:
        return 0.0
    return cpu_s / k.function_cores / calls + k.call_overhead_ms / 1_000


def _transform_calls(k: Constants, stream_bytes: float, shards: int) -> float:
    return max(stream_bytes / k.transform_call_bytes, shards / k.transform_call_s)


def _firehose_bytes(records: float, record_bytes: float) -> float:
    return records * math.ceil(record_bytes / FIREHOSE_STEP_BYTES) * FIREHOSE_STEP_BYTES
