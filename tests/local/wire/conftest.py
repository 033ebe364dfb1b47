"""The endpoint over real services on an empty folder, and clients that do not retry."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests.local.wire.running import credentials, services_running

Connect = Callable[[str], Any]


@pytest.fixture
def endpoint(tmp_path: Path) -> Iterator[str]:
    with services_running(tmp_path) as url:
        yield url


@pytest.fixture
def connect(endpoint: str) -> Iterator[Connect]:
    made: list[Any] = []

    def client(service: str) -> Any:
        once = Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"})
        made.append(
            boto3.client(service, endpoint_url=endpoint, config=once, **credentials())  # noqa: TID251 - the test's client
        )
        return made[-1]

    yield client
    for each in made:
        each.close()
