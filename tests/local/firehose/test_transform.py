"""Functions that raise, time out or are not reached: tries, and what failed records look like."""

import base64
from dataclasses import replace

import msgspec
import pytest

from local.invoke.outcome import Outcome
from tests.local.firehose.desk import (
    NOW_MS,
    SHARD,
    TRANSFORM,
    Desk,
    answer,
    error,
    ok,
)


def test_a_function_that_raises_is_asked_four_times() -> None:
    """C25: one try and NumberOfRetries more; then every record of the batch fails, none blocks
    the stream (C28)."""
    desk = Desk()
    desk.handle = lambda event: error()
    desk.put("a", "b")
    desk.run()
    assert len(desk.events) == 4
    assert desk.bucket.codes() == {"a": "Lambda.FunctionError", "b": "Lambda.FunctionError"}
    assert {line["attemptsMade"] for line in desk.bucket.failed()} == {4}
    (last,) = desk.put("later")
    desk.handle = lambda event: ok({"records": [answer(r) for r in event["records"]]})
    desk.run()
    assert desk.bucket.lines("votes/") == ["later"]
    assert desk.pipeline.positions == {SHARD: last.sequence_number}


@pytest.mark.parametrize("retries_max", [0, 1, 9])
def test_the_template_says_how_often(retries_max: int) -> None:
    """C25, C27: the number is not bounded."""
    desk = Desk(transform=replace(TRANSFORM, retries_max=retries_max))
    desk.handle = lambda event: error()
    desk.put("a")
    desk.run(600_000)
    assert len(desk.events) == retries_max + 1


def test_a_retry_that_goes_well_leaves_no_failure() -> None:
    """C25."""
    desk = Desk()
    outcomes = [error(), error()]
    handle = desk.handle
    desk.handle = lambda event: outcomes.pop() if outcomes else handle(event)
    desk.put("a")
    desk.run()
    assert (desk.bucket.lines("votes/"), desk.bucket.failed()) == (["a"], [])
    assert len(desk.events) == 3


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (error("Sandbox.Timedout"), "Lambda.FunctionTimedOut"),
        (error("Function.ResponseSizeTooLarge"), "Lambda.FunctionError"),
        (error("Runtime.ExitError"), "Lambda.FunctionError"),
        (Outcome("function_error", b"rubbish", "id"), "Lambda.FunctionError"),
        (Outcome("throttled", b"{}", "id"), "Lambda.InvokeLimitExceeded"),
    ],
)
def test_why_a_function_did_not_answer_is_told_apart(outcome: Outcome, code: str) -> None:
    """C25, C26: an answer over 6 MB is a function error."""
    desk = Desk()
    desk.handle = lambda event: outcome
    desk.put("a")
    desk.run()
    assert desk.bucket.codes() == {"a": code}
    assert len(desk.events) == 4


def test_a_fault_of_the_engine_uses_up_no_try() -> None:
    """No process could be started, or the engine stops: the records wait."""
    desk = Desk()
    desk.handle = lambda event: Outcome("service_error", b"", "")
    desk.put("a")
    desk.run(600_000)
    assert len(desk.events) > 20
    assert desk.keys == []
    del desk.handle
    desk.handle = lambda event: ok({"records": [answer(r) for r in event["records"]]})
    desk.run()
    assert desk.bucket.lines("votes/") == ["a"]


def test_a_failed_record_is_written_as_it_is_captured() -> None:
    """C29, C30: one JSON object a line; members, order and types of today."""
    desk = Desk()
    desk.handle = lambda event: error()
    first, second = desk.put("a", "b")
    desk.run()
    (key,) = desk.keys
    assert key.startswith("errors/processing-failed/2026/09/21/14/votes-to-lake-1-2026-09-21-14-")
    assert not key.endswith(".gz")
    line, _ = desk.bucket.objects[key].splitlines()
    ended_ms = desk.called_ms[-1]
    assert list(msgspec.json.decode(line).items()) == [
        ("rawData", base64.b64encode(first.data).decode()),
        ("errorCode", "Lambda.FunctionError"),
        (
            "errorMessage",
            "The Lambda function was successfully invoked but it returned an error result.",
        ),
        ("attemptsMade", 4),
        ("arrivalTimestamp", NOW_MS),
        ("attemptEndingTimestamp", ended_ms),
        ("lambdaARN", "arn:aws:lambda:us-east-1:000000000000:function:transform"),
    ]
    assert second.sequence_number == desk.saves[-1].position
