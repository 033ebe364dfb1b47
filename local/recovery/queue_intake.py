"""Failures that lie in queues in, the same as objects of the lake, with their records, out.

A queue's message names records and does not hold them (B35), and is kept for 14 days at most. So it
is brought into the lake as soon as somebody looks: as the object that a bucket would have got, the
records read back from the stream. From there all is as with any other failure (docs/recovery.md).
Twice is once: a message has one key, an object that is there is left as it is, and the message is
deleted last. What is about no record of the stream, or of a function that counts no votes, stays in
its queue.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from core.service_error import code_of
from local.mapping.event import EventFormat
from local.recovery.queued_failure import (
    QueuedBatch,
    QueuedEvent,
    counts,
    key_of,
    read_queued,
)
from local.recovery.stream_range import read_range

HOLD_S: Final = 300  # how long a message is hidden from others while it is looked at
RECEIVE_MAX: Final = 10  # messages a call: AWS gives no more
_NOT_THERE: Final = ("404", "NoSuchKey", "NotFound")


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that is now an object: `gone` says that records of it have left the stream."""

    queue: str
    key: str
    records: int | None  # None: none was read back
    gone: bool


@dataclass(frozen=True, slots=True)
class _Held:
    queue: str
    url: str
    message: Mapping[str, Any]
    found: QueuedBatch | QueuedEvent


@dataclass(kw_only=True)
class QueueIntake:
    """Looks into every queue that there is."""

    sqs: Any
    s3: Any
    bucket: str
    kinesis: Any
    stream: str
    wait: Callable[[int], None]

    def waiting(self) -> int:
        """Return how many messages `run` would take, and leave them where they are."""
        held = list(self._messages())
        for each in held:
            self._let_go(each.url, each.message)
        return len(held)

    def run(self) -> Iterator[Taken]:
        """Take each message into the lake, and say so once it is deleted."""
        for each in self._messages():
            message = each.message
            key = key_of(each.found, each.queue, message["MessageId"])
            records: int | None = None
            gone = False
            if not self._is_there(key):
                body: bytes = message["Body"].encode()
                if isinstance(each.found, QueuedBatch):
                    body, records, gone = self._with_records(each.found, body)
                self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)
            self.sqs.delete_message(QueueUrl=each.url, ReceiptHandle=message["ReceiptHandle"])
            yield Taken(each.queue, key, records, gone)

    def _messages(self) -> Iterator[_Held]:
        """Yield the messages that are about records of our stream; let others go at the end."""
        for url in self.sqs.list_queues().get("QueueUrls", ()):
            others: list[Mapping[str, Any]] = []
            while messages := self._receive(url):
                for message in messages:
                    found = read_queued(message["Body"])
                    if found is not None and self._is_ours(found):
                        yield _Held(url.rpartition("/")[2], url, message, found)
                    else:
                        others.append(message)
            for message in others:
                self._let_go(url, message)

    def _is_ours(self, found: QueuedBatch | QueuedEvent) -> bool:
        return counts(found) and (isinstance(found, QueuedEvent) or found.stream == self.stream)

    def _receive(self, url: str) -> list[Mapping[str, Any]]:
        reply = self.sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=RECEIVE_MAX, VisibilityTimeout=HOLD_S
        )
        return list(reply.get("Messages", ()))

    def _let_go(self, url: str, message: Mapping[str, Any]) -> None:
        self.sqs.change_message_visibility(
            QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
        )

    def _with_records(self, batch: QueuedBatch, body: bytes) -> tuple[bytes, int, bool]:
        """Return the failure as a bucket's object (B36), how many records, and if any is gone.

        With a ParallelizationFactor the range holds records of other lanes too: they are applied
        already, and once more is nothing.
        """
        records = read_range(
            self.kinesis, batch.stream, batch.shard_id, batch.first, batch.last, wait=self.wait
        )
        form = EventFormat(
            stream_name=batch.stream, shard_id=batch.shard_id, function_name=batch.function
        )
        failure = msgspec.json.decode(body)
        failure["payload"] = form.event(records).decode()
        gone = not records or records[0].sequence_number != batch.first
        return msgspec.json.encode(failure), len(records), gone

    def _is_there(self, key: str) -> bool:
        try:
            self.s3.head_object(Bucket=self.bucket, Key=key)
        except Exception as error:
            if code_of(error) not in _NOT_THERE:
                raise
            return False
        return True
