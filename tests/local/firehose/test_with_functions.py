"""Delivery streams with functions in processes of their own: whatever these do, votes go on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from core.clock import SystemClock
from local.drawing import FunctionSpec, TransformSpec
from local.firehose import DeliveryStream
from local.invoke import FunctionPool
from local.mapping import PositionStore
from tests.local.firehose.desk import Bucket
from tests.local.firehose.room import AT_ONCE, QUICK, SHARD, delivered
from tests.local.mapping.fake_stream import FakeStream
from tests.local.mapping.real_time import until

ROOT = str(Path(__file__).parents[3])


@asynccontextmanager
async def running(
    handler: str, stream: FakeStream, bucket: Bucket, folder: Path
) -> AsyncIterator[DeliveryStream]:
    """Yield a delivery stream whose function is tried once."""
    name = f"tests.local.firehose.handlers.{handler}"
    function = FunctionSpec(logical_id="Transform", name="transform", handler=name, timeout_s=1)
    pool = FunctionPool(
        [function],
        folder=folder,
        clock=SystemClock(),
        base_environment={"PYTHONPATH": ROOT},
        processes_max=2,
    )
    transform = TransformSpec(function_name="transform", buffer=AT_ONCE, retries_max=0)
    spec = replace(QUICK, transform=transform)
    delivery = DeliveryStream(spec, stream, pool.invoke, PositionStore(None), bucket, SystemClock())
    delivery.place()
    await pool.start()
    await delivery.start()
    try:
        yield delivery
    finally:
        await delivery.stop()
        await pool.stop()


@pytest.mark.parametrize(
    ("handler", "code"),
    [
        ("raising", "Lambda.FunctionError"),
        ("endless", "Lambda.FunctionTimedOut"),
        ("dying", "Lambda.FunctionError"),
        ("huge", "Lambda.FunctionError"),
        ("not_json", "Lambda.FunctionError"),
        ("rubbish", "Lambda.MissingRecordId"),
    ],
)
async def test_a_record_that_its_function_spoils_is_kept_with_the_reason(
    handler: str, code: str, tmp_path: Path
) -> None:
    """C23, C25, C26, C28: and the position moves on."""
    stream, bucket = FakeStream(), Bucket()
    async with running(handler, stream, bucket, tmp_path) as delivery:
        last = stream.put("k", b"a vote")
        await until(lambda: delivered(delivery) == {SHARD: last.sequence_number})
        assert bucket.codes() == {"a vote": code}
        assert bucket.content("votes/") == b""


async def test_records_come_back_from_a_process_as_they_went(tmp_path: Path) -> None:
    """C18, C21."""
    stream, bucket = FakeStream(), Bucket()
    datas = [bytes([number]) * 50_000 for number in range(60)]
    async with running("echo", stream, bucket, tmp_path) as delivery:
        for data in datas:
            last = stream.put("k", data)
        await until(lambda: delivered(delivery) == {SHARD: last.sequence_number})
        assert bucket.content("votes/") == b"".join(datas)
