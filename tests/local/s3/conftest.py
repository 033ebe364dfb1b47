"""A local S3 on an empty folder, with a clock that stands still."""

from pathlib import Path

import pytest

from core.clock import ManualClock
from local.s3 import S3Service


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def s3(tmp_path: Path, clock: ManualClock) -> S3Service:
    service = S3Service(tmp_path / "objects", clock)
    service.create_bucket(Bucket="cube-lake")
    return service
