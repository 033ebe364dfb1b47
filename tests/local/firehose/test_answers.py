"""What a function answers, and which way each record goes, one by one (C21 to C24)."""

import binascii
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.firehose.response import DUPLICATED, MISSING, Failure, verdicts
from local.invoke.outcome import Outcome
from tests.local.firehose.desk import (
    SHARD,
    Desk,
    Event,
    answer,
    decoded,
    ok,
)


def test_each_record_goes_its_own_way() -> None:
    """C22, C23: delivered, gone without a trace, failed."""

    def handle(event: Event) -> Outcome:
        kept, dropped, failed = event["records"]
        return ok(
            {
                "records": [
                    answer(kept),
                    answer(dropped, "Dropped"),
                    answer(failed, "ProcessingFailed"),
                ]
            }
        )

    desk = Desk()
    desk.handle = handle
    records = desk.put("keep", "drop", "fail")
    desk.run()
    assert desk.bucket.lines("votes/") == ["keep"]
    assert desk.bucket.codes() == {"fail": "Lambda.ProcessingFailedStatus"}
    assert len(desk.keys) == 2
    delivered = desk.pipeline.delivered
    counts = (delivered.records, delivered.records_dropped, delivered.records_failed)
    assert counts == (1, 1, 1)
    assert desk.pipeline.positions == {SHARD: records[-1].sequence_number}


def test_a_batch_that_is_dropped_whole_is_done() -> None:
    """C22: no object, and yet the position moves on."""
    desk = Desk()
    desk.handle = lambda event: ok(
        {"records": [{"recordId": r["recordId"], "result": "Dropped"} for r in event["records"]]}
    )
    (record,) = desk.put("a")
    desk.run()
    assert (desk.keys, desk.saves[-1].position) == ([], record.sequence_number)


def test_answers_may_come_in_any_order() -> None:
    """C21: records are delivered in their own order."""
    desk = Desk()
    desk.handle = lambda event: ok(
        {"records": [answer(record) for record in reversed(event["records"])]}
    )
    desk.put("a", "b", "c")
    desk.run()
    assert desk.bucket.lines("votes/") == ["a", "b", "c"]


def test_metadata_of_an_answer_is_passed_over() -> None:
    """C21: it is for dynamic partitioning only."""
    desk = Desk()
    desk.handle = lambda event: ok(
        {
            "records": [
                answer(r) | {"metadata": {"partitionKeys": {"a": "b"}}} for r in event["records"]
            ]
        }
    )
    desk.put("a")
    desk.run()
    assert desk.bucket.lines("votes/") == ["a"]


WRONG: dict[str, tuple[Any, str]] = {
    "missing": ({"records": []}, "Lambda.MissingRecordId"),
    "no list": ({"records": {}}, "Lambda.MissingRecordId"),
    "no member": ({"Records": []}, "Lambda.MissingRecordId"),
    "null": (None, "Lambda.MissingRecordId"),
    "a number": (7, "Lambda.MissingRecordId"),
}


@pytest.mark.parametrize(("response", "code"), WRONG.values(), ids=WRONG)
def test_a_wrong_answer_fails_its_records_at_once(response: Any, code: str) -> None:
    """C23, C24: the function said it was done, so it is not asked again."""
    desk = Desk()
    desk.handle = lambda event: ok(response)
    desk.put("a", "b")
    desk.run()
    assert desk.bucket.codes() == {"a": code, "b": code}
    assert [line["attemptsMade"] for line in desk.bucket.failed()] == [1, 1]
    assert len(desk.events) == 1


def test_an_answer_that_is_no_json_fails_its_records() -> None:
    """C23."""
    desk = Desk()
    desk.handle = lambda event: Outcome("ok", b"<html>", "id")
    desk.put("a")
    desk.run()
    assert desk.bucket.codes() == {"a": "Lambda.MissingRecordId"}


def one_by_one(spoil: dict[str, Any]) -> dict[str, str]:
    """Return why records failed when the answer to record `bad` was spoilt; `good` goes on."""

    def handle(event: Event) -> Outcome:
        answers = [
            answer(record) | (spoil if decoded(record) == "bad" else {})
            for record in event["records"]
        ]
        return ok({"records": answers})

    desk = Desk()
    desk.handle = handle
    desk.put("good", "bad", "fine")
    desk.run()
    assert desk.bucket.lines("votes/") == ["good", "fine"]
    return desk.bucket.codes()


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        ({"data": None}, "Lambda.InvalidReturnFormat"),
        ({"data": "no base64!"}, "Lambda.InvalidReturnFormat"),
        ({"data": "YQ"}, "Lambda.InvalidReturnFormat"),
        ({"data": 7}, "Lambda.InvalidReturnFormat"),
        ({"result": "Good"}, "Lambda.InvalidReturnFormat"),
        ({"result": None}, "Lambda.InvalidReturnFormat"),
        ({"result": "ok"}, "Lambda.InvalidReturnFormat"),
        ({"recordId": "stranger"}, "Lambda.MissingRecordId"),
        ({"recordId": 7}, "Lambda.MissingRecordId"),
    ],
)
def test_one_malformed_answer_does_not_touch_the_others(spoil: dict[str, Any], code: str) -> None:
    """C23: judged per record; base64 and unknown results are ours to name (H6)."""
    assert one_by_one(spoil) == {"bad": code}


def test_data_of_a_record_that_failed_is_not_looked_at() -> None:
    """C23."""
    spoil = {"result": "ProcessingFailed", "data": "no base64!"}
    assert one_by_one(spoil) == {"bad": "Lambda.ProcessingFailedStatus"}


def test_a_record_that_is_answered_twice_fails() -> None:
    """C23: duplicates, even when both say the same; ids that were never sent are ignored."""

    def handle(event: Event) -> Outcome:
        first, second = event["records"]
        stranger = answer(first) | {"recordId": "stranger"}
        return ok({"records": [answer(first), answer(second), stranger, answer(first)]})

    desk = Desk()
    desk.handle = handle
    desk.put("twice", "once")
    desk.run()
    assert desk.bucket.lines("votes/") == ["once"]
    assert desk.bucket.codes() == {"twice": "Lambda.DuplicatedRecordId"}


@given(
    st.binary()
    | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(msgspec.json.encode)
)
def test_no_answer_whatever_breaks_the_judge(payload: bytes) -> None:
    """C23, C24."""
    assert verdicts(payload, ["a", "b"]) == [MISSING, MISSING]


answers = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "recordId": st.sampled_from(["a", "b", "c"]) | st.integers(),
            "result": st.sampled_from(["Ok", "Dropped", "ProcessingFailed", "?", None]),
            "data": st.binary(max_size=9).map(lambda d: binascii.b2a_base64(d).decode()[:-1])
            | st.sampled_from([None, "?", 7, "YQ"]),
        },
    ),
    max_size=5,
)


@given(answers)
def test_both_ways_to_read_an_answer_agree(given: list[dict[str, Any]]) -> None:
    """C23: a malformed neighbour, which takes the slow way, changes no other verdict."""
    fast = verdicts(msgspec.json.encode({"records": given}), ["a", "b"])
    slow = verdicts(msgspec.json.encode({"records": [*given, 7]}), ["a", "b"])
    assert fast == slow
    for record_id, verdict in zip("ab", fast, strict=True):
        times = sum(entry.get("recordId") == record_id for entry in given)
        assert (verdict == MISSING) == (times == 0)
        assert (verdict == DUPLICATED) == (times > 1)
        assert verdict is None or isinstance(verdict, bytes | Failure)
