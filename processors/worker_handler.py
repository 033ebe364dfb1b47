"""Lambda: a chunk that the dispatcher made in, tallies out (the fan-out's worker)."""

import os
import random
import time
from typing import Any

import boto3

from core.call import Calls
from core.clock import SystemClock
from core.settings import Settings
from processors.batch import Processor
from processors.park import ParkingLot
from processors.rules import RulesReader
from processors.store import TallyStore
from processors.transact_body import TABLE_CONFIG, DirectTransact
from processors.work import Worker, check_finished

_settings = Settings.from_env(os.environ)  # noqa: TID251 - entry point
_dynamodb = boto3.client("dynamodb", config=TABLE_CONFIG)  # noqa: TID251 - entry point
_s3 = boto3.client("s3")  # noqa: TID251 - entry point
_clock = SystemClock()
_worker = Worker(
    processor=Processor(
        store=TallyStore(DirectTransact(_dynamodb), table=_settings.tally_table),
        parking=ParkingLot(_s3, bucket=_settings.lake_bucket),
        rules=RulesReader(_dynamodb, table=_settings.tally_table, clock=_clock),
        clock=_clock,
        rng=random.Random(),
        wait=lambda ms: time.sleep(ms / 1000),  # noqa: TID251 - the back-off of a real call
    ),
    objects=_s3,
    bucket=_settings.lake_bucket,
)
_calls = Calls(_clock, os.environ)  # noqa: TID251 - entry point


def handle(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Apply a chunk; raise when some of it is not applied, so that Lambda tries again."""
    call = _calls.begin(context, event["Records"])
    outcome = _worker.run(event)
    call.end(
        "worker.chunk_applied" if outcome.failed_record is None else "worker.chunk_interrupted",
        outcome.metrics,
        **outcome.facts,
    )
    check_finished(outcome)
    return {"records": outcome.records}
