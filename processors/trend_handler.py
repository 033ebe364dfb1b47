"""Lambda: a batch of the votes stream in, trends out; the tallies know nothing of it."""

import os
from typing import Any

import boto3
from botocore.config import Config

from core.call import Calls
from core.clock import SystemClock
from core.settings import Settings
from processors.trend import TrendProcessor
from processors.trend_store import TrendStore

_settings = Settings.from_env(os.environ)  # noqa: TID251 - entry point
_config = Config(parameter_validation=False, retries={"mode": "standard", "max_attempts": 3})
_dynamodb = boto3.client("dynamodb", config=_config)  # noqa: TID251 - entry point
_clock = SystemClock()
_processor = TrendProcessor(TrendStore(_dynamodb, table=_settings.trend_table))
_calls = Calls(_clock, os.environ)  # noqa: TID251 - entry point


def handle(event: dict[str, Any], context: object) -> None:
    """Keep the trends; an error delivers the batch again, halved, and at last gives it up."""
    call = _calls.begin(context, event["Records"])
    outcome = _processor.run(event["Records"])
    call.end(
        "trend.batch_folded",
        {"TrendVotes": outcome.votes, "PollsLeftOut": outcome.polls_left_out},
        records=outcome.records,
        votes=outcome.votes,
        items=outcome.items,
        retries=outcome.retries,
        polls_left_out=outcome.polls_left_out,
    )
