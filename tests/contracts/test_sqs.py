"""What every SQS must do for us, through boto3: the local one over HTTP and moto answer alike.

moto 5.2 is not asked where it deviates: it takes characters that XML does not have, and its times
of creation have a fraction.
"""

import hashlib
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from moto import mock_aws

from core.clock import SystemClock
from local.sqs import SqsService
from local.wire import build_app
from tests.local.wire.running import credentials, running

NO_QUEUE = "AWS.SimpleQueueService.NonExistentQueue"


@pytest.fixture(params=["local", "moto"])
def sqs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    once = Config(retries={"max_attempts": 0})
    if request.param == "moto":
        with mock_aws():
            client = boto3.client("sqs", config=once, **credentials())  # noqa: TID251 - the test's
            yield client
            client.close()
        return
    service = SqsService(tmp_path / "queues.db", SystemClock(), rng=random.Random(1))
    with running(build_app({"sqs": service})) as url:
        client = boto3.client("sqs", endpoint_url=url, config=once, **credentials())  # noqa: TID251 - the test's client
        yield client
        client.close()
    service.close()


@pytest.fixture
def queue(sqs: Any) -> str:
    return str(sqs.create_queue(QueueName="failures")["QueueUrl"])


def refusal(call: Any, **request: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**request)
    response: Any = caught.value.response
    return str(response["Error"]["Code"])


def receive(sqs: Any, queue: str, **more: Any) -> list[dict[str, Any]]:
    reply = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, **more)
    return list(reply.get("Messages", []))


def counts(sqs: Any, queue: str) -> tuple[str, str]:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    assert found.keys() == set(names)
    return found[names[0]], found[names[1]]


def test_a_message_comes_back_once_until_it_is_deleted(sqs: Any, queue: str) -> None:
    """B35: a failure is a message's body."""
    body = '{"requestContext":{"condition":"RetryAttemptsExhausted"},"grün":"\\n"}'
    sent = sqs.send_message(QueueUrl=queue, MessageBody=body)
    assert counts(sqs, queue) == ("1", "0")
    (message,) = receive(sqs, queue, VisibilityTimeout=600)
    assert message["Body"] == body
    assert message["MessageId"] == sent["MessageId"]
    digest = hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()
    assert message["MD5OfBody"] == sent["MD5OfMessageBody"] == digest
    assert "Attributes" not in message
    assert counts(sqs, queue) == ("0", "1")
    assert not receive(sqs, queue)
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    assert counts(sqs, queue) == ("0", "0")


def test_a_message_that_is_let_go_is_received_again(sqs: Any, queue: str) -> None:
    sqs.send_message(QueueUrl=queue, MessageBody="m")
    (first,) = receive(sqs, queue, VisibilityTimeout=600)
    assert not receive(sqs, queue)
    sqs.change_message_visibility(
        QueueUrl=queue, ReceiptHandle=first["ReceiptHandle"], VisibilityTimeout=0
    )
    (second,) = receive(sqs, queue, AttributeNames=["All"])
    assert second["MessageId"] == first["MessageId"]
    assert second["ReceiptHandle"] != first["ReceiptHandle"]
    system = second["Attributes"]
    assert system["ApproximateReceiveCount"] == "2"
    assert int(system["SentTimestamp"]) <= int(system["ApproximateFirstReceiveTimestamp"])


def test_a_receiver_gets_the_attributes_it_asks_for(sqs: Any, queue: str) -> None:
    sqs.send_message(QueueUrl=queue, MessageBody="m")
    (message,) = receive(sqs, queue, MessageSystemAttributeNames=["SentTimestamp"])
    assert message["Attributes"].keys() == {"SentTimestamp"}


def test_messages_come_in_portions(sqs: Any, queue: str) -> None:
    for number in range(12):
        sqs.send_message(QueueUrl=queue, MessageBody=str(number))
    assert len(sqs.receive_message(QueueUrl=queue)["Messages"]) == 1
    assert {len(receive(sqs, queue)), len(receive(sqs, queue))} == {10, 1}


def test_a_queue_is_found_by_its_name_and_described(sqs: Any, queue: str) -> None:
    assert sqs.get_queue_url(QueueName="failures")["QueueUrl"] == queue
    sqs.create_queue(QueueName="others", Attributes={"MessageRetentionPeriod": "1209600"})
    assert sqs.list_queues(QueueNamePrefix="fail")["QueueUrls"] == [queue]
    assert len(sqs.list_queues()["QueueUrls"]) == 2
    assert "QueueUrls" not in sqs.list_queues(QueueNamePrefix="none")
    found = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    assert found["QueueArn"].endswith(":failures")
    assert found["VisibilityTimeout"] == "30"
    assert found["MessageRetentionPeriod"] == "345600"
    assert float(found["CreatedTimestamp"]) > 1_700_000_000


def test_a_queue_that_is_there_is_made_again_only_as_it_is(sqs: Any, queue: str) -> None:
    assert sqs.create_queue(QueueName="failures")["QueueUrl"] == queue
    other = {"VisibilityTimeout": "7"}
    assert refusal(sqs.create_queue, QueueName="failures", Attributes=other) == "QueueAlreadyExists"


def test_a_queue_that_is_not_there_is_named(sqs: Any, queue: str) -> None:
    nowhere = queue.replace("failures", "nowhere")
    assert refusal(sqs.get_queue_url, QueueName="nowhere") == NO_QUEUE
    assert refusal(sqs.send_message, QueueUrl=nowhere, MessageBody="m") == NO_QUEUE
    assert refusal(sqs.receive_message, QueueUrl=nowhere) == NO_QUEUE
    with pytest.raises(sqs.exceptions.QueueDoesNotExist):
        sqs.get_queue_attributes(QueueUrl=nowhere)


def test_what_is_out_of_range_is_refused(sqs: Any, queue: str) -> None:
    ask = sqs.receive_message
    assert refusal(ask, QueueUrl=queue, MaxNumberOfMessages=11) == "InvalidParameterValue"
    assert refusal(ask, QueueUrl=queue, MaxNumberOfMessages=0) == "InvalidParameterValue"
    longest = "x" * 1_048_577
    send = sqs.send_message
    assert refusal(send, QueueUrl=queue, MessageBody=longest) == "InvalidParameterValue"
    wrong = {"QueueUrl": queue, "ReceiptHandle": "no receipt"}
    assert refusal(sqs.delete_message, **wrong) == "ReceiptHandleIsInvalid"
    hide = sqs.change_message_visibility
    assert refusal(hide, **wrong, VisibilityTimeout=1) == "ReceiptHandleIsInvalid"
    bad = {"MaximumMessageSize": "1"}  # moto takes any retention
    assert refusal(sqs.create_queue, QueueName="q", Attributes=bad) == "InvalidAttributeValue"
    assert refusal(sqs.create_queue, QueueName="a b") == "InvalidParameterValue"
