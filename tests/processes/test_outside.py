"""Votes, and worse, from clients we did not write: each is counted once or parked, none is lost."""

import json
import time
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from core import kpl, limits
from local.cli.clients import client_at
from tests.processes.desk import Desk, wait_until

pytestmark = pytest.mark.processes


def clients(desk: Desk) -> tuple[Any, Any]:
    endpoint = f"http://127.0.0.1:{desk.aws_port}"
    return client_at("kinesis", endpoint), client_at("s3", endpoint)


def vote(seq: object, **changes: object) -> bytes:
    now_ms = time.time_ns() // 1_000_000  # noqa: TID251 - a device has a clock of its own
    said = {"poll": "cube", "device_id": "me", "seq": seq, "colour": "red", "voted_at": now_ms}
    return json.dumps(said | changes).encode()


def put(kinesis: Any, data: bytes, key: str = "me") -> Mapping[str, Any]:
    reply: Mapping[str, Any] = kinesis.put_record(StreamName="votes", Data=data, PartitionKey=key)
    return reply


def ledger(desk: Desk) -> int:
    return int(desk.check()["stream_equals_ledger"]["right"])


def test_votes_of_other_producers_are_counted_once(desk: Desk) -> None:
    desk.up()
    kinesis, _ = clients(desk)
    put(kinesis, vote(1))
    put(kinesis, vote(1))  # never sent by a careful producer: a duplicate, or another content
    put(kinesis, vote(2) + b"\n" + vote(3, colour=" GREEN") + b"\n")
    put(kinesis, kpl.aggregate([("a", vote(4)), ("b", vote(5, region="eu") + b"\n")]))
    assert desk.check()["stream_equals_ledger"]["ok"]
    assert desk.tally()["by_colour"] == {
        "red": 4,
        "orange": 0,
        "yellow": 0,
        "green": 1,
        "blue": 0,
        "white": 0,
    }


def test_bad_input_is_parked_with_its_reason_and_takes_no_neighbour_down(desk: Desk) -> None:
    desk.up()
    kinesis, s3 = clients(desk)
    day_ms = 86_400_000
    now_ms = time.time_ns() // 1_000_000  # noqa: TID251 - as above
    bad = {
        b"\xff\xfe\x00": "not_json",
        b"{}": "missing_field",
        vote("eleven"): "bad_value",
        vote(12, colour="mauve"): "unknown_colour",
        vote(13, poll="nobody-made-it"): "unknown_poll",
        vote(14, voted_at=now_ms + day_ms): "future_vote",
        vote(15, voted_at=now_ms - 30 * day_ms): "too_old",
        vote(16, v=2): "bad_version",
        vote(17, x="y" * limits.VOTE_LINE_BYTES_MAX): "oversize",
        b'{"batch":{"v":1,"producer":"p","lane":1,"number":1,"votes":9}}\n' + vote(18): "bad_stamp",
        b"z" * 1_000_000: "oversize",
    }
    for number, data in enumerate(bad):
        put(kinesis, data)
        put(kinesis, b"\n".join([data, vote(100 + number)]))
    desk.check()
    parked = [
        json.loads(s3.get_object(Bucket="cube-lake", Key=found["Key"])["Body"].read())
        for found in s3.list_objects_v2(Bucket="cube-lake", Prefix="parked/")["Contents"]
    ]
    assert len(parked) == 2 * len(bad)
    assert {line["reason"] for kept in parked for line in kept["lines"]} == set(bad.values())
    # A broken stamp parks its record whole, so the good line after it as well.
    assert desk.tally()["total"] == len(bad) - 1


def test_requests_that_break_the_api_are_refused_whole(desk: Desk) -> None:
    desk.up()
    kinesis, _ = clients(desk)
    entry = {"Data": vote(1), "PartitionKey": "me"}
    too_far = str(2**128)
    for records in (  # an empty key is stopped by boto3 itself
        [entry] * 501,
        [entry, entry | {"ExplicitHashKey": too_far}],
        [entry, entry | {"PartitionKey": "k" * 257}],
        [entry, entry | {"Data": b"x" * (1024 * 1024 + 1)}],
    ):
        with pytest.raises(ClientError) as refused:
            kinesis.put_records(StreamName="votes", Records=records)
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    with pytest.raises(ClientError, match="local engine"):
        kinesis.enable_enhanced_monitoring(StreamName="votes", ShardLevelMetrics=["ALL"])
    assert desk.check()["stream_equals_ledger"]["left"] == 0


def test_one_record_that_needs_five_hundred_items_is_counted_whole(desk: Desk) -> None:
    desk.up()
    kinesis, _ = clients(desk)
    now_ms = time.time_ns() // 1_000_000  # noqa: TID251 - as above
    lines = [vote(n, voted_at=now_ms - 1_000 * n) for n in range(500)]
    put(kinesis, b"\n".join(lines))
    wait_until(lambda: desk.tally()["total"] == 500, "all of it is counted")
    assert ledger(desk) == 500
