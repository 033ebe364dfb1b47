"""Chunks: whole lanes, in order, under the limit; what is too large goes by reference."""

import base64
import json
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from core.limits import INVOKE_ASYNC_BYTES_MAX, KINESIS_RECORD_BYTES_MAX
from core.record import Stamp, encode_stamp
from processors.chunk import OBJECT, Chunk, lane_of, split

Record = dict[str, Any]


def record(number: int, data: bytes, key: str) -> Record:
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": key,
            "sequenceNumber": str(number),
            "data": base64.b64encode(data).decode(),
            "approximateArrivalTimestamp": 1_790_000_000.0 + number / 1000,
        },
        "eventSource": "aws:kinesis",
        "eventID": f"shardId-000000000003:{number}",
    }


def stamped_record(number: int, lane: int, key: str, size: int = 100) -> Record:
    stamp = Stamp(v=1, producer="p", lane=lane, number=number, votes=1, lanes=32)
    return record(number, encode_stamp(stamp) + b"x" * size, key)


def payload_records(chunk: Chunk) -> list[Record]:
    records: list[Record] = json.loads(chunk.payload)["Records"]
    return records


def restored(chunk: Chunk) -> list[Record]:
    """Return what a worker sees once it has read the objects."""
    objects = {key: json.loads(body)["Records"][0] for key, body in chunk.objects}
    return [objects.pop(r[OBJECT]) if OBJECT in r else r for r in payload_records(chunk)]


keys = st.one_of(st.sampled_from(["a", "b", "c"]), st.text(min_size=1, max_size=256))
events = st.lists(st.tuples(keys, st.integers(0, 4_000)), max_size=40)
Event = list[tuple[str, int]]


@given(events, st.integers(2_500, 20_000))
def test_every_record_is_in_one_chunk_and_every_chunk_under_the_limit(
    event: Event, bytes_max: int
) -> None:
    """B48: the limit is of the bytes that are sent."""
    records = [record(n, b"v" * size, key) for n, (key, size) in enumerate(event)]
    chunks = split(records, bytes_max=bytes_max)
    assert all(len(chunk.payload) <= bytes_max for chunk in chunks)
    assert sorted(index for chunk in chunks for index in chunk.records) == list(range(len(records)))
    for chunk in chunks:
        assert restored(chunk) == [records[index] for index in chunk.records]


@given(events, st.integers(2_500, 20_000))
def test_a_lane_keeps_its_order_and_is_cut_only_when_it_is_longer_than_a_chunk(
    event: Event, bytes_max: int
) -> None:
    records = [record(n, b"v" * size, key) for n, (key, size) in enumerate(event)]
    homes: dict[str, list[tuple[int, int]]] = {}
    for number, chunk in enumerate(split(records, bytes_max=bytes_max)):
        for index in chunk.records:
            homes.setdefault(lane_of(records[index]).name, []).append((number, index))
    for places in homes.values():
        assert places == sorted(places), "in order, from chunk to chunk"
        numbers = {number for number, _ in places}
        if len(numbers) > 1:
            alone = [records[index] for _, index in places]
            assert len(split(alone, bytes_max=bytes_max)) > 1
            assert numbers == set(range(min(numbers), max(numbers) + 1))


def test_a_stamps_lane_stays_together_whatever_its_partition_keys_are() -> None:
    records = [stamped_record(n, lane=n % 2, key=f"k{n}", size=800) for n in range(1, 7)]
    chunks = split(records, bytes_max=4_800)
    assert [chunk.records for chunk in chunks] == [(0, 2, 4), (1, 3, 5)]


def test_lanes_that_write_the_same_tallies_are_neighbours() -> None:
    lanes = [9, 0, 17, 1, 16, 8]
    records = [stamped_record(n, lane, "k") for n, lane in enumerate(lanes, 1)]
    (chunk,) = split(records, bytes_max=9_999)
    slots = [lane_of(each).slot for each in payload_records(chunk)]
    assert slots == sorted(slots)
    assert len(set(slots)) < len(lanes)


def test_the_largest_record_of_kinesis_goes_by_reference() -> None:
    """B48, A1: base64 makes 1 MiB longer than an asynchronous event may be."""
    large = record(7, b"v" * KINESIS_RECORD_BYTES_MAX, "k" * 256)
    small = record(8, b"v", "k" * 256)
    (chunk,) = split([large, small], bytes_max=INVOKE_ASYNC_BYTES_MAX)
    first, second = payload_records(chunk)
    ((key, body),) = chunk.objects
    assert key == first[OBJECT] == "dispatch/2026/09/21/shardId-000000000003-7.json"
    assert "data" not in first["kinesis"]
    assert first["kinesis"]["sequenceNumber"] == "7"
    assert json.loads(body) == {"Records": [large]}
    assert second == small


def test_a_full_batch_of_lambda_becomes_few_large_chunks() -> None:
    records = [stamped_record(n, n % 32, f"p-{n % 32:04d}", size=50_000) for n in range(1, 89)]
    chunks = split(records, bytes_max=INVOKE_ASYNC_BYTES_MAX)
    assert sum(len(c.payload) for c in chunks) / len(chunks) > 0.75 * INVOKE_ASYNC_BYTES_MAX
    owners = [{lane_of(records[i]).name for i in chunk.records} for chunk in chunks]
    assert all(not a & b for a, b in pairwise(owners)), "no lane has two workers"


def test_nothing_becomes_no_chunk() -> None:
    empty: list[Mapping[str, Any]] = []
    assert split(empty, bytes_max=1_000) == []
