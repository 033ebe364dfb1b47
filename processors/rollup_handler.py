"""Lambda on a schedule: tallies that have grown old in, coarser ones out."""

import os
from typing import Any

import boto3

from core.clock import SystemClock
from core.log import write_event
from core.settings import Settings
from processors.rollup import Rollup
from processors.rules import read_rules

_settings = Settings.from_env(os.environ)  # noqa: TID251 - entry point
_dynamodb = boto3.client("dynamodb")  # noqa: TID251 - entry point
_clock = SystemClock()
_rollup = Rollup(_dynamodb, table=_settings.tally_table)


def handle(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Move what has grown old; the answer says how many items moved."""
    rules = read_rules(_dynamodb, _settings.tally_table)
    polls = sorted({version.poll for version in rules})
    moved = _rollup.run(polls, now_ms=_clock.now_ms())
    write_event("rollup.items_moved", items=moved, polls=len(polls))
    return {"moved": moved}
