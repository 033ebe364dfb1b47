"""A synchronous invocation: what goes in, what comes out, what goes wrong."""

import asyncio
import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from core.limits import INVOKE_SYNC_BYTES_MAX
from local.aws_error import AwsError
from local.invoke import Outcome
from tests.local.invoke.conftest import OpenPool, function
from tests.local.invoke.waiting import gone, until


def decoded(outcome: Outcome) -> Any:
    return json.loads(outcome.payload)


async def test_an_event_and_a_result_are_json(open_pool: OpenPool) -> None:
    """B1: a round trip in another process, whatever JSON it is."""
    event = {"a": [1, 2.5, None, True, "é \u2028 \U0001f3b2"], "": {}}
    async with open_pool(function("echo")) as pool:
        outcome = await pool.invoke("echo", json.dumps(event).encode())
    assert (outcome.kind, decoded(outcome)) == ("ok", event)


async def test_a_process_stays_warm(open_pool: OpenPool) -> None:
    """B47: one environment serves one invocation after the other."""
    async with open_pool(function("count")) as pool:
        answers = [decoded(await pool.invoke("count", b"{}")) for _ in range(3)]
        assert pool.pids() == {"count": [answers[0]["pid"]]}
    assert [answer["calls"] for answer in answers] == [1, 2, 3]


async def test_a_function_sees_lambdas_context_and_environment(
    open_pool: OpenPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """B49: what a handler reads on Lambda is there; what the engine's user has set is not."""
    monkeypatch.setenv("SECRET_OF_THE_DESK", "1")
    environment = {"TABLE": "tallies", "AWS_LAMBDA_FUNCTION_NAME": "somebody else"}
    async with open_pool(function("describe", memory_mb=512, environment=environment)) as pool:
        outcome = await pool.invoke("describe", b"{}")
    told = decoded(outcome)
    seen = told["environment"]
    assert told["request_id"] == outcome.request_id
    assert (told["name"], told["memory"]) == ("describe", "512")
    assert told["arn"] == "arn:aws:lambda:us-east-1:000000000000:function:describe"
    assert 29_000 < told["remaining_ms"] <= 30_000
    assert seen["AWS_LAMBDA_FUNCTION_NAME"] == "describe", "a reserved name"
    assert seen["_HANDLER"] == "tests.local.invoke.handlers.describe"
    assert seen["AWS_REGION"] == "us-east-1"
    assert (seen["TABLE"], seen["AWS_ENDPOINT_URL"]) == ("tallies", "http://127.0.0.1:4566")
    assert "SECRET_OF_THE_DESK" not in seen


async def test_an_exception_is_an_answer(open_pool: OpenPool) -> None:
    """B49, B16: message, type, request id and the stack of the handler's own code."""
    async with open_pool(function("fail")) as pool:
        outcome = await pool.invoke("fail", b"{}")
        assert outcome.kind == "function_error"
        error = decoded(outcome)
        assert error["errorMessage"] == "no such colour: ?"
        assert (error["errorType"], error["requestId"]) == ("ValueError", outcome.request_id)
        assert len(error["stackTrace"]) == 1
        assert "handlers.py" in error["stackTrace"][0]
        assert len(pool.pids()["fail"]) == 1, "the process lives on"


async def test_a_result_that_is_no_json_is_an_error(open_pool: OpenPool) -> None:
    """B49: as Lambda's runtime, not as a generous encoder."""
    async with open_pool(function("no_json")) as pool:
        outcome = await pool.invoke("no_json", b"{}")
    assert outcome.kind == "function_error"
    assert decoded(outcome)["errorType"] == "Runtime.MarshalError"


async def test_an_event_and_a_result_of_six_megabytes_pass(open_pool: OpenPool) -> None:
    """B48: 6 MB each way."""
    event = b'"' + b"x" * (INVOKE_SYNC_BYTES_MAX - 2) + b'"'
    async with open_pool(function("echo")) as pool:
        outcome = await pool.invoke("echo", event)
    assert (outcome.kind, outcome.payload) == ("ok", event)


async def test_more_than_six_megabytes_are_refused(open_pool: OpenPool) -> None:
    """B48: AWS's words for a result that is too large."""
    async with open_pool(function("big"), function("echo")) as pool:
        outcome = await pool.invoke("big", str(INVOKE_SYNC_BYTES_MAX).encode())
        assert (outcome.kind, decoded(outcome)) == (
            "function_error",
            {
                "errorMessage": "Response payload size exceeded maximum allowed payload size "
                "(6291556 bytes).",
                "errorType": "Function.ResponseSizeTooLarge",
            },
        )
        outcome = await pool.invoke("echo", b'"' + b"x" * INVOKE_SYNC_BYTES_MAX + b'"')
        assert decoded(outcome)["errorType"] == "RequestTooLargeException"


async def test_a_function_beyond_its_deadline_is_killed(
    open_pool: OpenPool, tmp_path: Path
) -> None:
    """B48, B16: with everything it started; the next invocation gets a new process."""
    pids = tmp_path / "pids"
    async with open_pool(function("hang", timeout_s=1), function("count")) as pool:
        outcome = await pool.invoke("hang", json.dumps({"file": str(pids)}).encode())
        assert outcome.kind == "function_error"
        error = decoded(outcome)
        assert "Task timed out after 1.00 seconds" in error["errorMessage"]
        await until(lambda: all(gone(int(pid)) for pid in pids.read_text().split()))
        assert (await pool.invoke("count", b"{}")).kind == "ok"


@pytest.mark.parametrize(
    ("handler", "event", "words"),
    [
        ("die", {"code": 3}, "exit status 3"),
        ("die", {"signal": signal.SIGKILL}, "signal: killed"),
        ("die", {"signal": signal.SIGSEGV}, "signal: segmentation fault"),
        ("leave", {}, "without providing a reason"),
    ],
)
async def test_a_process_that_dies_fails_its_invocation(
    open_pool: OpenPool, handler: str, event: dict[str, int], words: str
) -> None:
    """B16, B49: Runtime.ExitError; the next invocation gets a new process."""
    async with open_pool(function(handler)) as pool:
        for _ in range(2):
            outcome = await pool.invoke(handler, json.dumps(event).encode())
            assert outcome.kind == "function_error"
            assert decoded(outcome)["errorType"] == "Runtime.ExitError"
            assert words in decoded(outcome)["errorMessage"]


async def test_an_idle_process_that_was_killed_costs_no_invocation(open_pool: OpenPool) -> None:
    """B16: the function did not run, so nothing has failed."""
    async with open_pool(function("count")) as pool:
        first = decoded(await pool.invoke("count", b"{}"))["pid"]
        os.kill(first, signal.SIGKILL)
        await until(lambda: gone(first))
        outcome = await pool.invoke("count", b"{}")
        assert outcome.kind == "ok"
        assert decoded(outcome)["pid"] != first


async def test_a_handler_that_cannot_be_imported_fails_each_invocation(
    open_pool: OpenPool,
) -> None:
    """B16, B49: at once during the back-off, instead of a new process each time."""
    broken = function("broken", module="tests.local.invoke.broken_handlers")
    missing = function("nobody")
    async with open_pool(broken, missing) as pool:
        for _ in range(20):
            outcome = await pool.invoke("broken", b"{}")
            assert outcome.kind == "function_error"
            assert decoded(outcome)["errorType"] == "ImportModuleError"
            assert "broken on purpose" in decoded(outcome)["errorMessage"]
        outcome = await pool.invoke("nobody", b"{}")
        assert decoded(outcome)["errorType"] == "HandlerNotFound"


async def test_reserved_concurrency_is_a_cap(open_pool: OpenPool, tmp_path: Path) -> None:
    """B47, B49: beyond it, throttled; 0 stops a function."""
    gate, started = tmp_path / "gate", tmp_path / "started"
    event = json.dumps({"gate": str(gate), "started": str(started)}).encode()
    functions = (
        function("wait_for_file", reserved_concurrency=1),
        function("echo", reserved_concurrency=0),
    )
    async with open_pool(*functions) as pool:
        first = asyncio.create_task(pool.invoke("wait_for_file", event))
        await until(started.exists)
        second = await pool.invoke("wait_for_file", event)
        assert second.kind == "throttled"
        assert decoded(second)["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
        gate.touch()
        assert (await first).kind == "ok"
        assert (await pool.invoke("wait_for_file", event)).kind == "ok"
        assert (await pool.invoke("echo", b"{}")).kind == "throttled"


async def test_an_unknown_function_is_refused(open_pool: OpenPool) -> None:
    """B11: AWS's error."""
    async with open_pool() as pool:
        with pytest.raises(AwsError, match="Function not found: arn:aws:lambda"):
            await pool.invoke("nobody", b"{}")


async def test_what_a_function_says_is_in_its_log(open_pool: OpenPool, tmp_path: Path) -> None:
    """B49: stdout and stderr, in a file of bounded size with one older beside it."""
    log = tmp_path / "functions" / "logs" / "speak.log"
    async with open_pool(function("speak")) as pool:
        assert (await pool.invoke("speak", b"1")).kind == "ok"
        assert "spoken on stdout x" in log.read_text()
        assert "spoken on stderr" in log.read_text()
        for _ in range(8):
            assert (await pool.invoke("speak", b"1000000")).kind == "ok"
    files = sorted(log.parent.iterdir())
    assert [file.name for file in files] == ["speak.log", "speak.log.1"]
    assert all(file.stat().st_size < 3_200_000 for file in files)
