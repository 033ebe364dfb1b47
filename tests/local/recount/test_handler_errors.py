"""A line that was parked as a fault of ours is recovered, and never counted again as well."""

import pytest

from core.record import read_payload
from core.vote import Vote
from local.recovery.remedy import put_entry
from tests.local.desk import STREAM
from tests.local.recount.desk import RecountDesk
from tests.local.recovery.desk import stamped
from tests.local.test_handler_errors import LINE_BY_LINE, WHOLE, fail_on_the_next


def send(desk: RecountDesk, votes: list[Vote], number: int) -> None:
    data = stamped(votes, number)
    desk.kinesis.put_record(StreamName=STREAM, **put_entry(data, read_payload(data, 0), ""))


@pytest.mark.parametrize("name", [WHOLE, LINE_BY_LINE])
def test_a_recount_neither_adds_what_is_to_be_recovered_nor_what_was(
    desk: RecountDesk, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Adding it before, or after, and recovering it would count a vote twice."""
    send(desk, desk.votes("red"), 1)
    send(desk, desk.votes("red", "blue"), 2)
    fail_on_the_next(desk, monkeypatch, name)
    send(desk, desk.votes("white"), 3)
    desk.settle()
    for poll in ("cube", "-"):
        assert desk.compare(poll).differences == []
    desk.pass_minutes(10)
    assert {each.state for each in desk.recover(kinds=["parked"])} == {"recovered"}
    desk.settle()
    assert desk.totals() == {"red": 2, "blue": 1, "white": 1}
    for poll in ("cube", "-"):
        assert desk.compare(poll).differences == []


def test_a_vote_that_live_lost_beside_a_fault_of_ours_is_added(
    desk: RecountDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(desk, desk.votes("red"), 1)
    fail_on_the_next(desk, monkeypatch, LINE_BY_LINE)
    votes = desk.votes("white")
    send(desk, votes, 2)
    arrived_ms = desk.clock.now_ms()
    desk.settle()
    desk.spoil_votes(votes, -1, arrived_ms=arrived_ms)
    assert desk.compare().differences != []
    desk.repair()
    assert desk.totals() == {"white": 1}, "the red one is left to `cube recover`"
