"""Lambda: a batch of the votes stream in, chunks of it with workers out (the fan-out)."""

import os
from typing import Any

import boto3
from botocore.config import Config

from core.call import Calls
from core.clock import SystemClock
from core.settings import Settings
from processors.dispatch import Dispatcher
from processors.reply import partial_reply

_settings = Settings.from_env(os.environ)  # noqa: TID251 - entry point
_config = Config(parameter_validation=False, retries={"mode": "standard", "max_attempts": 4})
_clock = SystemClock()
_dispatcher = Dispatcher(
    functions=boto3.client("lambda", config=_config),  # noqa: TID251 - entry point
    worker=_settings.worker_function,
    objects=boto3.client("s3"),  # noqa: TID251 - entry point
    bucket=_settings.lake_bucket,
)
_calls = Calls(_clock, os.environ)  # noqa: TID251 - entry point


def handle(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Hand a batch over; answer with the first record that no worker has, if there is one."""
    records = event["Records"]
    call = _calls.begin(context, records)
    outcome = _dispatcher.run(records)
    call.end(
        "dispatch.batch_handed_over"
        if outcome.failed_record is None
        else "dispatch.batch_interrupted",
        {"ChunksHandedOver": outcome.chunks},
        records=outcome.records,
        chunks=outcome.chunks,
        bytes_sent=outcome.bytes_sent,
        objects=outcome.objects,
        error=outcome.error,
    )
    return partial_reply(outcome.failed_record, records)
