"""When a batch runs, and what is in it."""

from collections.abc import Sequence

import pytest

from core.limits import INVOKE_SYNC_BYTES_MAX
from local.invoke.outcome import Outcome
from local.mapping.action import Fetch, Finished, Invoke, Save, Wait
from local.mapping.limits import HELD_BYTES_MAX
from local.mapping.source import StreamRecord
from tests.local.mapping.desk import Desk, error, ok


def test_a_shard_is_driven_by_answering_its_actions() -> None:
    """B1: fetch, invoke, save, wait: the whole protocol, by hand."""
    desk = Desk()
    (record,) = desk.put("a")
    consumer, now_ms = desk.consumer, desk.now_ms
    fetch = consumer.step(now_ms)
    assert isinstance(fetch, Fetch)
    desk.act(fetch)
    invoke = consumer.step(now_ms + 1)
    assert invoke == Fetch(record.sequence_number, fetch.records_max, fetch.bytes_max)
    desk.act(Fetch(record.sequence_number, 1, 1))
    invoke = consumer.step(now_ms + 2)
    assert invoke == Invoke(0, 1, (record,))
    assert isinstance(consumer.step(now_ms + 2), Wait), "the only lane is busy"
    consumer.invoked(1, ok(), now_ms + 5)
    save = consumer.step(now_ms + 5)
    assert save == Save(record.sequence_number, finished=False)
    assert isinstance(save, Save)
    consumer.saved(save)
    assert isinstance(consumer.step(now_ms + 5), Wait)
    assert consumer.idle


def test_a_batch_holds_at_most_batch_size_records() -> None:
    """B3: BatchSize."""
    desk = Desk(batch_size=3)
    desk.put(*"abcdefgh")
    desk.run()
    assert desk.calls == [["a", "b", "c"], ["d", "e", "f"], ["g", "h"]]


def test_without_a_window_one_record_is_a_batch() -> None:
    """B3, B5: BatchSize 100 with window 0 runs at once with what is there."""
    desk = Desk(batch_size=100)
    desk.put("a")
    desk.run()
    assert (desk.calls, desk.called_ms) == ([["a"]], [desk.now_ms])


def test_a_full_batch_does_not_wait_for_its_window() -> None:
    """B3: whichever is reached first."""
    desk = Desk(batch_size=2, batching_window_ms=5_000)
    started_ms = desk.now_ms
    desk.put(*"abc")
    desk.run()
    assert desk.calls == [["a", "b"], ["c"]]
    assert desk.called_ms == [started_ms, started_ms + 5_000]


def test_the_next_window_starts_when_the_invocation_ends() -> None:
    """B4: not when it began, and not when the record came."""
    desk = Desk(batch_size=10, batching_window_ms=2_000)
    desk.put("a")
    desk.run()
    ended_ms = desk.now_ms
    desk.now_ms += 500
    desk.put("b")
    desk.now_ms += 300
    desk.put("c")
    desk.run()
    assert desk.calls == [["a"], ["b", "c"]]
    assert desk.called_ms[1] == ended_ms + 2_000


def test_a_long_invocation_puts_the_next_window_off() -> None:
    """B4: what came while it ran waits for a whole window after it."""
    desk = Desk(batch_size=10, batching_window_ms=2_000)

    def handle(records: Sequence[StreamRecord]) -> Outcome:
        if len(desk.calls) == 1:
            desk.now_ms += 700
            desk.put("b")
        return ok()

    desk.handle = handle
    desk.put("a")
    desk.run()
    assert desk.calls == [["a"], ["b"]]
    assert desk.called_ms[1] - desk.called_ms[0] == 2_700


def test_windows_without_records_follow_each_other() -> None:
    """B4: a record never waits for longer than one window, nor do windows drift."""
    desk = Desk(batch_size=10, batching_window_ms=2_000)
    started_ms = desk.now_ms
    desk.now_ms += 4_500
    desk.put("a")
    desk.run()
    assert desk.called_ms == [started_ms + 6_000]


def test_a_payload_stays_under_six_megabytes() -> None:
    """B3, B6: the JSON event counts, so that raw data is about 4.4 MB."""
    desk = Desk(batch_size=10_000, batching_window_ms=60_000)
    sizes: list[int] = []

    def handle(records: Sequence[StreamRecord]) -> Outcome:
        sizes.append(len(desk.consumer.payload(records)))
        return ok()

    desk.handle = handle
    record_bytes = 900_000
    for _ in range(11):
        desk.stream.put("key", b"x" * record_bytes, now_ms=desk.now_ms)
    desk.run()
    assert [len(call) for call in desk.calls] == [5, 5, 1]
    assert all(size <= INVOKE_SYNC_BYTES_MAX for size in sizes)
    assert sizes[0] + record_bytes * 4 // 3 > INVOKE_SYNC_BYTES_MAX, "one more would not fit"
    assert desk.called_ms[1] == desk.called_ms[0], "a full payload does not wait"


def test_the_event_of_a_lone_record_may_be_of_any_size() -> None:
    """B6: a record is never left out for its size."""
    desk = Desk()
    desk.stream.put("key", b"x" * 5_000_000, now_ms=desk.now_ms)
    desk.put("b")
    desk.run()
    assert [len(call) for call in desk.calls] == [1, 1]


def test_what_is_read_ahead_is_bounded() -> None:
    """B16: a blocked shard reads no further than its bound."""
    desk = Desk()
    desk.handle = lambda records: error()
    for _ in range(30):
        desk.stream.put("key", b"x" * 1_000_000, now_ms=desk.now_ms)
    desk.run(60_000)
    held = desk.consumer.status(desk.now_ms).records_open * 1_000_000
    assert HELD_BYTES_MAX <= held < HELD_BYTES_MAX + 5_000_000
    desk.handle = lambda records: ok()
    desk.run()
    assert desk.consumer.idle
    assert desk.consumer.position == desk.stream.latest("votes", desk.consumer.shard_id)


def test_a_shard_that_is_read_to_its_end_is_polled_once_a_second() -> None:
    """B2: the base rate, without a notification."""
    desk = Desk()
    desk.put("a")
    desk.run()
    before = desk.stream.reads
    desk.stream.put("key", b"b", now_ms=desk.now_ms)
    wait = desk.consumer.step(desk.now_ms)
    assert wait == Wait(desk.now_ms + 1_000)
    desk.now_ms += 999
    assert isinstance(desk.consumer.step(desk.now_ms), Wait)
    desk.now_ms += 1
    desk.run()
    assert desk.stream.reads == before + 2, "one that finds it, one that finds no more"
    assert desk.calls == [["a"], ["b"]]


def test_a_notification_during_a_read_is_not_lost() -> None:
    """B2: what comes while a read is under way is read next, not a second later."""
    desk = Desk()
    fetch = desk.consumer.step(desk.now_ms)
    assert isinstance(fetch, Fetch)
    empty = desk.stream.read("votes", desk.consumer.shard_id, after=0, records_max=1, bytes_max=1)
    desk.put("a")
    desk.consumer.fetched(empty, desk.now_ms)
    assert isinstance(desk.consumer.step(desk.now_ms), Fetch)


def test_a_closed_shard_ends_when_all_is_done_and_saved() -> None:
    """B10, A38: the last batch does not wait for its window; then the shard is finished."""
    desk = Desk(batching_window_ms=300_000)
    (record,) = desk.put("a")
    desk.stream.split(0)
    desk.run(0)
    assert desk.calls == [["a"]]
    assert desk.saves == [Save(record.sequence_number, finished=True)]
    assert desk.consumer.step(desk.now_ms) == Finished()


def test_records_of_one_partition_key_share_a_lane() -> None:
    """B9: up to factor batches at a time; a key is in one of them, in order."""
    desk = Desk(parallelization_factor=4, batch_size=2)
    names = [f"{key}{number}" for number in range(6) for key in "abcdefgh"]
    for name in names:
        desk.stream.put(name[0], name.encode(), now_ms=desk.now_ms)
    open_lanes: dict[int, Invoke] = {}
    seen: dict[str, list[str]] = {}
    lane_of_key: dict[str, int] = {}
    most = 0
    while True:
        match desk.consumer.step(desk.now_ms):
            case Invoke() as invoke:
                assert invoke.lane not in open_lanes
                open_lanes[invoke.lane] = invoke
                most = max(most, len(open_lanes))
                for record in invoke.records:
                    assert lane_of_key.setdefault(record.partition_key, invoke.lane) == invoke.lane
                    seen.setdefault(record.partition_key, []).append(record.data.decode())
            case (Fetch() | Save()) as action:
                desk.act(action)
            case _ if open_lanes:
                _, invoke = open_lanes.popitem()
                desk.consumer.invoked(invoke.attempt_id, ok(), desk.now_ms)
            case _:
                break
    assert most > 1
    assert seen == {key: [f"{key}{number}" for number in range(6)] for key in "abcdefgh"}


def test_the_position_waits_for_the_slowest_lane() -> None:
    """B9: saved is what lies below everything that is not done."""
    desk = Desk(parallelization_factor=10)
    records = [
        desk.stream.put(key, b"x", now_ms=desk.now_ms) for key in ("slow", "b", "c", "d", "e", "f")
    ]

    def handle(batch: Sequence[StreamRecord]) -> Outcome:
        return error() if any(record.partition_key == "slow" for record in batch) else ok()

    desk.handle = handle
    desk.run(1_000)
    assert desk.consumer.position == 0
    assert desk.consumer.status(desk.now_ms).records_open < len(records), "other lanes ran"
    desk.handle = lambda batch: ok()
    desk.run()
    assert desk.consumer.position == records[-1].sequence_number


def test_a_paused_mapping_starts_nothing_and_resumes_after_the_last_record() -> None:
    """B8: Enabled=false."""
    desk = Desk(enabled=False)
    desk.put("a")
    desk.run()
    assert (desk.calls, desk.stream.reads) == ([], 0)
    desk.consumer.resume()
    desk.run()
    desk.consumer.pause()
    desk.put("b")
    desk.run()
    assert desk.calls == [["a"]]
    desk.consumer.resume()
    desk.run()
    assert desk.calls == [["a"], ["b"]]


def test_what_was_in_flight_when_a_driver_died_is_delivered_again() -> None:
    """B1: at least once, from the saved position."""
    desk = Desk(batch_size=2)
    records = desk.put(*"abcd")
    desk.run()
    position = records[1].sequence_number
    again = Desk(stream=desk.stream, position=position)
    again.run()
    assert again.calls == [["c", "d"]]


def test_the_age_shown_is_that_of_the_oldest_record_not_done() -> None:
    """B47: what iterator age alarms on."""
    desk = Desk(retries_max=-1)
    desk.handle = lambda records: error()
    assert desk.consumer.status(desk.now_ms).last_result == "No records processed"
    desk.put("a")
    desk.run(7_000)
    status = desk.consumer.status(desk.now_ms)
    assert status.iterator_age_ms == 7_000
    assert (status.last_result, status.retries > 0) == ("PROBLEM: Function call failed", True)
    desk.handle = lambda records: ok()
    desk.run()
    status = desk.consumer.status(desk.now_ms)
    assert (status.iterator_age_ms, status.last_result, status.retries) == (0, "OK", 0)


@pytest.mark.parametrize("factor", [1, 10])
def test_an_idle_shard_is_idle(factor: int) -> None:
    """B2: a simulation can tell when nothing is left to do."""
    desk = Desk(parallelization_factor=factor)
    assert not desk.consumer.idle, "nothing has been read yet"
    desk.run()
    assert desk.consumer.idle
