"""The second consumer as people run it: it keeps trends, and its trouble is nobody else's."""

from collections.abc import Mapping
from typing import Any

import boto3
import pytest

from core.keys import trend_pk
from core.trend import from_trend_item
from tests.processes.desk import Desk, wait_until

pytestmark = [pytest.mark.processes, pytest.mark.timeout(240)]

VOTES = 6_000
LOAD = ["load", "--votes", str(VOTES), "--rate", "3000", "--devices", "500", "--json"]


def client(desk: Desk, service: str) -> Any:
    return boto3.client(  # noqa: TID251 - from outside, as a person
        service,
        endpoint_url=f"http://127.0.0.1:{desk.aws_port}",
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )


def heard(dynamodb: Any) -> int:
    """Return how many votes the trends of the default poll know of."""
    reply = dynamodb.query(
        TableName="trends",
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": trend_pk("cube")}},
    )
    states = [from_trend_item(item) for item in reply["Items"]]
    return sum(sum(counts) for state in states for counts in state.slots.values())


def trend_consumer(desk: Desk) -> Mapping[str, Any]:
    (consumer,) = desk.status()["engine"]["other_consumers"]
    assert consumer["function"] == "trend"
    return dict(consumer)


def test_trends_are_kept_and_their_failure_touches_no_tally(desk: Desk) -> None:
    """B19, B30, B36: every call fails, the mapping gives up and goes on; the check stays green."""
    desk.up("--shards", "2")
    dynamodb = client(desk, "dynamodb")
    loaded = desk.run(*LOAD)
    assert loaded.returncode == 0, loaded.stderr
    wait_until(lambda: heard(dynamodb) == VOTES, "each vote is in the trends once")
    wait_until(lambda: bool(trend_consumer(desk)["caught_up"]), "the trends are up to date")

    dynamodb.delete_table(TableName="trends")
    loaded = desk.run(*LOAD)
    assert loaded.returncode == 0, loaded.stderr
    wait_until(lambda: trend_consumer(desk)["last_error"] is not None, "trends cannot be kept")
    verdicts = desk.check()
    assert verdicts["consumers_caught_up"]["ok"]
    assert desk.tally()["total"] == 2 * VOTES
    sqs = client(desk, "sqs")
    url = sqs.get_queue_url(QueueName="trend-failures")["QueueUrl"]
    wait_until(lambda: "Messages" in sqs.receive_message(QueueUrl=url), "it says what it gave up")

    assert desk.down().returncode == 0
    desk.up("--no-trend")
    status = desk.status()["engine"]
    assert "trend" not in status["functions"]
    assert status["other_consumers"] == []
    assert desk.check()["consumers_caught_up"]["ok"]
