"""Lambda on a schedule: tallies that have grown old in, coarser ones out."""

import os
from typing import Any

import boto3

from core.call import Calls
from core.clock import SystemClock
from core.settings import Settings
from processors.rollup import Rollup
from processors.rules import read_rules

_settings = Settings.from_env(os.environ)  # noqa: TID251 - entry point
_dynamodb = boto3.client("dynamodb")  # noqa: TID251 - entry point
_clock = SystemClock()
_rollup = Rollup(_dynamodb, table=_settings.tally_table)
_calls = Calls(_clock, os.environ)  # noqa: TID251 - entry point


def handle(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Move what has grown old; the answer says how many items moved."""
    call = _calls.begin(context)
    rules = read_rules(_dynamodb, _settings.tally_table)
    polls = sorted({version.poll for version in rules})
    moved = _rollup.run(polls, now_ms=_clock.now_ms())
    call.end("rollup.items_moved", {"ItemsMoved": moved}, items=moved, polls=len(polls))
    return {"moved": moved}
