"""What is drawn is made, once, and stays."""

from dataclasses import replace
from pathlib import Path

import pytest

from core.clock import ManualClock
from core.errors import Misconfigured
from core.poll import DEFAULT_PALETTE, DEFAULT_POLL
from core.settings import Settings
from local.disk_bound import DiskBound
from local.drawing import BucketSpec, Drawing, FunctionSpec, MappingSpec, StreamSpec, TableSpec
from local.machinery import async_in_flight_max, counting, processes_max, reached
from local.poll_change import read_book
from local.supervise.folder import DataFolder
from local.world import World

DRAWING = Drawing(
    streams=(StreamSpec(logical_id="Votes", name="votes", shard_count=2, retention_hours=48),),
    tables=(
        TableSpec(
            logical_id="Tallies",
            name="tallies",
            hash_key="pk",
            range_key="sk",
            ttl_attribute="expires_at",
        ),
    ),
    buckets=(BucketSpec(logical_id="CubeLake", name="cube-lake"),),
)


def open_world(folder: Path, clock: ManualClock, drawing: Drawing = DRAWING) -> World:
    data = DataFolder(folder)
    data.prepare()
    world = World(drawing, data, clock, DiskBound(folder, 10**12))
    world.create(Settings())
    return world


def test_what_is_drawn_is_made(tmp_path: Path) -> None:
    clock = ManualClock()
    world = open_world(tmp_path, clock)
    reply = world.kinesis.describe_stream_summary(StreamName="votes")
    summary = reply["StreamDescriptionSummary"]
    assert (summary["OpenShardCount"], summary["RetentionPeriodHours"]) == (2, 48)
    reply = world.dynamodb.describe_time_to_live(TableName="tallies")
    assert reply["TimeToLiveDescription"]["AttributeName"] == "expires_at"
    world.s3.head_bucket(Bucket="cube-lake")
    rules = read_book(world.dynamodb, "tallies", read_ms=clock.now_ms()).rules_at(DEFAULT_POLL, 1)
    assert rules is not None
    assert rules.palette == DEFAULT_PALETTE
    world.close()


def test_what_is_there_stays_as_it_is(tmp_path: Path) -> None:
    clock = ManualClock()
    world = open_world(tmp_path, clock)
    world.kinesis.put_record(StreamName="votes", Data=b"x", PartitionKey="k")
    world.close()
    more = Drawing(
        streams=(StreamSpec(logical_id="Votes", name="votes", shard_count=8),),
        tables=DRAWING.tables,
        buckets=DRAWING.buckets,
    )
    again = open_world(tmp_path, clock, more)
    shards = again.kinesis.shards("votes")
    assert len(shards) == 2
    records = [
        record
        for shard in shards
        for record in again.kinesis.read(
            "votes", shard.shard_id, after=0, records_max=9, bytes_max=9
        ).records
    ]
    assert [record.data for record in records] == [b"x"]
    again.close()


def test_a_table_that_nobody_drew_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="no table 'tallies' is drawn"):
        open_world(tmp_path, ManualClock(), Drawing(streams=DRAWING.streams))


def test_there_is_a_process_for_everything_that_runs_at_a_time() -> None:
    functions = tuple(
        FunctionSpec(logical_id=name, name=name, handler="a.b.c") for name in ("tally", "rollup")
    )
    mapping = MappingSpec(
        logical_id="M",
        uuid="u",
        function_name="tally",
        stream_name="votes",
        parallelization_factor=3,
    )
    drawing = Drawing(functions=functions, mappings=(mapping,))
    assert processes_max(drawing, shards=4, cores=16) >= 12
    assert processes_max(drawing, shards=4, cores=2) < 12
    assert processes_max(Drawing(functions=functions), shards=4, cores=2) >= 2


def test_nobody_waits_for_a_consumer_that_no_count_depends_on() -> None:
    """Its function may be broken: the engine starts without it, with room for one process more."""
    functions = tuple(
        FunctionSpec(logical_id=name, name=name, handler="a.b.c") for name in ("tally", "trend")
    )
    tally, trend = (
        MappingSpec(logical_id=name, uuid=name, function_name=name, stream_name="votes")
        for name in ("tally", "trend")
    )
    drawing = Drawing(functions=functions, mappings=(tally, replace(trend, counts=False)))
    assert reached(drawing) == {"tally", "trend"}
    assert reached(counting(drawing)) == {"tally"}
    alone = Drawing(functions=functions, mappings=(tally,))
    sizes = [processes_max(each, shards=4, cores=8) for each in (alone, drawing)]
    assert sizes[1] == sizes[0] + 1


def test_functions_that_nothing_leads_to_stay_cold() -> None:
    """In ordered mode the fan-out's functions wait for events of before."""
    environments: dict[str, dict[str, str]] = {
        "tally": {"CUBE_STREAM": "votes"},
        "dispatch": {"CUBE_WORKER_FUNCTION": "worker"},
        "worker": {},
    }
    functions = tuple(
        FunctionSpec(logical_id=name, name=name, handler="a.b.c", environment=environment)
        for name, environment in environments.items()
    )

    def reached_from(function: str) -> frozenset[str]:
        mapping = MappingSpec(logical_id="M", uuid="u", function_name=function, stream_name="votes")
        return reached(Drawing(functions=functions, mappings=(mapping,)))

    assert reached_from("tally") == {"tally"}
    assert reached_from("dispatch") == {"dispatch", "worker"}


def test_dispatchers_and_workers_need_not_make_way_for_each_other() -> None:
    functions = (
        FunctionSpec(
            logical_id="D", name="dispatch", handler="a.b.c", environment={"WORKER": "worker"}
        ),
        FunctionSpec(logical_id="W", name="worker", handler="a.b.c"),
    )
    mapping = MappingSpec(logical_id="M", uuid="u", function_name="dispatch", stream_name="votes")
    drawing = Drawing(functions=functions, mappings=(mapping,))
    assert processes_max(drawing, shards=16, cores=2) >= 16 + async_in_flight_max(2)
