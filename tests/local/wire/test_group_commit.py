"""Puts of many clients share one forced write, and are acknowledged only after it."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from local.aws_error import AwsError, internal_failure
from local.wire.caller import KinesisCaller
from local.wire.group_commit import GroupCommit


class Log:
    """A stream whose disk waits to be told to go on."""

    def __init__(self) -> None:
        self.appended = 0
        self.durable = 0
        self.commits = 0
        self.go = threading.Semaphore(0)
        self.failure: Exception | None = None

    def append_records(self, **request: Any) -> dict[str, Any]:
        self.appended += len(request["Records"])
        results = [{"SequenceNumber": "1", "ShardId": "s"} for _ in request["Records"]]
        return {"FailedRecordCount": 0, "Records": results}

    def commit(self) -> None:
        covered = self.appended
        self.commits += 1
        assert self.go.acquire(timeout=10)
        if self.failure is not None:
            raise self.failure
        self.durable = covered


def put(caller: KinesisCaller, records: int = 1) -> "asyncio.Task[dict[str, Any]]":
    params = {"StreamName": "votes", "Records": [{"Data": b"", "PartitionKey": "a"}] * records}
    return asyncio.ensure_future(caller.call("PutRecords", dict, params))


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.001)


async def test_a_put_is_acknowledged_only_when_it_is_on_disk() -> None:
    log = Log()
    caller = KinesisCaller(log)
    waiting = put(caller)
    await until(lambda: log.commits == 1)
    assert not waiting.done()
    log.go.release()
    await waiting
    assert log.durable == 1
    await caller.close()


async def test_puts_that_come_while_the_disk_works_share_the_next_write() -> None:
    log = Log()
    caller = KinesisCaller(log)
    first = put(caller)
    await until(lambda: log.commits == 1)
    others = [put(caller) for _ in range(50)]
    await until(lambda: log.appended == 51)
    log.go.release()
    await first
    assert not any(other.done() for other in others), "the first write did not cover them"
    log.go.release()
    await asyncio.gather(*others)
    assert (log.commits, log.durable) == (2, 51)
    await caller.close()


async def test_a_failed_write_refuses_all_that_it_was_for_and_nobody_after() -> None:
    log = Log()
    log.failure = internal_failure()
    caller = KinesisCaller(log)
    puts = [put(caller), put(caller)]
    await until(lambda: log.commits == 1)
    late = put(caller)
    await until(lambda: log.appended == 3)
    log.go.release()
    results = await asyncio.gather(*puts, return_exceptions=True)
    assert all(isinstance(result, AwsError) for result in results)
    log.failure = None
    log.go.release()
    assert (await late)["FailedRecordCount"] == 0
    await caller.close()


async def test_a_client_that_gives_up_does_not_hold_the_others_up() -> None:
    log = Log()
    caller = KinesisCaller(log)
    gone, stays = put(caller), put(caller)
    await until(lambda: log.commits == 1)
    gone.cancel()
    log.go.release()
    await stays
    assert gone.cancelled() or gone.done()
    await caller.close()


async def test_other_work_runs_between_two_writes() -> None:
    running = threading.Lock()

    def exclusive() -> str:
        assert running.acquire(blocking=False), "two at a time"
        running.release()
        return "done"

    def commit() -> None:
        exclusive()

    group = GroupCommit(commit)
    results = await asyncio.gather(*(group.run(exclusive) for _ in range(5)), group.committed())
    assert results == ["done"] * 5 + [None]
    await group.close()


@pytest.mark.parametrize(
    ("code", "status"), [("ProvisionedThroughputExceededException", 400), ("InternalFailure", 500)]
)
async def test_a_single_put_over_the_limit_fails_whole(code: str, status: int) -> None:
    """A6: PutRecord has no partial failure."""

    class Throttled(Log):
        def append_records(self, **request: Any) -> dict[str, Any]:
            failure = {"ErrorCode": code, "ErrorMessage": "Rate exceeded"}
            return {"FailedRecordCount": 1, "Records": [failure]}

    log = Throttled()
    log.go.release()
    caller = KinesisCaller(log)
    with pytest.raises(AwsError) as caught:
        await caller.call(
            "PutRecord", dict, {"StreamName": "votes", "Data": b"", "PartitionKey": "a"}
        )
    assert (caught.value.code, caught.value.status) == (code, status)
    await caller.close()
