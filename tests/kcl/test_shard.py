"""A shard's process: the daemon's messages on its pipes, and what it does when they end."""

import io
import json
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from amazon_kclpy.kcl import KCLProcess

from core.vote import encode_votes
from processors.kcl_consumer import ShardConsumer
from tests.kcl.daemon import SHARD
from tests.processes.desk import MACHINE, free_port
from tests.processors.room import Record, Room

ROOT = Path(__file__).resolve().parents[2]


def start_message() -> str:
    message = {
        "action": "initialize",
        "shardId": SHARD,
        "sequenceNumber": "TRIM_HORIZON",
        "subSequenceNumber": 0,
    }
    return json.dumps(message) + "\n"


def records_message(*records: Record) -> str:
    """Return the daemon's message for records of a Lambda event."""
    body = [
        {
            "action": "record",
            "data": record["kinesis"]["data"],
            "partitionKey": record["kinesis"]["partitionKey"],
            "sequenceNumber": record["kinesis"]["sequenceNumber"],
            "subSequenceNumber": 0,
            "approximateArrivalTimestamp": round(
                record["kinesis"]["approximateArrivalTimestamp"] * 1000
            ),
        }
        for record in records
    ]
    message = {"action": "processRecords", "records": body, "millisBehindLatest": 0}
    return json.dumps(message) + "\n"


def granted(sequence_number: str | None) -> str:
    message = {
        "action": "checkpoint",
        "sequenceNumber": sequence_number,
        "subSequenceNumber": 0,
        "error": None,
    }
    return json.dumps(message) + "\n"


def talk(room: Room, *messages: str) -> list[dict[str, Any]]:
    """Return what a consumer answers to all messages, by amazon_kclpy itself."""
    answers = io.StringIO()
    consumer = ShardConsumer(room.processor(), rng=random.Random(5), wait=room.clock.advance)
    KCLProcess(consumer, io.StringIO("".join(messages)), answers, sys.stderr).run()
    return [json.loads(line) for line in answers.getvalue().splitlines() if line]


def test_a_shard_is_spoken_with_as_amazon_kclpy_does(room: Room) -> None:
    records = [room.record(encode_votes([room.vote(seq)])) for seq in (1, 2)]
    last = records[-1]["kinesis"]["sequenceNumber"]
    answers = talk(
        room,
        start_message(),
        records_message(*records),
        granted(last),
        json.dumps({"action": "shardEnded"}) + "\n",
        granted(None),
    )
    assert answers == [
        {"action": "status", "responseFor": "initialize"},
        {"action": "checkpoint", "sequenceNumber": last, "subSequenceNumber": 0},
        {"action": "status", "responseFor": "processRecords"},
        {"action": "checkpoint", "sequenceNumber": None, "subSequenceNumber": None},
        {"action": "status", "responseFor": "shardEnded"},
    ]
    assert room.table.totals()["red"] == 2


def test_a_lost_lease_and_a_shutdown_are_answered(room: Room) -> None:
    answers = talk(
        room,
        start_message(),
        json.dumps({"action": "shutdownRequested"}) + "\n",
        json.dumps({"action": "leaseLost"}) + "\n",
    )
    assert [answer["responseFor"] for answer in answers] == [
        "initialize",
        "shutdownRequested",
        "leaseLost",
    ]


def start_shard() -> subprocess.Popen[str]:
    """Start the process that a daemon would start, with an AWS that is away."""
    environment = {
        **MACHINE,
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "any",
        "AWS_SECRET_ACCESS_KEY": "any",
    }
    return subprocess.Popen(
        [sys.executable, "-m", "processors.kcl_shard"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_shard_that_stands_still_ends_with_its_daemon(room: Room) -> None:
    process = start_shard()
    assert process.stdin is not None
    assert process.stderr is not None
    process.stdin.write(start_message() + records_message(room.record(b"{}")))
    process.stdin.flush()
    events = [json.loads(process.stderr.readline()) for _ in range(3)]
    assert [event["event"] for event in events] == ["kcl.shard_started"] + [
        "kcl.batch_interrupted"
    ] * 2
    assert "EndpointConnectionError" in events[-1]["error"]
    answers, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "processRecords" not in answers, "it does not say that the records are done"


def test_only_its_daemon_ends_a_shard() -> None:
    process = start_shard()
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(start_message())
    process.stdin.flush()
    assert process.stdout.readline() == "\n"
    assert json.loads(process.stdout.readline())["responseFor"] == "initialize"
    for number in (signal.SIGTERM, signal.SIGINT):
        process.send_signal(number)
    process.stdin.write(json.dumps({"action": "leaseLost"}) + "\n")
    answers, _ = process.communicate(timeout=30)
    assert json.loads(answers)["responseFor"] == "leaseLost"
    assert process.returncode == 0
