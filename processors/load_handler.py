"""Lambda on a schedule: rows that Firehose delivered in, votes in the warehouse out."""

import os
import random
import time
from typing import Any

import boto3

from core.call import Calls
from core.clock import SystemClock
from core.settings import Settings
from processors.data_api import DataApi
from processors.lake import Lake
from processors.load import Loader

_settings = Settings.from_env(os.environ)  # noqa: TID251 - entry point
_clock = SystemClock()
_rng = random.SystemRandom()
_loader = Loader(
    lake=Lake(boto3.client("s3"), bucket=_settings.lake_bucket),  # noqa: TID251 - entry point
    warehouse=DataApi(
        boto3.client("redshift-data"),  # noqa: TID251 - entry point
        workgroup=_settings.warehouse_workgroup,
        database=_settings.warehouse_database,
        wait=lambda ms: time.sleep(ms / 1000),  # noqa: TID251 - between two looks
    ),
    table=boto3.client("dynamodb"),  # noqa: TID251 - entry point
    table_name=_settings.tally_table,
    copy_role=_settings.copy_role,
    clock=_clock,
    new_id=lambda: f"load-{_clock.now_ms()}-{_rng.getrandbits(32):08x}",
)
_calls = Calls(_clock, os.environ)  # noqa: TID251 - entry point


def handle(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Load what is new; the answer says how much, and which objects cannot be loaded."""
    call = _calls.begin(context)
    landing = _settings.history_load == "firehose"
    outcome = _loader.run_landing() if landing else _loader.run_copies()
    call.end(
        "load.objects_merged" if not outcome.refused else "load.objects_refused",
        {
            "Loads": outcome.loads,
            "ObjectsMerged": outcome.objects,
            "ObjectsRefused": len(outcome.refused),
        },
        loads=outcome.loads,
        objects=outcome.objects,
        rules=outcome.rules,
        refused=outcome.refused,
    )
    return {"loads": outcome.loads, "objects": outcome.objects, "refused": outcome.refused}
