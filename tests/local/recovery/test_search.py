"""What is found: by kind, reason, time of arrival and name, each with its mark."""

from typing import Any

import pytest

from core.errors import ServiceRefused, UsageError
from core.vote import encode_votes
from local.recovery.entry import Recovered
from local.recovery.mark import Marks
from local.recovery.rebuild import Rebuild
from local.recovery.search import Found, Wanted, search
from tests.local.recovery.desk import BUCKET, RecoveryDesk

DAY_MS = 86_400_000


def find(desk: RecoveryDesk, wanted: Wanted) -> list[Found]:
    return list(search(desk.s3, BUCKET, wanted))


def three_days(desk: RecoveryDesk) -> list[int]:
    """Have two lines parked, and a record fail, on each of three days; return their arrivals."""
    arrivals = []
    for day in range(3):
        arrivals.append(desk.clock.now_ms())
        desk.put(b"junk\n" + encode_votes([desk.vote(day, poll="lunch")]))
        desk.count()
        desk.deliver(failing=True)
        desk.clock.advance(DAY_MS)
    return arrivals


def test_entries_are_found_by_kind_and_reason(desk: RecoveryDesk) -> None:
    three_days(desk)
    assert len(find(desk, Wanted())) == 9
    assert len(find(desk, Wanted(kinds=("history",)))) == 3
    parked = find(desk, Wanted(reasons=("not_json", "too_old")))
    assert [(found.entry.reason, found.entry.data) for found in parked] == [
        ("not_json", b"junk")
    ] * 3


@pytest.mark.parametrize("kind", ["history", "parked"])
def test_entries_are_found_by_their_arrival(desk: RecoveryDesk, kind: str) -> None:
    _, second_ms, third_ms = three_days(desk)
    for from_ms, to_ms, days in (
        (second_ms, 2**63, 2),
        (second_ms, third_ms, 1),
        (0, third_ms, 2),
        (second_ms + 1, third_ms, 0),
        (third_ms + 1, 2**63, 0),
    ):
        found = find(desk, Wanted(from_ms=from_ms, to_ms=to_ms))
        assert sum(each.entry.kind == kind for each in found) == days * (
            2 if kind == "parked" else 1
        )


def test_an_object_or_an_entry_is_found_by_its_name(desk: RecoveryDesk) -> None:
    three_days(desk)
    (key, *_) = desk.keys("parked/")
    assert [found.entry.name for found in find(desk, Wanted(names=(key,)))] == [
        f"{key}#1",
        f"{key}#2",
    ]
    (found,) = find(desk, Wanted(names=(f"{key}#2",)))
    assert found.entry.reason == "unknown_poll"
    assert not find(desk, Wanted(names=("parked/2020/01/01/none.json",)))
    with pytest.raises(UsageError, match="keys begin with"):
        find(desk, Wanted(names=("votes/x",)))


def test_failures_of_a_redshift_destination_are_found_too(desk: RecoveryDesk) -> None:
    """C42: it has no prefix for errors, so they lie below that of the rows."""
    three_days(desk)
    for key in desk.keys("errors/"):
        moved = key.replace("errors/", "votes/")
        desk.s3.put_object(Bucket=BUCKET, Key=moved, Body=desk.body(key))
        desk.s3.delete_object(Bucket=BUCKET, Key=key)
    assert len(find(desk, Wanted(kinds=("history",)))) == 3
    work = Rebuild(s3=desk.s3, bucket=BUCKET, clock=desk.clock, rng=desk.rng)
    assert not work.run(0, desk.clock.now_ms(), write=False).unreadable


def test_marks_of_two_commands_add_up_and_the_first_is_shown(desk: RecoveryDesk) -> None:
    desk.put(b"junk\nrubbish")
    desk.count()
    (key,) = desk.keys("parked/")
    marks = Marks(desk.s3, bucket=BUCKET)
    for number, at_ms, name in ((1, 20, "b"), (1, 10, "c"), (1, 30, "a"), (2, 5, "d")):
        mark = Recovered(number=number, by="stream", at_ms=at_ms, place=name)
        marks.write(key, [mark], name)
    for wanted in (Wanted(), Wanted(names=(key,)), Wanted(names=(f"{key}#1", f"{key}#2"))):
        assert [found.recovered and found.recovered.place for found in find(desk, wanted)] == [
            "c",
            "d",
        ]


def test_what_was_accepted_before_a_fault_is_marked(
    desk: RecoveryDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(3):
        desk.put_votes(desk.vote(n, poll="lunch"))
    desk.count()
    desk.create_poll("lunch")
    desk.clock.advance(1)
    recovery = desk.recovery()
    honest = desk.put_records

    def half_away(*, StreamName: str, Records: list[dict[str, Any]]) -> dict[str, Any]:
        reply = honest(StreamName=StreamName, Records=Records)
        refused = {"ErrorCode": "InternalFailure", "ErrorMessage": "no"}
        answers = zip(Records, reply["Records"], strict=True)
        return {"Records": [refused if b'"seq":1,' in put["Data"] else a for put, a in answers]}

    monkeypatch.setattr(desk, "put_records", half_away)
    with pytest.raises(ServiceRefused):
        list(recovery.run(search(desk.s3, BUCKET, Wanted()), by_stream=False))
    marked = [found for found in find(desk, Wanted()) if found.recovered]
    assert len(marked) == 2
    monkeypatch.undo()
    desk.recover()
    desk.count()
    assert desk.totals("lunch") == {"red": 3}
