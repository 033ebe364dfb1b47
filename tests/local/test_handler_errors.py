"""After a fault of our own code, and its recovery, a check is right about every minute."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.record import read_payload
from core.vote import encode_votes
from local.handler_errors import read_handler_errors
from local.recovery.remedy import put_entry
from tests.local.desk import STREAM
from tests.local.recovery.desk import BUCKET, RecoveryDesk, stamped
from tests.local.recovery.whole_check import broken, check

MINUTE_MS = 60_000
WHOLE = "processors.delivery.read_payloads"
LINE_BY_LINE = "processors.lane.fold_payload"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[RecoveryDesk]:
    desk = RecoveryDesk(tmp_path)
    yield desk
    desk.close()


def send(desk: RecoveryDesk, data: bytes) -> None:
    """Put a batch as a publisher does: under its lane's keys, so in one shard with its copies."""
    desk.kinesis.put_record(StreamName=STREAM, **put_entry(data, read_payload(data, 0), ""))


def both(desk: RecoveryDesk) -> None:
    desk.count()
    desk.deliver()


def fail_on_the_next(desk: RecoveryDesk, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Have the live path's code fail on what arrived since; history has it right."""

    def faulty(*args: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as mended_later:
        mended_later.setattr(name, faulty)
        desk.count()
    desk.deliver()


@pytest.mark.parametrize("name", [WHOLE, LINE_BY_LINE])
def test_once_recovered_every_line_of_a_check_is_green(
    desk: RecoveryDesk, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Neighbours before, in the same minute, and after; the record comes back an hour later."""
    send(desk, stamped([desk.vote(1)], 1))
    both(desk)
    send(desk, stamped([desk.vote(2), desk.vote(3, "blue")], 2))
    fail_on_the_next(desk, monkeypatch, name)
    send(desk, stamped([desk.vote(4)], 3, extra=b"junk\n"))
    both(desk)
    before = broken(desk)
    assert "colours_equal_warehouse" in before, "two votes are not counted live"
    assert not {"stream_equals_ledger", "live_equals_warehouse"} & before.keys()
    desk.clock.advance(60 * MINUTE_MS)
    assert {each.state for each in desk.recover() if each.entry.reason != "not_json"} == {
        "recovered"
    }
    both(desk)
    assert desk.totals() == desk.history() == {"red": 3, "blue": 1}
    assert broken(desk) == {}
    verdicts = check(desk)
    assert verdicts["stream_equals_ledger"].left == verdicts["stream_equals_ledger"].right


def test_unstamped_lines_and_a_second_recovery_are_told_apart_too(
    desk: RecoveryDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command that died before its mark puts a line twice: a duplicate in both paths."""
    desk.put(encode_votes([desk.vote(1), desk.vote(2)]))
    fail_on_the_next(desk, monkeypatch, WHOLE)
    for _ in range(2):
        desk.clock.advance(5 * MINUTE_MS)
        assert {each.state for each in desk.recover()} == {"recovered"}
        for key in desk.keys("recovered/"):
            desk.s3.delete_object(Bucket=BUCKET, Key=key)
        both(desk)
    assert desk.totals() == {"red": 2}
    assert broken(desk) == {}


@pytest.mark.parametrize("lost", ["batch", "line"])
def test_a_vote_that_is_lost_beside_a_fault_of_ours_is_still_found(
    desk: RecoveryDesk, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    """What explains the one does not excuse the other, in the very same minute."""
    send(desk, stamped([desk.vote(1)], 1))
    fail_on_the_next(desk, monkeypatch, LINE_BY_LINE)
    if lost == "batch":
        send(desk, stamped([desk.vote(2)], 2))
        desk.skip_count()
    else:
        desk.put_votes(desk.vote(2))
        desk.skip_count()
    desk.deliver()
    assert {"stream_equals_ledger", "live_equals_warehouse"} <= broken(desk).keys()


def test_objects_that_cannot_be_read_and_other_reasons_explain_nothing(
    desk: RecoveryDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.put(b"junk\n")
    both(desk)
    for number, body in enumerate((b'{"lines":"handler_error"}', b"handler_error")):
        desk.s3.put_object(Bucket=BUCKET, Key=f"parked/2026/11/25/{number}.json", Body=body)
    assert not read_handler_errors(desk.s3, BUCKET, from_ms=0)
