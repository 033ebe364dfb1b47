"""Asynchronous invocation: accepted on disk, run until done or given up, whatever is killed."""

import asyncio
import json
import random
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.clock import ManualClock, SystemClock
from core.errors import Misconfigured
from core.limits import INVOKE_ASYNC_BYTES_MAX
from local.aws_error import AwsError
from local.drawing import FunctionSpec
from local.invoke import Outcome
from local.invoke.async_invoker import AsyncInvoker
from local.invoke.async_policy import GiveUp, Retry, after, failure_body, failure_key
from local.invoke.async_queue import AsyncEvent, AsyncQueue
from local.sqs import SqsService
from tests.local.invoke.conftest import ROOT, OpenPool, function
from tests.local.invoke.waiting import until

EVENTS = Path(__file__).parents[2] / "events"
NOW_MS = 1_790_000_000_000
SPEC = FunctionSpec(logical_id="Worker", name="worker", handler="a.b")
EVENT = AsyncEvent(1, "request-1", "worker", b'{"chunk":1}', NOW_MS, NOW_MS)
FAILED = Outcome("function_error", b'{"errorType":"ValueError"}', "request-1")
THROTTLED = Outcome("throttled", b"{}", "request-1")


class Bucket:
    """An S3 in memory that may refuse."""

    def __init__(self) -> None:
        self.objects: dict[str, Any] = {}
        self.refusals = 0

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> dict[str, Any]:
        if self.refusals:
            self.refusals -= 1
            raise OSError("disk full")
        self.objects[f"{Bucket}/{Key}"] = json.loads(Body)
        return {}


def follow(event: AsyncEvent, outcome: Outcome, spec: FunctionSpec = SPEC, late_ms: int = 0) -> Any:
    rng = random.Random(1)
    return after(event, outcome, spec, now_ms=NOW_MS + late_ms, scale=1.0, rng=rng)


def test_errors_are_retried_twice_after_one_and_two_minutes() -> None:
    """B50: then the event is given up."""
    assert follow(EVENT, FAILED) == Retry(NOW_MS + 60_000, throttled=False)
    assert follow(replace(EVENT, failures=1), FAILED) == Retry(NOW_MS + 120_000, throttled=False)
    assert follow(replace(EVENT, failures=2), FAILED) == GiveUp("RetriesExhausted")
    assert follow(EVENT, Outcome("ok", b"null", "r")) is None


@pytest.mark.parametrize("retries", [0, 1])
def test_fewer_retries_can_be_asked_for(retries: int) -> None:
    """B50: 0 to 2."""
    spec = replace(SPEC, async_retries_max=retries)
    assert follow(replace(EVENT, failures=retries), FAILED, spec) == GiveUp("RetriesExhausted")


def test_throttles_are_retried_until_the_events_age() -> None:
    """B50, B52: they use up no retry, but time."""
    for throttles in range(30):
        step = follow(replace(EVENT, throttles=throttles), THROTTLED)
        assert isinstance(step, Retry)
        assert step.throttled
        assert step.due_ms - NOW_MS <= min(300_000, 1_000 << throttles)
    late = follow(replace(EVENT, throttles=9), THROTTLED, late_ms=21_600_000)
    assert late == GiveUp("EventAgeExceeded")


def test_a_function_that_is_switched_off_is_not_retried() -> None:
    """B55: reserved concurrency 0."""
    spec = replace(SPEC, reserved_concurrency=0)
    assert follow(EVENT, THROTTLED, spec) == GiveUp("RetriesExhausted")


def test_the_failure_object_is_the_golden_one() -> None:
    """B52, B34: with the payloads as JSON, and the qualified ARN."""
    body = failure_body(EVENT, FAILED, "RetriesExhausted", invokes=3, now_ms=NOW_MS + 21)
    assert json.loads(body) == json.loads((EVENTS / "async_failure_object.json").read_text())
    throttled = failure_body(EVENT, THROTTLED, "EventAgeExceeded", invokes=0, now_ms=NOW_MS)
    assert "responseContext" not in json.loads(throttled)


def test_the_failure_key_names_function_day_and_second() -> None:
    """B53: S3, for failures only."""
    key = failure_key("worker", NOW_MS, random.Random(1))
    assert re.fullmatch(
        r"aws/lambda/async/worker/2026/09/21/2026-09-21T14\.13\.20-[0-9a-f-]{36}", key
    )


async def test_an_accepted_event_is_run(open_pool: OpenPool, tmp_path: Path) -> None:
    """B50: 202 first, then the function; its own failures are retried."""
    file = tmp_path / "file"
    event = json.dumps({"file": str(file), "failures": 2}).encode()
    async with open_pool(function("flaky"), async_wait_scale=0.0001) as pool:
        request_id = await pool.invoke_async("flaky", event)
        assert len(request_id) == 36
        await until(lambda: pool.pending() == 0)
    assert file.read_bytes() == b"..."


async def test_an_event_that_keeps_failing_goes_to_the_bucket(
    open_pool: OpenPool, tmp_path: Path
) -> None:
    """B50, B52: three invocations; the object is stored though the first try fails."""
    file, bucket = tmp_path / "file", Bucket()
    bucket.refusals = 1
    event = {"file": str(file), "failures": 99}
    spec = function("flaky", async_failure_bucket="cube-lake")
    async with open_pool(spec, objects=bucket, async_wait_scale=0.0001) as pool:
        request_id = await pool.invoke_async("flaky", json.dumps(event).encode())
        await until(lambda: pool.pending() == 0)
    ((key, body),) = bucket.objects.items()
    assert key.startswith("cube-lake/aws/lambda/async/flaky/")
    context = body["requestContext"]
    assert context["requestId"] == request_id
    assert (context["condition"], context["approximateInvokeCount"]) == ("RetriesExhausted", 3)
    assert (body["requestPayload"], body["responsePayload"]["errorMessage"]) == (event, "not yet")


async def test_an_event_that_keeps_failing_goes_to_the_queue(
    open_pool: OpenPool, tmp_path: Path
) -> None:
    """B52, B53: the same record as in a bucket, the whole event in it."""
    file = tmp_path / "file"
    event = {"file": str(file), "failures": 99}
    sqs = SqsService(tmp_path / "queues.db", SystemClock(), rng=random.Random(1))
    url = sqs.create_queue(QueueName="failures")["QueueUrl"]
    spec = function("flaky", async_failure_queue="failures")
    async with open_pool(spec, queues=sqs, async_wait_scale=0.0001) as pool:
        request_id = await pool.invoke_async("flaky", json.dumps(event).encode())
        await until(lambda: pool.pending() == 0)
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    sqs.close()
    body = json.loads(message["Body"])
    context = body["requestContext"]
    assert context["requestId"] == request_id
    assert (context["condition"], context["approximateInvokeCount"]) == ("RetriesExhausted", 3)
    assert context["functionArn"].endswith(":function:flaky:$LATEST")
    assert body["requestPayload"] == event


async def test_many_events_share_commits_and_all_run(open_pool: OpenPool, tmp_path: Path) -> None:
    """B51: more than are in flight at a time."""
    file = tmp_path / "file"
    event = json.dumps({"file": str(file), "failures": 0}).encode()
    async with open_pool(function("flaky"), processes_max=2) as pool:
        ids = await asyncio.gather(*(pool.invoke_async("flaky", event) for _ in range(100)))
        assert len(set(ids)) == 100
        await until(lambda: pool.pending() == 0)
    assert file.stat().st_size == 100


async def test_bad_requests_are_refused(open_pool: OpenPool) -> None:
    """B48: over 1 MB, no JSON, no such function."""
    async with open_pool(function("echo")) as pool:
        with pytest.raises(AwsError, match="1048577 byte payload is too large") as refused:
            await pool.invoke_async("echo", b'"' + b"x" * (INVOKE_ASYNC_BYTES_MAX - 1) + b'"')
        assert refused.value.status == 413
        with pytest.raises(AwsError, match="Could not parse request body into json"):
            await pool.invoke_async("echo", b"{")
        with pytest.raises(AwsError, match="Function not found"):
            await pool.invoke_async("nobody", b"{}")
        assert pool.pending() == 0


def test_a_function_with_a_destination_needs_an_s3(tmp_path: Path) -> None:
    """B53: refused when the pool is built."""
    from local.invoke import FunctionPool

    spec = replace(SPEC, async_failure_bucket="cube-lake")
    with pytest.raises(Misconfigured, match="no S3"):
        FunctionPool(
            [spec], folder=tmp_path, clock=ManualClock(), base_environment={}, processes_max=1
        )


def test_a_function_with_a_queue_needs_an_sqs(tmp_path: Path) -> None:
    """B53: as for a bucket."""
    from local.invoke import FunctionPool

    spec = replace(SPEC, async_failure_queue="failures")
    with pytest.raises(Misconfigured, match="no SQS"):
        FunctionPool(
            [spec], folder=tmp_path, clock=ManualClock(), base_environment={}, processes_max=1
        )


ACCEPTOR = """
import asyncio, os, signal, sys
from pathlib import Path
from core.clock import SystemClock
from local.invoke import FunctionPool
from tests.local.invoke.conftest import function

async def main():
    pool = FunctionPool(
        [function("wait_for_file")], folder=Path(sys.argv[1]), clock=SystemClock(),
        base_environment={"PYTHONPATH": sys.argv[2]}, processes_max=2,
    )
    await pool.start()
    event = b'{"gate": "%s/gate", "started": "%s/started"}' % ((sys.argv[1].encode(),) * 2)
    await pool.invoke_async("wait_for_file", event)
    while not Path(sys.argv[1], "started").exists():
        await asyncio.sleep(0.01)
    await pool.invoke_async("wait_for_file", event)
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


async def test_accepted_events_survive_the_engines_death(
    open_pool: OpenPool, tmp_path: Path
) -> None:
    """B51: at least once after kill -9: the one that ran, and the one accepted last."""
    folder = tmp_path / "functions"
    folder.mkdir()
    engine = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", ACCEPTOR, str(folder), ROOT], cwd=ROOT, check=False
    )
    assert engine.returncode == -9
    (folder / "gate").touch()
    async with open_pool(function("wait_for_file")) as pool:
        assert pool.pending() == 2
        await until(lambda: pool.pending() == 0)
    runs = (folder / "started").read_text().split()
    assert len(runs) == 3, "the one that was under way ran twice"


async def test_an_event_of_a_function_that_is_gone_is_kept(tmp_path: Path) -> None:
    """B51: a template may lose a function and get it back."""
    queue = AsyncQueue(tmp_path / "async.sqlite")
    queue.put([("request-1", "gone", b"{}", NOW_MS)])
    clock = ManualClock(NOW_MS)

    async def invoke(event: AsyncEvent) -> Outcome:
        return Outcome("service_error", b"", event.request_id)

    invoker = AsyncInvoker(
        queue, invoke, {}, objects=None, clock=clock, rng=random.Random(1), wait_scale=1.0
    )
    invoker.start()
    await until(lambda: queue.due(NOW_MS, count_max=1, but=()) == [])
    assert invoker.pending() == 1
    await invoker.stop()


def test_a_queue_finds_its_events_again(tmp_path: Path) -> None:
    """B51: counts and waits as well, in the order in which they are due."""
    queue = AsyncQueue(tmp_path / "async.sqlite")
    queue.put([("r1", "f", b"1", 10), ("r2", "f", b"2", 20)])
    first, second = queue.due(20, count_max=9, but=())
    first.due_ms, first.failures, first.throttles = 99, 1, 2
    queue.postpone(first)
    again = AsyncQueue(tmp_path / "async.sqlite")
    assert again.due(50, count_max=9, but=()) == [second]
    assert again.next_due_ms([second.id]) == 99
    assert again.due(99, count_max=9, but=[second.id]) == [first]
    again.remove(first)
    assert len(queue) == 1
    for each in (queue, again):
        each.close()
