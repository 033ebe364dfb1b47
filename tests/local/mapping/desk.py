"""A shard's state machine driven synchronously by a simulated clock: how a simulation does it."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from local.drawing import MappingSpec
from local.invoke.outcome import Outcome
from local.mapping import ShardConsumer
from local.mapping.action import (
    Action,
    Fetch,
    Finished,
    Invoke,
    Save,
    SendToDestination,
    SendToQueue,
    Wait,
)
from local.mapping.source import StreamRecord
from tests.local.mapping.fake_stream import STREAM, FakeRecord, FakeStream

SHARD = "shardId-000000000000"
SPEC = MappingSpec(
    logical_id="Tally",
    uuid="11111111-2222-4333-8444-555555555555",
    function_name="tally",
    stream_name=STREAM,
)
Handler = Callable[[Sequence[StreamRecord]], Outcome]


def ok(response: object = None) -> Outcome:
    return Outcome("ok", msgspec.json.encode(response), "request-ok")


def error() -> Outcome:
    return Outcome("function_error", b'{"errorType":"ValueError"}', "request-error")


def throttled() -> Outcome:
    return Outcome("throttled", b"{}", "request-throttled")


def report(*records: StreamRecord) -> Outcome:
    failures = [{"itemIdentifier": str(record.sequence_number)} for record in records]
    return ok({"batchItemFailures": failures})


class Desk:
    """One consumer, its stream, a handler, and what came of it."""

    def __init__(
        self,
        *,
        stream: FakeStream | None = None,
        position: int = 0,
        retention_ms: int | None = None,
        seed: int = 1,
        **changes: Any,
    ) -> None:
        self.stream = stream or FakeStream()
        self.now_ms = 1_790_000_000_000
        self.calls: list[list[str]] = []  # the data of each invocation's records
        self.called_ms: list[int] = []
        self.objects: dict[str, dict[str, Any]] = {}
        self.messages: list[tuple[str, dict[str, Any]]] = []
        self.saves: list[Save] = []
        self.handle: Handler = lambda records: ok()
        self.finished = False
        self.consumer = ShardConsumer(
            replace(SPEC, **changes),
            SHARD,
            position=position,
            rng=random.Random(seed),
            now_ms=self.now_ms,
            retention_ms=retention_ms,
        )

    def put(self, *names: str, key: str = "key") -> list[FakeRecord]:
        """Put records whose data is their name, and say so."""
        records = [self.stream.put(key, name.encode(), now_ms=self.now_ms) for name in names]
        self.consumer.notify()
        return records

    def run(self, ms: int = 600_000) -> None:
        """Drive until nothing is left to do, or for `ms` of simulated time."""
        deadline_ms = self.now_ms + ms
        while not self.finished:
            match self.consumer.step(self.now_ms):
                case Wait(until_ms):
                    if self.consumer.idle or until_ms is None or until_ms > deadline_ms:
                        self.now_ms = self.now_ms if self.consumer.idle else deadline_ms
                        return
                    self.now_ms = max(self.now_ms, until_ms)
                case action:
                    self.act(action)

    def act(self, action: Action) -> None:
        consumer = self.consumer
        match action:
            case Fetch(after, records_max, bytes_max):
                result = self.stream.read(
                    STREAM, SHARD, after=after, records_max=records_max, bytes_max=bytes_max
                )
                consumer.fetched(result, self.now_ms)
            case Invoke(_, attempt_id, records):
                self.calls.append([record.data.decode() for record in records])
                self.called_ms.append(self.now_ms)
                consumer.invoked(attempt_id, self.handle(records), self.now_ms)
            case SendToDestination(_, attempt_id, _, key, body):
                self.objects[key] = msgspec.json.decode(body)
                consumer.sent(attempt_id, self.now_ms)
            case SendToQueue(_, attempt_id, queue, body):
                self.messages.append((queue, msgspec.json.decode(body)))
                consumer.sent(attempt_id, self.now_ms)
            case Save():
                self.saves.append(action)
                consumer.saved(action)
            case Finished():
                self.finished = True

    def failure(self) -> dict[str, Any]:
        """Return the one failure object."""
        (body,) = self.objects.values()
        return body
