"""Queues in process: what time does to a message, what the disk keeps, what is refused by name."""

import random
from pathlib import Path
from typing import Any

import pytest

from core.clock import ManualClock
from local.aws_error import AwsError
from local.sqs import SqsService

DAY_MS = 86_400_000
HIDDEN_MS = 30_000


class Desk:
    """A service over a file, opened again by `reopen`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clock = ManualClock()
        self.reopen()
        self.url = self.service.create_queue(QueueName="failures")["QueueUrl"]

    def reopen(self) -> None:
        self.service = SqsService(self.path, self.clock, rng=random.Random(1))

    def send(self, body: str = "m") -> None:
        self.service.send_message(QueueUrl=self.url, MessageBody=body)

    def receive(self, **more: Any) -> list[dict[str, Any]]:
        reply = self.service.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10, **more)
        return list(reply.get("Messages", []))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "queues.db")


def code_of(call: Any, **request: Any) -> str:
    with pytest.raises(AwsError) as caught:
        call(**request)
    return caught.value.code


def test_a_message_that_is_not_deleted_in_time_is_received_again(desk: Desk) -> None:
    desk.send()
    (first,) = desk.receive()
    desk.clock.advance(HIDDEN_MS - 1)
    assert not desk.receive()
    desk.clock.advance(1)
    (second,) = desk.receive()
    assert second["MessageId"] == first["MessageId"]


def test_a_receipt_that_is_not_the_latest_deletes_nothing(desk: Desk) -> None:
    desk.send()
    (first,) = desk.receive(VisibilityTimeout=0)
    (second,) = desk.receive(VisibilityTimeout=0)
    desk.service.delete_message(QueueUrl=desk.url, ReceiptHandle=first["ReceiptHandle"])
    assert len(desk.receive(VisibilityTimeout=0)) == 1
    with pytest.raises(AwsError, match="MessageNotInflight"):
        desk.service.change_message_visibility(
            QueueUrl=desk.url, ReceiptHandle=second["ReceiptHandle"], VisibilityTimeout=5
        )


def test_what_is_older_than_the_retention_is_gone(desk: Desk) -> None:
    desk.send("old")
    desk.clock.advance(3 * DAY_MS)
    desk.send("new")
    desk.clock.advance(DAY_MS + 1)
    assert [message["Body"] for message in desk.receive()] == ["new"]


def test_messages_are_there_after_a_restart_and_in_their_order(desk: Desk) -> None:
    for name in "abc":
        desk.send(name)
    desk.service.close()
    desk.reopen()
    assert [message["Body"] for message in desk.receive()] == ["a", "b", "c"]
    desk.service.close()


def test_a_queue_keeps_to_its_own_settings(desk: Desk) -> None:
    attributes = {
        "VisibilityTimeout": "5",
        "MaximumMessageSize": "1024",
        "DelaySeconds": "0",
    }
    url = desk.service.create_queue(QueueName="small", Attributes=attributes)["QueueUrl"]
    call = {"QueueUrl": url, "MessageBody": "x" * 1025}
    assert code_of(desk.service.send_message, **call) == "InvalidParameterValue"
    desk.service.send_message(QueueUrl=url, MessageBody="x" * 1024)
    assert desk.service.receive_message(QueueUrl=url)
    desk.clock.advance(4_999)
    assert not desk.service.receive_message(QueueUrl=url)
    desk.clock.advance(1)
    assert desk.service.receive_message(QueueUrl=url)
    assert not desk.receive(), "queues do not share messages"


@pytest.mark.parametrize(
    ("operation", "request_members"),
    [
        ("send_message", {"MessageBody": "m", "DelaySeconds": 5}),
        ("send_message", {"MessageBody": "m", "MessageGroupId": "g"}),
        ("send_message", {"MessageBody": "m", "MessageAttributes": {}}),
        ("receive_message", {"WaitTimeSeconds": 20}),
        ("receive_message", {"MessageAttributeNames": ["All"]}),
    ],
)
def test_what_is_not_built_is_refused_by_name(
    desk: Desk, operation: str, request_members: dict[str, Any]
) -> None:
    (name,) = request_members.keys() - {"MessageBody"}
    with pytest.raises(AwsError, match=f"local engine: sqs has no {name}") as caught:
        getattr(desk.service, operation)(QueueUrl=desk.url, **request_members)
    assert caught.value.code == "AWS.SimpleQueueService.UnsupportedOperation"


def test_a_queue_of_another_kind_is_refused_by_name(desk: Desk) -> None:
    make = desk.service.create_queue
    for name in ("FifoQueue", "RedrivePolicy", "ReceiveMessageWaitTimeSeconds"):
        with pytest.raises(AwsError, match=f"sqs has no {name}"):
            make(QueueName="q", Attributes={name: "5"})
    assert code_of(make, QueueName="q.fifo") == "InvalidParameterValue"
    for value in ("x", "-1", "43201"):
        bad = {"VisibilityTimeout": value}
        assert code_of(make, QueueName="q", Attributes=bad) == "InvalidAttributeValue"


def test_what_no_message_can_hold_is_refused(desk: Desk) -> None:
    send = desk.service.send_message
    assert code_of(send, QueueUrl=desk.url, MessageBody="") == "MissingParameter"
    for text in ("\x00", "\x0b", "\ufffe", "\udc80"):
        assert code_of(send, QueueUrl=desk.url, MessageBody=text) == "InvalidMessageContents"
    ask = desk.service.get_queue_attributes
    assert code_of(ask, QueueUrl=desk.url, AttributeNames=["Mood"]) == "InvalidAttributeName"


def test_a_retention_that_sqs_does_not_take_is_refused(desk: Desk) -> None:
    bad = {"MessageRetentionPeriod": "59"}
    create = desk.service.create_queue
    assert code_of(create, QueueName="q", Attributes=bad) == "InvalidAttributeValue"
