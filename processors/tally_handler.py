"""Lambda: a batch of the votes stream in, tallies out (the ordered processor)."""

import os
import random
import time
from typing import Any

import boto3

from core.call import Calls
from core.clock import SystemClock
from core.settings import Settings
from processors.batch import Processor, reply_of
from processors.park import ParkingLot
from processors.rules import RulesReader
from processors.store import TallyStore
from processors.transact_body import TABLE_CONFIG, DirectTransact

_settings = Settings.from_env(os.environ)  # noqa: TID251 - entry point
_dynamodb = boto3.client("dynamodb", config=TABLE_CONFIG)  # noqa: TID251 - entry
_clock = SystemClock()
_processor = Processor(
    store=TallyStore(DirectTransact(_dynamodb), table=_settings.tally_table),
    parking=ParkingLot(boto3.client("s3"), bucket=_settings.lake_bucket),  # noqa: TID251 - entry
    rules=RulesReader(_dynamodb, table=_settings.tally_table, clock=_clock),
    clock=_clock,
    rng=random.Random(),
    wait=lambda ms: time.sleep(ms / 1000),  # noqa: TID251 - the back-off of a real call
)
_calls = Calls(_clock, os.environ)  # noqa: TID251 - entry point


def handle(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Apply a batch; answer with the first record that could not be applied, if there is one."""
    records = event["Records"]
    call = _calls.begin(context, records)
    outcome = _processor.run(records)
    call.end(
        "tally.batch_applied" if outcome.failed_record is None else "tally.batch_interrupted",
        outcome.metrics,
        **outcome.facts,
    )
    return reply_of(outcome, records)
