"""PutRecords alone: what a call of 32 full records costs the producer, and the stream itself."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from core.clock import SystemClock
from local.bench.batches import PRODUCER, make_batches
from local.bench.figure import Measurement
from local.bench.options import BenchOptions
from local.bench.sink import sink
from local.cli.put_client import put_client_at
from local.kinesis import KinesisService

VOTES: Final = 12_000  # one call of 32 lanes
CALLS: Final = 40
SHARDS: Final = 16


def measure(options: BenchOptions) -> list[Measurement]:
    """Return the client's cost against a socket that only reads, and the service's own."""
    clock = SystemClock()
    batches = make_batches(VOTES, now_ms=clock.now_ms())[:32]
    votes = sum(batch.votes for batch in batches)
    records = [batch.to_entry(PRODUCER, 32) for batch in batches]
    with sink() as endpoint:
        client = put_client_at(endpoint)
        client_s = _cpu_a_call(
            lambda: client.put_records(StreamName="votes", Records=records), time.process_time
        )
    with tempfile.TemporaryDirectory(prefix="cube-bench-") as folder:
        service = KinesisService(Path(folder), clock, limits_enforced=False)
        service.create_stream(StreamName="votes", ShardCount=options.shards or SHARDS)
        service_s = _cpu_a_call(
            lambda: service.put_records(StreamName="votes", Records=records), time.perf_counter
        )
        service.close()
    return [
        Measurement("put.client_cpu", client_s * 1000, "ms/call"),
        Measurement("put.client_cost", client_s / votes * 1e6, "us/vote"),
        Measurement("put.service_time", service_s * 1000, "ms/call"),
        Measurement("put.service_rate", votes / service_s, "votes/s"),
    ]


def _cpu_a_call(call: Callable[[], Any], timer: Callable[[], float]) -> float:
    call()
    started = timer()
    for _ in range(CALLS):
        call()
    return (timer() - started) / CALLS
