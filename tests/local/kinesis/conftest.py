"""A service on a temporary folder with a stream of two shards, and the shorthand of the tests."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.clock import ManualClock
from local.aws_error import AwsError
from local.kinesis import KinesisService

MakeService = Callable[..., KinesisService]
Refused = Callable[..., AwsError]
ReadAll = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "kinesis"


@pytest.fixture
def make_service(folder: Path, clock: ManualClock) -> Iterator[MakeService]:
    """Open services on the folder; unlike AWS's, their limits by time are off unless wanted."""
    opened: list[KinesisService] = []

    def make(**options: Any) -> KinesisService:
        options.setdefault("limits_enforced", False)
        opened.append(KinesisService(options.pop("folder", folder), clock, **options))
        return opened[-1]

    yield make
    for service in opened:
        service.close()


@pytest.fixture
def service(make_service: MakeService) -> KinesisService:
    made = make_service()
    made.create_stream(StreamName="votes", ShardCount=2)
    return made


@pytest.fixture
def strict(make_service: MakeService) -> KinesisService:
    """A service with the limits by time on, and a stream of one shard."""
    made = make_service(limits_enforced=True)
    made.create_stream(StreamName="votes", ShardCount=1)
    return made


@pytest.fixture
def refused() -> Refused:
    """Return the error that a call raises."""

    def call(operation: Callable[..., Any], **request: Any) -> AwsError:
        with pytest.raises(AwsError) as caught:
            operation(**request)
        return caught.value

    return call


@pytest.fixture
def read_all() -> ReadAll:
    """Read a shard from its trim horizon to its tip, or its end, as a consumer does."""

    def read(service: KinesisService, shard_id: str, stream: str = "votes") -> list[dict[str, Any]]:
        iterator = service.get_shard_iterator(
            StreamName=stream, ShardId=shard_id, ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        records: list[dict[str, Any]] = []
        while iterator is not None:
            reply = service.get_records(ShardIterator=iterator)
            records += reply["Records"]
            iterator = reply.get("NextShardIterator") if reply["Records"] else None
        return records

    return read
