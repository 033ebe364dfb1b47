"""Lambda on a schedule: live ledger and warehouse in, whether they agree, and where not, out."""

import os
import time
from datetime import UTC, datetime
from typing import Any

import boto3

from core.agreement import LineDifference
from core.call import Calls
from core.clock import SystemClock
from core.invariants.invariant import MINUTE_MS
from core.settings import Settings
from processors.compare import Comparer
from processors.data_api import DataApi

_settings = Settings.from_env(os.environ)  # noqa: TID251 - entry point
_clock = SystemClock()
_comparer = Comparer(
    table=boto3.client("dynamodb"),  # noqa: TID251 - entry point
    table_name=_settings.tally_table,
    warehouse=DataApi(
        boto3.client("redshift-data"),  # noqa: TID251 - entry point
        workgroup=_settings.warehouse_workgroup,
        database=_settings.warehouse_database,
        wait=lambda ms: time.sleep(ms / 1000),  # noqa: TID251 - between two looks
    ),
    clock=_clock,
)
_calls = Calls(_clock, os.environ)  # noqa: TID251 - entry point


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Compare live with history; the log line names the minutes that differ, and is the metric."""
    call = _calls.begin(context)
    found = _comparer.run()
    differences = [_said(each) for each in found.differences]
    call.end(
        "compare.minutes_compared" if found.agrees else "compare.difference_found",
        {"MinutesDifferent": found.minutes_different, "MinutesBehind": found.behind_minutes},
        minutes=found.until_minute - found.from_minute,
        live=found.live,
        history=found.history,
        differences=differences,
    )
    return {"minutes_different": found.minutes_different, "differences": differences}


def _said(each: LineDifference) -> str:
    at = datetime.fromtimestamp(each.minute * MINUTE_MS / 1000, UTC)
    return (
        f"{each.poll} {at:%Y-%m-%dT%H:%MZ} {each.outcome}: "
        f"{each.live} live, {each.history} in history"
    )
