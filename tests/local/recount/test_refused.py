"""Where the lake is no witness, or nobody knows how far things are, nothing is counted again."""

import pytest

from core.errors import InvariantBroken, NotRunning, ServiceRefused
from core.vote import encode_votes
from tests.local.desk import STREAM
from tests.local.recount.desk import RecountDesk
from tests.local.recovery.desk import BUCKET
from tests.local.recovery.test_failed_deliveries import give_up
from tests.local.recovery.test_queued_failures import give_up as to_queue


@pytest.mark.parametrize(("lost", "name"), [(0, "p/0/1"), (1, "p/1/2"), (2, "p/1/3")])
def test_a_batch_that_the_lake_lost_is_no_reason_to_count_less(
    desk: RecountDesk, lost: int, name: str
) -> None:
    """The only batch of a lane, one in its middle, and its last."""
    desk.send(desk.votes("white"), lane=1)
    desk.deliver()
    for lane in (0, 1, 1):
        before = set(desk.keys("votes/"))
        desk.send(desk.votes("red"), lane=lane)
        desk.deliver()
        (key,) = set(desk.keys("votes/")) - before
        if lost == 0:
            desk.s3.delete_object(Bucket=BUCKET, Key=key)
        lost -= 1
    desk.settle()
    with pytest.raises(InvariantBroken, match=f"the lake lacks batch {name},"):
        desk.compare()


@pytest.mark.parametrize("failures", ["errors/processing-failed", "votes/processing-failed"])
def test_rows_that_failed_come_first(desk: RecountDesk, failures: str) -> None:
    """C42: in either place; the second is among the rows, where nobody takes it for one."""
    desk.send(desk.votes("red"))
    desk.deliver(failing=True, failures=failures)
    desk.settle()
    with pytest.raises(InvariantBroken, match="1 records failed on their way to the lake"):
        desk.compare()
    desk.recover(kinds=["history"])
    assert desk.compare().differences == []


def test_unstamped_records_that_were_given_up_come_first(desk: RecountDesk) -> None:
    """Whether they are applied nobody knows, and `cube recover` may apply them at any time."""
    desk.send(desk.votes("red"))
    give_up(desk)
    desk.settle()
    assert (desk.compare().differences, desk.compare().waiting) == ([], 1)
    desk.put(b"this is no vote\n")
    give_up(desk)
    desk.settle()
    with pytest.raises(InvariantBroken, match="1 records without a stamp were given up"):
        desk.compare("-")
    desk.recover(kinds=["live"])
    for poll in ("cube", "-"):
        comparison = desk.compare(poll)
        assert (comparison.differences, comparison.waiting, comparison.lines) == ([], 0, 1)


def test_failures_that_lie_in_queues_come_first(desk: RecountDesk) -> None:
    """What is in them nobody knows, and somebody may bring it back at any time."""
    desk.put(encode_votes(desk.votes("red")))
    to_queue(desk)
    desk.settle()
    with pytest.raises(InvariantBroken, match="1 failures wait in queues"):
        desk.compare()
    desk.collect()
    with pytest.raises(InvariantBroken, match="1 records without a stamp were given up"):
        desk.compare()
    desk.recover(kinds=["live"])
    assert desk.compare().differences == []


def test_records_that_nothing_brings_back_are_in_nobodys_way(desk: RecountDesk) -> None:
    """B35: they left the stream before somebody read them back; history has them for ever."""
    desk.put(encode_votes(desk.votes("red")))
    to_queue(desk)
    desk.kinesis.delete_stream(StreamName=STREAM)
    desk.kinesis.create_stream(StreamName=STREAM, ShardCount=1)
    assert [each.gone for each in desk.collect()] == [True]
    desk.settle()
    assert (desk.compare().differences, desk.compare().waiting) == ([], 1)


def test_without_anybody_who_knows_nothing_is_counted(desk: RecountDesk) -> None:
    recount = desk.recount()
    recount.deliveries = lambda: None
    with pytest.raises(NotRunning, match="how far deliveries"):
        recount.compare("cube", from_ms=0)
    recount.consumers = lambda: None
    with pytest.raises(NotRunning, match="how far the consumers"):
        recount.compare("cube", from_ms=0)


def test_deliveries_that_stand_still_are_named(desk: RecountDesk) -> None:
    desk.send(desk.votes("red"))
    recount = desk.recount()
    recount.wait_until = lambda condition, seconds: condition()
    with pytest.raises(ServiceRefused, match="stand still"):
        recount.compare("cube", from_ms=0)
