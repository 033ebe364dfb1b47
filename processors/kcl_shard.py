"""The KCL daemon's messages for one shard on standard input, votes in the tallies out.

The daemon starts `python -m processors.kcl_shard` for each lease it takes, and speaks JSON with it
over pipes. Events go to standard error, which the daemon writes to its own log.
"""

import io
import os
import random
import select
import signal
import sys

import boto3
from amazon_kclpy.kcl import KCLProcess
from botocore.config import Config

from core.clock import SystemClock
from core.settings import Settings
from processors.batch import Processor
from processors.kcl_consumer import ShardConsumer
from processors.park import ParkingLot
from processors.rules import RulesReader
from processors.store import TallyStore
from processors.transact_body import TABLE_CONFIG, DirectTransact


def main() -> None:
    """Serve one shard until the daemon closes the pipe or says that it is over."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # the daemon ends us, when it has asked us to finish
    messages = io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8")  # whatever the locale
    answers, sys.stdout = sys.stdout, sys.stderr  # what is printed is no answer
    consumer = ShardConsumer(build_processor(), rng=random.Random(), wait=wait)
    KCLProcess(consumer, messages, answers, sys.stderr).run()


def build_processor() -> Processor:
    """Return the Lambda's own processor, in this process."""
    environment = os.environ  # noqa: TID251 - entry point
    settings = Settings.from_env(environment)
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
    config = TABLE_CONFIG.merge(Config(region_name=region))
    dynamodb = boto3.client("dynamodb", config=config)  # noqa: TID251 - entry point
    s3 = boto3.client("s3", config=config)  # noqa: TID251 - entry point
    clock = SystemClock()
    return Processor(
        store=TallyStore(DirectTransact(dynamodb), table=settings.tally_table),
        parking=ParkingLot(s3, bucket=settings.lake_bucket),
        rules=RulesReader(dynamodb, table=settings.tally_table, clock=clock),
        clock=clock,
        rng=random.Random(),
        wait=wait,
    )


def wait(ms: int) -> None:
    """Wait, and end the process when the daemon is gone: it says nothing while we work."""
    readable, _, _ = select.select([sys.stdin], [], [], ms / 1000)
    if readable:  # the end of the pipe: the next owner goes on at the last checkpoint
        raise SystemExit(1)


if __name__ == "__main__":
    main()
