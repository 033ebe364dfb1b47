"""How long a lane rests between invocations (B2): fewer calls where they take long."""

from collections.abc import Sequence

from local.invoke.outcome import Outcome
from local.mapping.limits import REST_MS_MAX
from local.mapping.source import StreamRecord
from tests.local.mapping.desk import Desk, ok

SHARDS = 12


def desk_whose_calls_take(took_ms: int, *, batch_size: int = 100) -> Desk:
    """Return a desk with one of the twelve shards of a mapping."""
    desk = Desk(batch_size=batch_size)
    desk.consumer.share_with(SHARDS)

    def handle(records: Sequence[StreamRecord]) -> Outcome:
        desk.now_ms += took_ms
        return ok()

    desk.handle = handle
    return desk


def test_all_lanes_of_a_mapping_keep_one_process_busy() -> None:
    desk = desk_whose_calls_take(10)
    started_ms = desk.now_ms
    desk.put("a")
    desk.run()
    desk.put("b")
    desk.now_ms += 1
    desk.put("c")
    desk.run()
    assert desk.calls == [["a"], ["b", "c"]]
    assert desk.called_ms == [started_ms, started_ms + 10 * SHARDS]


def test_the_only_lane_of_a_mapping_never_rests() -> None:
    desk = Desk()

    def handle(records: Sequence[StreamRecord]) -> Outcome:
        desk.now_ms += 10
        return ok()

    desk.handle = handle
    started_ms = desk.now_ms
    desk.put("a")
    desk.run()
    desk.put("b")
    desk.run()
    assert desk.called_ms == [started_ms, started_ms + 10]


def test_lanes_within_a_shard_share_it_too() -> None:
    desk = Desk(parallelization_factor=2)
    desk.consumer.share_with(3)

    def handle(records: Sequence[StreamRecord]) -> Outcome:
        desk.now_ms += 10
        return ok()

    desk.handle = handle
    started_ms = desk.now_ms
    desk.put("a")
    desk.run()
    desk.put("b")
    desk.run()
    assert desk.called_ms == [started_ms, started_ms + 10 * 2 * 3]


def test_a_rest_has_an_end_however_long_calls_take() -> None:
    desk = desk_whose_calls_take(REST_MS_MAX - 1)
    started_ms = desk.now_ms
    desk.put("a")
    desk.run()
    desk.put("b")
    desk.run()
    assert desk.called_ms[1] == started_ms + REST_MS_MAX


def test_a_call_longer_than_a_rest_is_followed_at_once() -> None:
    desk = desk_whose_calls_take(REST_MS_MAX + 500)
    started_ms = desk.now_ms
    desk.put("a")
    desk.run()
    desk.put("b")
    desk.run()
    assert desk.called_ms[1] == started_ms + REST_MS_MAX + 500


def test_a_full_batch_does_not_wait_for_a_rest() -> None:
    """B3: BatchSize is reached first."""
    desk = desk_whose_calls_take(10, batch_size=2)
    started_ms = desk.now_ms
    desk.put(*"abcd")
    desk.run()
    assert desk.calls == [["a", "b"], ["c", "d"]]
    assert desk.called_ms == [started_ms, started_ms + 10]


def test_the_first_record_after_a_pause_goes_at_once() -> None:
    desk = desk_whose_calls_take(10)
    desk.put("a")
    desk.run()
    desk.now_ms += 10 * SHARDS
    came_ms = desk.now_ms
    desk.put("b")
    desk.run()
    assert desk.called_ms[1] == came_ms


def test_the_last_records_of_a_shard_do_not_rest() -> None:
    """The shard has ended: there is nothing to gather, and its children wait (B10)."""
    desk = desk_whose_calls_take(10)
    desk.put("a")
    desk.run()
    ended_ms = desk.now_ms
    desk.put("b")
    desk.stream.split(0)
    desk.consumer.notify()
    desk.run()
    assert desk.called_ms[1] == ended_ms
    assert desk.finished
