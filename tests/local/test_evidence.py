"""Every fault that a check exists for is planted, and the check finds it, under its name."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core import keys
from core.lane import LaneState, lane_of
from local.aws_error import AwsError
from local.stream_witness import count_stream, generations
from tests.local.evidence_desk import NO_VOTE, STREAM, TABLE, EvidenceDesk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[EvidenceDesk]:
    desk = EvidenceDesk(tmp_path)
    yield desk
    desk.close()


def broken(desk: EvidenceDesk) -> list[str]:
    return [name for name, verdict in desk.check().items() if not verdict.ok]


def test_a_drained_system_balances_in_every_line(desk: EvidenceDesk) -> None:
    desk.vote(500)
    desk.put_raw(NO_VOTE * 3)
    desk.consume()
    verdicts = desk.check()
    assert all(verdict.ok for verdict in verdicts.values()), verdicts
    assert {name: (verdict.left, verdict.right) for name, verdict in verdicts.items()} == {
        "acknowledged_equals_applied": (500, 500),
        "no_batch_missing": (0, 0),
        "totals_equal_ledger": (500, 500),
        "seconds_equal_totals": (500, 500),
        "stream_equals_ledger": (503, 503),
        "consumers_caught_up": (0, 0),
    }


def test_a_vote_counted_twice_is_found(desk: EvidenceDesk) -> None:
    desk.vote(100)
    desk.consume()
    desk.add("poll#cube", keys.total_sk(0), "c#red", 1)
    assert broken(desk) == ["totals_equal_ledger", "seconds_equal_totals"]


def test_a_colour_taken_for_another_is_found(desk: EvidenceDesk) -> None:
    desk.vote(100)
    desk.consume()
    desk.add("poll#cube", keys.total_sk(0), "c#red", 1)
    desk.add("poll#cube", keys.total_sk(0), "c#blue", -1)
    assert broken(desk) == ["seconds_equal_totals"]


def test_a_line_that_the_ledger_lacks_is_found_by_the_stream(desk: EvidenceDesk) -> None:
    desk.vote(100)
    desk.consume()
    minute = desk.clock.now_ms() // 60_000
    desk.add("ledger#cube", keys.ledger_sk(minute, 3), "parked", -1)
    assert broken(desk) == ["stream_equals_ledger"]
    assert str(minute) in desk.check()["stream_equals_ledger"].note


def test_a_line_in_the_wrong_minute_is_found(desk: EvidenceDesk) -> None:
    desk.vote(100)
    desk.consume()
    desk.clock.advance(120_000)
    desk.vote(100)
    desk.consume()
    minute = desk.clock.now_ms() // 60_000
    desk.add("ledger#cube", keys.ledger_sk(minute, 3), "counted", -1)
    desk.add("ledger#cube", keys.ledger_sk(minute - 2, 3), "counted", 1)
    assert broken(desk) == ["stream_equals_ledger"]


def test_a_batch_that_was_accepted_and_never_applied_is_found(desk: EvidenceDesk) -> None:
    desk.vote(100)
    for view in desk.kinesis.shards(STREAM):  # a consumer that skips what it was given
        desk.positions[view.shard_id] = desk.kinesis.latest(STREAM, view.shard_id)
    assert broken(desk) == ["acknowledged_equals_applied", "stream_equals_ledger"]


def test_a_batch_that_a_later_one_overtook_is_found(desk: EvidenceDesk) -> None:
    desk.vote(100)
    desk.consume()
    lane = lane_of("d1", 8)
    state = LaneState(high=9, gaps=((2, 8),), votes=0, rev=5)
    item = {"pk": keys.lane_pk(desk.outbox.producer), "sk": keys.lane_sk(lane)}
    desk.table.put_item(
        TableName=TABLE,
        Item={
            **{name: {"S": value} for name, value in item.items()},
            **{name: {"N": str(value)} for name, value in (("high", 9), ("rev", 5))},
            "gaps": {"L": [{"L": [{"N": "2"}, {"N": "8"}]}]},
            "partial": {"M": {}},
            "votes": {"N": str(state.votes)},
            "parked": {"N": "0"},
        },
    )
    assert broken(desk) == ["acknowledged_equals_applied", "no_batch_missing"]
    assert desk.check()["no_batch_missing"].left == 7


def test_a_batch_in_the_stream_twice_counts_once(desk: EvidenceDesk) -> None:
    desk.vote(100)
    _, again = desk.records()[0]
    desk.put_raw(again.data, again.partition_key)
    desk.clock.advance(60_000)
    desk.put_raw(again.data, again.partition_key)
    desk.consume()
    verdicts = desk.check()
    assert all(verdict.ok for verdict in verdicts.values()), verdicts
    assert verdicts["stream_equals_ledger"].left == 100


def test_while_votes_wait_only_complete_minutes_are_compared(desk: EvidenceDesk) -> None:
    desk.vote(100)
    desk.consume()
    desk.clock.advance(180_000)
    desk.vote(50)
    desk.clock.advance(1_000)
    verdicts = desk.check()
    assert all(verdict.ok for verdict in verdicts.values()), verdicts
    assert verdicts["stream_equals_ledger"].left == 100
    exact_until_ms = verdicts["stream_equals_ledger"].exact_until_ms
    assert exact_until_ms is not None
    assert exact_until_ms <= desk.clock.now_ms() - 1_000
    assert "exact with --wait" in verdicts["acknowledged_equals_applied"].note


def test_votes_that_come_during_a_check_do_not_break_it(desk: EvidenceDesk) -> None:
    desk.vote(100)

    def more() -> None:
        desk.consume()
        desk.vote(10)

    verdicts = desk.check(meanwhile=more)
    assert all(verdict.ok for verdict in verdicts.values()), verdicts
    assert verdicts["acknowledged_equals_applied"].left == 100


def test_waiting_drains_and_a_wait_that_runs_out_is_broken(desk: EvidenceDesk) -> None:
    desk.vote(100)
    assert not desk.check(wait_s=1)["consumers_caught_up"].ok
    verdicts = desk.check(wait_s=1, meanwhile=desk.consume)
    assert all(verdict.ok for verdict in verdicts.values()), verdicts
    assert verdicts["acknowledged_equals_applied"].right == 100


def test_an_answer_that_got_lost_is_no_lost_vote(desk: EvidenceDesk) -> None:
    """The stream took the batch, the outbox does not know: more is applied than acknowledged."""
    desk.vote(100)
    desk.outbox.offer(0, b'{"poll":"cube"}\n', 1, desk.clock.now_ms())
    desk.outbox.seal(desk.clock.now_ms(), everything=True)
    batch = desk.outbox.ready(0)
    assert batch is not None
    entry = batch.to_entry(desk.outbox.producer, desk.outbox.lanes)
    desk.kinesis.put_records(StreamName=STREAM, Records=[entry])
    desk.consume()
    verdict = desk.check()["acknowledged_equals_applied"]
    assert (verdict.left, verdict.right, verdict.ok) == (100, 101, True)


def test_more_than_was_ever_sealed_is_never_right(desk: EvidenceDesk) -> None:
    desk.vote(100)
    desk.consume()
    desk.add(keys.lane_pk(desk.outbox.producer), keys.lane_sk(lane_of("d1", 8)), "votes", 1)
    assert broken(desk) == ["acknowledged_equals_applied"]
    desk.put_raw(NO_VOTE)  # also while something waits
    assert broken(desk) == ["acknowledged_equals_applied"]


def test_votes_that_come_while_the_stream_is_read_are_not_compared(desk: EvidenceDesk) -> None:
    desk.vote(100)
    desk.consume()

    def more(lines: int) -> None:
        desk.clock.advance(1)
        desk.vote(7)
        desk.consume()

    verdict = desk.check(on_progress=more)["stream_equals_ledger"]
    assert (verdict.left, verdict.right, verdict.ok) == (0, 0, True)


def test_a_reading_ends_at_the_moment_it_began(desk: EvidenceDesk) -> None:
    desk.vote(100)
    until_ms = desk.clock.now_ms()
    desk.clock.advance(1)
    desk.vote(100)
    count = count_stream(
        desk.kinesis, STREAM, from_ms=0, until_ms=until_ms, on_progress=lambda lines: None
    )
    assert count.lines == 100


def test_a_clock_that_was_set_back_breaks_nothing(
    desk: EvidenceDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What arrived by the earlier clock lies ahead of now, in front of what arrives now."""
    desk.clock.advance(300_000)
    desk.vote(50)
    desk.consume()
    right = desk.clock.now_ms
    monkeypatch.setattr(desk.clock, "now_ms", lambda: right() - 30_000)
    desk.vote(50)
    desk.consume()
    verdicts = desk.check()
    assert all(verdict.ok for verdict in verdicts.values()), verdicts
    assert verdicts["stream_equals_ledger"].left == 100


def test_minutes_bound_what_is_read_and_compared(desk: EvidenceDesk) -> None:
    desk.vote(100)
    desk.consume()
    desk.clock.advance(1_200_000)
    desk.vote(50)
    desk.consume()
    verdict = desk.check(minutes=3)["stream_equals_ledger"]
    assert (verdict.left, verdict.right, verdict.ok) == (50, 50, True)


def test_a_split_keeps_the_count_right(desk: EvidenceDesk) -> None:
    desk.vote(100)
    shard = desk.kinesis.list_shards(StreamName=STREAM)["Shards"][0]
    keys_of = shard["HashKeyRange"]
    middle = (int(keys_of["StartingHashKey"]) + int(keys_of["EndingHashKey"])) // 2
    desk.kinesis.split_shard(
        StreamName=STREAM, ShardToSplit=shard["ShardId"], NewStartingHashKey=str(middle)
    )
    desk.clock.advance(60_000)
    desk.vote(100)
    desk.consume()
    verdicts = desk.check()
    assert all(verdict.ok for verdict in verdicts.values()), verdicts
    assert verdicts["stream_equals_ledger"].left == 200


def test_no_shard_is_read_before_its_parents() -> None:
    shards = [
        {"ShardId": "d", "ParentShardId": "b", "AdjacentParentShardId": "c"},
        {"ShardId": "b", "ParentShardId": "a"},
        {"ShardId": "c", "ParentShardId": "gone"},
        {"ShardId": "a"},
    ]
    assert generations(shards) == [["a", "c"], ["b"], ["d"]]


def test_a_shard_that_asks_for_a_pause_is_read_to_its_end(desk: EvidenceDesk) -> None:
    """A28: GetRecords of a shard that gave its 2 MB a second is throttled; another goes on."""
    desk.vote(300)
    calls = 0

    class Throttling:
        def list_shards(self, **request: Any) -> Any:
            return desk.kinesis.list_shards(**request)

        def get_shard_iterator(self, **request: Any) -> Any:
            return desk.kinesis.get_shard_iterator(**request)

        def get_records(self, *, ShardIterator: str, Limit: int) -> Any:
            nonlocal calls
            calls += 1
            if calls in (1, 3):
                raise AwsError("ProvisionedThroughputExceededException", "slow down")
            return desk.kinesis.get_records(ShardIterator=ShardIterator, Limit=1)

    now_ms = desk.clock.now_ms()
    count = count_stream(
        Throttling(), STREAM, from_ms=0, until_ms=now_ms, on_progress=lambda lines: None
    )
    assert count.lines == 300
