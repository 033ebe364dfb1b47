"""A message of a queue of failures in, what of the stream it stands for out (B31, B35, B52)."""

import re
from dataclasses import dataclass
from typing import Final

import msgspec

from local.recovery.failed_delivery import PREFIX as BATCHES
from local.recovery.failed_event import PREFIX as EVENTS
from local.recovery.failed_event import read_failed_events

# Of the template's functions, by their names here and by those that CloudFormation makes of theirs.
_COUNTING: Final = re.compile("tally|dispatch|worker", re.IGNORECASE)
QUEUED: Final = "queued"  # in the keys of what came from a queue


@dataclass(frozen=True, slots=True)
class QueuedBatch:
    """A batch that a mapping gave up on: a range of a shard, without its records."""

    stream: str
    shard_id: str
    first: int
    last: int
    function: str


@dataclass(frozen=True, slots=True)
class QueuedEvent:
    """A chunk of the stream that an asynchronous invocation gave up on: it is all there."""

    function: str


class _Context(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    function_arn: str


class _Batch(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    shard_id: str
    start_sequence_number: str
    end_sequence_number: str
    stream_arn: str


class _Failure(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    request_context: _Context
    batch: _Batch | None = msgspec.field(name="KinesisBatchInfo", default=None)


def counts(found: QueuedBatch | QueuedEvent) -> bool:
    """Return whether the function that gave up counts votes: others' failures are not ours."""
    return _COUNTING.search(found.function) is not None


def read_queued(body: str) -> QueuedBatch | QueuedEvent | None:
    """Return what a message says was given up; None for one that is about no records."""
    try:
        failure = msgspec.json.decode(body, type=_Failure)
        arn, batch = failure.request_context.function_arn, failure.batch
        function = arn.removesuffix(":$LATEST").rpartition(":")[2]
        if batch is not None:
            return QueuedBatch(
                stream=batch.stream_arn.rpartition("/")[2],
                shard_id=batch.shard_id,
                first=int(batch.start_sequence_number),
                last=int(batch.end_sequence_number),
                function=function,
            )
        return QueuedEvent(function) if read_failed_events("", body.encode()) else None
    except (msgspec.MsgspecError, ValueError):
        return None


def key_of(found: QueuedBatch | QueuedEvent, queue: str, message_id: str) -> str:
    """Return where a failure lies once it is in the lake: a message has one place for ever."""
    prefix = BATCHES if isinstance(found, QueuedBatch) else EVENTS
    return f"{prefix}{QUEUED}/{queue}/{message_id}"
