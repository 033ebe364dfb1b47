"""A mapping in real time: tasks, notifications from other threads, positions on disk."""

import asyncio
import threading
from pathlib import Path

from local.mapping import PositionStore
from tests.local.mapping.desk import SPEC, error
from tests.local.mapping.fake_stream import FakeStream
from tests.local.mapping.real_time import Function, positions, running, until


async def test_records_reach_the_function_and_positions_the_disk(tmp_path: Path) -> None:
    """B1, B8: after a stop, the next runner goes on behind what was done."""
    stream, function = FakeStream(), Function()
    stream.put("a", b"1")
    store = PositionStore(tmp_path / "positions.sqlite")
    async with running(stream, function, store=store) as runner:
        await until(lambda: function.seen == ["a"])
        last = stream.put("b", b"2")
        await until(lambda: last.sequence_number in positions(runner).values())
        (status,) = runner.status().shards
        assert (status.last_result, status.iterator_age_ms) == ("OK", 0)
    stream.put("c", b"3")
    async with running(stream, function, store=store):
        await until(lambda: len(function.seen) == 3)
    assert function.seen == ["a", "b", "c"]
    store.close()


async def test_a_commit_in_another_thread_wakes_the_shard_at_once() -> None:
    """B2: faster than the poll of a second, which is switched off here."""
    stream, function = FakeStream(), Function()
    async with running(stream, function) as runner:
        await until(lambda: runner.status().shards[0].in_flight == 0 and stream.reads)
        started = asyncio.get_running_loop().time()
        for round_ in range(20):
            thread = threading.Thread(target=stream.put, args=(str(round_), b""))
            thread.start()
            await until(lambda: len(function.seen) == round_ + 1)  # noqa: B023 - awaited here
            thread.join()
        assert asyncio.get_running_loop().time() - started < 10, "20 polls would take 20 s"


async def test_children_start_when_their_parent_is_done() -> None:
    """B10: also while the parent's last batch fails for a while."""
    stream, function = FakeStream(), Function()
    function.answers = [error(), error()]
    stream.put("parent", b"")
    stream.split(0)
    stream.put("left", b"", shard=1)
    stream.put("right", b"", shard=2)
    store = PositionStore(None)
    async with running(stream, function, store=store, starting_position="TRIM_HORIZON") as runner:
        await until(lambda: len(function.seen) == 3)
        assert function.seen[0] == "parent"
        await until(lambda: set(positions(runner)) == set(list(stream.by_id)[1:]))
    assert store.load(SPEC.uuid)[next(iter(stream.by_id))].finished


async def test_a_shard_split_while_votes_flow_is_followed() -> None:
    """B10, B7: children of a LATEST mapping are read from their beginning."""
    stream, function = FakeStream(), Function()
    stream.put("before", b"")
    async with running(stream, function, starting_position="LATEST") as runner:
        stream.put("parent", b"")
        await until(lambda: function.seen == ["parent"])
        stream.split(0)
        stream.put("child", b"", shard=2)
        await until(lambda: function.seen == ["parent", "child"])
        assert [shard.shard_id[-1] for shard in runner.status().shards] == ["1", "2"]


async def test_latest_is_kept_over_a_restart(tmp_path: Path) -> None:
    """B7: LATEST is a place, not a habit: what came while the engine was down is read."""
    stream, function = FakeStream(), Function()
    stream.put("before", b"")
    store = PositionStore(tmp_path / "positions.sqlite")
    async with running(stream, function, store=store, starting_position="LATEST"):
        pass
    stream.put("meanwhile", b"")
    async with running(stream, function, store=store, starting_position="LATEST"):
        await until(lambda: function.seen)
    assert function.seen == ["meanwhile"]
    store.close()


async def test_a_paused_mapping_rests_until_it_is_resumed() -> None:
    """B8: Enabled=false, and back."""
    stream, function = FakeStream(), Function()
    stream.put("a", b"")
    async with running(stream, function, enabled=False) as runner:
        await asyncio.sleep(0)
        assert (runner.status().paused, stream.reads) == (True, 0)
        runner.resume()
        await until(lambda: function.seen == ["a"])
        runner.pause()
        stream.put("b", b"")
        assert runner.status().paused
        runner.resume()
        await until(lambda: function.seen == ["a", "b"])


async def test_lanes_are_told_apart_by_affinity() -> None:
    """B9: each lane prefers the process that served it last."""
    stream, function = FakeStream(), Function()
    for key in "abcdefgh":
        stream.put(key, b"")
    async with running(stream, function, parallelization_factor=4):
        await until(lambda: len(function.seen) == 8)
    assert len(set(function.affinities)) > 1
    assert all(name.startswith("shardId-000000000000:") for name in function.affinities)
