"""boto3's SQS calls in, its reply dicts out: standard queues, with short polling.

What it does not know (FIFO, delays, attributes of messages, long polling, batches, dead-letter
queues, deleting and purging a queue) is refused by name. Raises AwsError with AWS's codes.
"""

import hashlib
import random
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from core.clock import Clock
from local.sqs import refusal
from local.sqs.limits import (
    FORBIDDEN,
    QUEUE_NAME,
    RECEIVE_MESSAGES_MAX,
    VISIBILITY_S_MAX,
)
from local.sqs.queue import read_attributes
from local.sqs.store import Message, MessageStore, Queue

Reply = dict[str, Any]

_ACCOUNT: Final = "000000000000"
_HARMLESS: Final = (("DelaySeconds", 0), ("WaitTimeSeconds", 0))  # said, and true anyway
_QUEUE_ATTRIBUTES: Final = frozenset(
    {
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesDelayed",
        "ApproximateNumberOfMessagesNotVisible",
        "CreatedTimestamp",
        "DelaySeconds",
        "LastModifiedTimestamp",
        "MaximumMessageSize",
        "MessageRetentionPeriod",
        "QueueArn",
        "ReceiveMessageWaitTimeSeconds",
        "VisibilityTimeout",
    }
)


class SqsService:
    """The queues of one file; `endpoint` is where their URLs begin."""

    def __init__(
        self,
        path: Path | None,
        clock: Clock,
        *,
        rng: random.Random,
        endpoint: str = "http://127.0.0.1",
    ) -> None:
        self._store = MessageStore(path)
        self._clock = clock
        self._rng = rng
        self._endpoint = endpoint

    def close(self) -> None:
        self._store.close()

    def create_queue(
        self, *, QueueName: str, Attributes: Mapping[str, str] | None = None, **more: Any
    ) -> Reply:
        """Make a queue; one that is there already must be set to the same."""
        _refuse(more)
        if not QUEUE_NAME.fullmatch(QueueName):
            reason = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in"
            raise refusal.invalid_value(QueueName, "QueueName", f"{reason} length")
        settings = read_attributes(Attributes or {})
        known = self._find(QueueName)
        if known is None:
            now_ms = self._clock.now_ms()
            self._store.create(Queue(name=QueueName, settings=settings, created_ms=now_ms))
        else:
            theirs = known.settings.attributes()
            for name in Attributes or {}:
                if settings.attributes()[name] != theirs[name]:
                    raise refusal.queue_exists(name)
        return {"QueueUrl": self._url(QueueName)}

    def get_queue_url(self, *, QueueName: str, **more: Any) -> Reply:
        _refuse(more)
        return {"QueueUrl": self._url(self._queue(QueueName).name)}

    def list_queues(self, *, QueueNamePrefix: str = "", **more: Any) -> Reply:
        _refuse(more)
        names = [queue.name for queue in self._store.queues()]
        urls = [self._url(name) for name in names if name.startswith(QueueNamePrefix)]
        return {"QueueUrls": urls} if urls else {}

    def get_queue_attributes(
        self, *, QueueUrl: str, AttributeNames: Sequence[str] = (), **more: Any
    ) -> Reply:
        """Return the attributes asked for, `All` for every one; counts are exact here."""
        _refuse(more)
        queue = self._queue(QueueUrl)
        wanted = set(AttributeNames)
        if unknown := sorted(wanted - _QUEUE_ATTRIBUTES - {"All"}):
            raise refusal.unknown_attribute(unknown[0])
        visible, in_flight = self._store.counts(queue, self._clock.now_ms())
        created_s = str(queue.created_ms // 1_000)
        found = {
            **queue.settings.attributes(),
            "ApproximateNumberOfMessages": str(visible),
            "ApproximateNumberOfMessagesDelayed": "0",
            "ApproximateNumberOfMessagesNotVisible": str(in_flight),
            "CreatedTimestamp": created_s,
            "LastModifiedTimestamp": created_s,
            "QueueArn": queue_arn(queue.name),
        }
        if "All" not in wanted:
            found = {name: value for name, value in found.items() if name in wanted}
        return {"Attributes": found} if found else {}

    def send_message(self, *, QueueUrl: str, MessageBody: str, **more: Any) -> Reply:
        """Store a message; when this returns it is on disk."""
        _refuse(more)
        queue = self._queue(QueueUrl)
        if not MessageBody:
            raise refusal.missing("MessageBody")
        if FORBIDDEN.search(MessageBody):
            raise refusal.forbidden_character()
        body = MessageBody.encode()
        if len(body) > queue.settings.message_bytes_max:
            raise refusal.message_too_long(queue.settings.message_bytes_max)
        message_id = self._new_id()
        self._store.send(queue, message_id, MessageBody, self._clock.now_ms())
        return {"MD5OfMessageBody": _md5(body), "MessageId": message_id}

    def receive_message(
        self,
        *,
        QueueUrl: str,
        AttributeNames: Sequence[str] = (),
        MessageSystemAttributeNames: Sequence[str] = (),
        MaxNumberOfMessages: int = 1,
        VisibilityTimeout: int | None = None,
        **more: Any,
    ) -> Reply:
        """Return visible messages, the oldest first, and hide them for a while."""
        _refuse(more)
        queue = self._queue(QueueUrl)
        if not 1 <= MaxNumberOfMessages <= RECEIVE_MESSAGES_MAX:
            reason = f"Must be between 1 and {RECEIVE_MESSAGES_MAX}, if provided"
            raise refusal.invalid_value(MaxNumberOfMessages, "MaxNumberOfMessages", reason)
        now_ms = self._clock.now_ms()
        messages = self._store.receive(
            queue,
            count_max=MaxNumberOfMessages,
            now_ms=now_ms,
            visible_ms=now_ms + 1_000 * self._visibility_s(queue, VisibilityTimeout),
            new_receipt=self._new_id,
        )
        wanted = {*AttributeNames, *MessageSystemAttributeNames}
        return {"Messages": [_received(each, wanted) for each in messages]} if messages else {}

    def delete_message(self, *, QueueUrl: str, ReceiptHandle: str) -> Reply:
        """Delete a message by its latest receipt; with an older one it stays, as on AWS."""
        queue = self._queue(QueueUrl)
        self._store.delete(queue, _receipt(ReceiptHandle))
        return {}

    def change_message_visibility(
        self, *, QueueUrl: str, ReceiptHandle: str, VisibilityTimeout: int
    ) -> Reply:
        """Hide a message that was received for so long from now on; 0: it is visible again."""
        queue = self._queue(QueueUrl)
        receipt = _receipt(ReceiptHandle)
        now_ms = self._clock.now_ms()
        visible_ms = now_ms + 1_000 * self._visibility_s(queue, VisibilityTimeout)
        if not self._store.hide(queue, receipt, now_ms=now_ms, visible_ms=visible_ms):
            raise refusal.not_in_flight()
        return {}

    def send(self, name: str, body: bytes) -> None:
        """Store a failure in the queue of that name, as Lambda does (clauses B35, B53)."""
        self.send_message(QueueUrl=self._url(name), MessageBody=body.decode())

    # --- inside ---

    def _url(self, name: str) -> str:
        return f"{self._endpoint}/{_ACCOUNT}/{name}"

    def _find(self, name: str) -> Queue | None:
        return next((queue for queue in self._store.queues() if queue.name == name), None)

    def _queue(self, url: str) -> Queue:
        queue = self._find(url.rpartition("/")[2])
        if queue is None:
            raise refusal.no_such_queue()
        return queue

    def _new_id(self) -> str:
        return str(uuid.UUID(int=self._rng.getrandbits(128), version=4))

    @staticmethod
    def _visibility_s(queue: Queue, asked_s: int | None) -> int:
        if asked_s is None:
            return queue.settings.visibility_s
        if not 0 <= asked_s <= VISIBILITY_S_MAX:
            reason = f"Must be between 0 and {VISIBILITY_S_MAX}, if provided"
            raise refusal.invalid_value(asked_s, "VisibilityTimeout", reason)
        return asked_s


def queue_arn(name: str) -> str:
    return f"arn:aws:sqs:us-east-1:{_ACCOUNT}:{name}"


def _received(message: Message, wanted: set[str]) -> Reply:
    received: Reply = {
        "MessageId": message.message_id,
        "ReceiptHandle": message.receipt,
        "MD5OfBody": _md5(message.body.encode()),
        "Body": message.body,
    }
    system = {
        "SenderId": _ACCOUNT,
        "SentTimestamp": str(message.sent_ms),
        "ApproximateReceiveCount": str(message.receives),
        "ApproximateFirstReceiveTimestamp": str(message.first_received_ms),
    }
    if "All" not in wanted:
        system = {name: value for name, value in system.items() if name in wanted}
    return received | ({"Attributes": system} if system else {})


def _receipt(text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise refusal.no_such_receipt() from None


def _refuse(more: Mapping[str, Any]) -> None:
    """Refuse by name what the engine does not know."""
    foreign = {name for name, value in more.items() if (name, value) not in _HARMLESS}
    if foreign:
        raise refusal.not_implemented(foreign)


def _md5(body: bytes) -> str:
    return hashlib.md5(body, usedforsecurity=False).hexdigest()
