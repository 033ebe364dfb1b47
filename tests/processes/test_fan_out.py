"""Fan-out as people start it: workers count once, across a kill and a switch of modes."""

import json
import os
import signal

import boto3
import pytest

from core import limits
from core.record import Stamp, encode_stamp
from core.vote import Vote, encode_votes
from tests.processes.desk import Desk, wait_until

pytestmark = [pytest.mark.processes, pytest.mark.timeout(240)]

VOTES = 12_000
LOAD = ["load", "--votes", str(VOTES), "--rate", "3000", "--devices", "500", "--json"]


def large_batch(now_ms: int) -> tuple[bytes, int]:
    """Return a batch that is too large for an asynchronous event once it is base64."""
    votes = [Vote("cube", f"device-{n:06d}", 1, "red", now_ms) for n in range(10_000)]
    stamp = Stamp(v=1, producer="large", lane=3, number=1, votes=len(votes), lanes=32)
    data = encode_stamp(stamp) + encode_votes(votes)
    assert limits.INVOKE_ASYNC_BYTES_MAX * 3 / 4 < len(data) < limits.KINESIS_RECORD_BYTES_MAX
    return data, len(votes)


@pytest.mark.slow
def test_votes_are_counted_once_through_a_kill_and_a_switch(desk: Desk) -> None:
    """B50, B51, B56: what Lambda has accepted outlives the engine, and the mode."""
    desk.up("--shards", "2", "--mode", "fanout")
    functions = desk.status()["engine"]["functions"]
    assert functions["dispatch"]
    assert functions["worker"]
    assert not functions["tally"]
    load = desk.start(*LOAD)
    wait_until(lambda: desk.tally()["total"] > 500, "votes are counted")
    os.kill(desk.child("engine")["pid"], signal.SIGKILL)
    output, errors = load.communicate(timeout=90)
    assert load.returncode == 0, errors
    assert json.loads(output.splitlines()[-1])["accepted"] == VOTES
    desk.check()
    assert desk.tally()["total"] == VOTES

    kinesis = boto3.client(  # noqa: TID251 - a producer of its own
        "kinesis",
        endpoint_url=f"http://127.0.0.1:{desk.aws_port}",
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )
    data, votes = large_batch(desk.status()["engine"]["now_ms"])
    kinesis.put_record(StreamName="votes", Data=data, PartitionKey="large-0003")
    wait_until(lambda: desk.tally()["total"] == VOTES + votes, "the large record is counted")
    assert list(desk.data.glob("**/dispatch/*/*/*/shardId-*")), "it went by reference"

    assert desk.down().returncode == 0
    desk.up("--mode", "ordered")
    more = desk.run("load", "--votes", "2000", "--rate", "4000", "--json")
    assert more.returncode == 0, more.stderr
    desk.check()
    assert desk.tally()["total"] == VOTES + votes + 2_000
    assert desk.status()["engine"]["functions"]["tally"]
