"""A Data API behind a real port, with boto3 in front of it and a scripted warehouse behind."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from botocore.config import Config

from core.clock import ManualClock
from local.redshift_data import RedshiftDataService
from local.wire import build_app
from tests.local.redshift_data.desk import WORKGROUP, ScriptedWarehouse
from tests.local.wire.running import credentials, running


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def warehouse() -> ScriptedWarehouse:
    return ScriptedWarehouse()


@pytest.fixture
def service(warehouse: ScriptedWarehouse, clock: ManualClock) -> Iterator[RedshiftDataService]:
    service = RedshiftDataService(
        warehouse.connect, clock, workgroup=WORKGROUP, rng=random.Random(7)
    )
    yield service
    warehouse.gate.set()
    service.close()


@pytest.fixture
def client(service: RedshiftDataService) -> Iterator[Any]:
    with boto3_client(service) as client:
        yield client


@contextmanager
def boto3_client(service: RedshiftDataService) -> Iterator[Any]:
    """Serve a Data API on a port of its own and yield boto3's client of it."""
    once = Config(retries={"max_attempts": 0})
    with running(build_app({"redshift-data": service})) as url:
        client = boto3.client(  # noqa: TID251 - the test's client
            "redshift-data", endpoint_url=url, config=once, **credentials()
        )
        yield client
        client.close()
