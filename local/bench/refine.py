"""Firehose's part alone: records in, rows and backup compressed out, on one core."""

import base64
import contextlib
import os
import time
from pathlib import Path
from typing import Final

import msgspec

from core.clock import SystemClock
from firehose_transforms.handler import handle
from local.bench.batches import make_batches
from local.bench.figure import Measurement
from local.bench.options import BenchOptions
from local.firehose.body import Body
from local.firehose.response import verdicts
from local.invoke.result_json import encode_result

VOTES: Final = 400_000
BATCH_RECORDS: Final = 20  # of 50 kB: the transform buffer's 1 MB


def measure(_options: BenchOptions) -> list[Measurement]:
    """Return votes a second of one core: the function with its JSON, then both GZIPs."""
    now_ms = SystemClock().now_ms()
    batches = make_batches(VOTES, now_ms=now_ms)
    records = [
        {
            "recordId": f"{number:056d}",
            "approximateArrivalTimestamp": now_ms,
            "data": base64.b64encode(batch.data).decode(),
            "kinesisRecordMetadata": {
                "sequenceNumber": f"{number:056d}",
                "subsequenceNumber": 0,
                "partitionKey": "bench",
                "shardId": "shardId-000000000000",
                "approximateArrivalTimestamp": now_ms,
            },
        }
        for number, batch in enumerate(batches)
    ]
    events = [
        msgspec.json.encode({"records": records[at : at + BATCH_RECORDS]})
        for at in range(0, len(records), BATCH_RECORDS)
    ]
    rows: list[bytes] = []
    started = time.process_time()
    with Path(os.devnull).open("w") as log, contextlib.redirect_stdout(log):
        for event in events:
            rows += _answered(event)
    refined = time.process_time()
    lake_bytes = _squeezed(rows)
    backup_bytes = _squeezed([batch.data for batch in batches])
    done = time.process_time()
    votes = sum(batch.votes for batch in batches)
    assert sum(row.count(b"\n") for row in rows) == votes, "a row a vote"
    return [
        Measurement("refine.rate", votes / (done - started), "votes/s"),
        Measurement("refine.transform", (refined - started) / votes * 1e6, "us/vote"),
        Measurement("refine.gzip", (done - refined) / votes * 1e6, "us/vote"),
        Measurement("refine.rows", sum(map(len, rows)) / votes, "bytes/vote"),
        Measurement("refine.lake", lake_bytes / votes, "bytes/vote"),
        Measurement("refine.backup", backup_bytes / votes, "bytes/vote"),
    ]


def _answered(event: bytes) -> list[bytes]:
    """Return the rows of an event, as function process and delivery stream pass them on."""
    given = msgspec.json.decode(event)
    answer = encode_result(handle(given, None))
    found = verdicts(answer, [record["recordId"] for record in given["records"]])
    return [rows for rows in found if isinstance(rows, bytes)]


def _squeezed(pieces: list[bytes]) -> int:
    """Return the size of an object of these pieces, as Firehose makes it."""
    body = Body("GZIP")
    for at in range(0, len(pieces), BATCH_RECORDS):
        body.add(pieces[at : at + BATCH_RECORDS])
    return sum(map(len, body.close()))
