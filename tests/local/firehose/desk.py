"""A delivery stream's state machine driven synchronously by a simulated clock: for tests."""

import base64
import gzip
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec

from local.drawing import BufferHints, CopySpec, DeliverySpec, S3Target, TransformSpec
from local.firehose.action import (
    Action,
    Copy,
    Fetch,
    Finished,
    Save,
    StoreObject,
    Transform,
    Wait,
)
from local.firehose.object_store import put
from local.firehose.pipeline import Pipeline
from local.invoke.outcome import Outcome
from tests.local.mapping.fake_stream import STREAM, FakeRecord, FakeStream

SHARD = "shardId-000000000000"
NOW_MS = 1_790_000_000_000
MIB = 1024 * 1024
BUCKET = "lake"
TRANSFORM = TransformSpec(
    function_name="transform", buffer=BufferHints(size_bytes=MIB, interval_ms=3_000)
)
TARGET = S3Target(
    bucket=BUCKET,
    prefix="votes/!{timestamp:yyyy/MM/dd/HH}/",
    error_prefix="errors/!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd/HH}/",
    buffer=BufferHints(size_bytes=64 * MIB, interval_ms=5_000),
)
BACKUP = S3Target(
    bucket=BUCKET,
    prefix="backup/!{timestamp:yyyy/MM/dd/HH}/",
    error_prefix="backup-errors/!{firehose:error-output-type}/",
    buffer=BufferHints(size_bytes=64 * MIB, interval_ms=60_000),
    compression="GZIP",
)
COPY = CopySpec(
    database="votes",
    role_arn="arn:aws:iam::000000000000:role/copy",
    table="landing",
    options="JSON 'auto' GZIP",
)
SPEC = DeliverySpec(
    logical_id="VotesToLake",
    name="votes-to-lake",
    stream_name=STREAM,
    target=TARGET,
    transform=TRANSFORM,
    backup=BACKUP,
)
Event = dict[str, Any]
Handler = Callable[[Event], Outcome]


def ok(response: object) -> Outcome:
    return Outcome("ok", msgspec.json.encode(response), "request-ok")


def error(kind: str = "ValueError") -> Outcome:
    payload = msgspec.json.encode({"errorType": kind, "errorMessage": "no"})
    return Outcome("function_error", payload, "request-error")


def answer(record: Event, result: str = "Ok", data: bytes | None = None) -> dict[str, Any]:
    """Return an answer to a record of an event: by default its own data and a newline."""
    if data is None:
        data = base64.b64decode(record["data"]) + b"\n"
    encoded = base64.b64encode(data).decode()
    return {"recordId": record["recordId"], "result": result, "data": encoded}


def echo(event: Event) -> Outcome:
    return ok({"records": [answer(record) for record in event["records"]]})


class Bucket:
    """An S3 in memory that may refuse."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.headers: dict[str, dict[str, str]] = {}
        self.refusals = 0

    def put_object(
        self, *, Bucket: str, Key: str, Body: bytes, ContentType: str, **headers: str
    ) -> dict[str, Any]:
        if self.refusals:
            self.refusals -= 1
            raise OSError("S3 is away")
        assert Bucket == BUCKET
        self.objects[Key] = Body
        self.headers[Key] = {"ContentType": ContentType, **headers}
        return {}

    def content(self, prefix: str) -> bytes:
        """Return what lies below a prefix, one object behind the other, unzipped."""
        return b"".join(
            gzip.decompress(body) if key.endswith(".gz") else body
            for key, body in self.objects.items()
            if key.startswith(prefix)
        )

    def lines(self, prefix: str) -> list[str]:
        return self.content(prefix).decode().splitlines()

    def failed(self) -> list[dict[str, Any]]:
        """Return the failed records."""
        return [msgspec.json.decode(line) for line in self.lines("errors/processing-failed/")]

    def codes(self) -> dict[str, str]:
        """Return why records failed, by their data."""
        return {
            base64.b64decode(line["rawData"]).decode(): line["errorCode"] for line in self.failed()
        }


class Desk:
    """One pipeline, its stream, a function, a bucket, a warehouse, and what came of it."""

    def __init__(
        self,
        *,
        stream: FakeStream | None = None,
        positions: dict[str, int] | None = None,
        target: S3Target = TARGET,
        transform: TransformSpec | None = TRANSFORM,
        copy: CopySpec | None = None,
        seed: int = 1,
        now_ms: int = NOW_MS,
        **hints: Any,
    ) -> None:
        self.stream = stream or FakeStream()
        self.now_ms = now_ms
        self.bucket = Bucket()
        self.events: list[Event] = []
        self.called_ms: list[int] = []
        self.stored_ms: list[int] = []
        self.saves: list[Save] = []
        self.finished: list[str] = []
        self.copies: list[str] = []
        self.copied_ms: list[int] = []
        self.copy_refusals = 0
        self.handle: Handler = echo
        self.pipeline = Pipeline(
            replace(target, **hints),
            delivery_name="votes-to-lake",
            stream_name=STREAM,
            transform=transform,
            copy=copy,
            rng=random.Random(seed),
        )
        for shard_id, position in ({SHARD: 0} if positions is None else positions).items():
            self.pipeline.add_shard(shard_id, position, self.now_ms)

    @classmethod
    def of_backup(cls, **how: Any) -> "Desk":
        return cls(target=BACKUP, transform=None, **how)

    def put(self, *datas: str | bytes, key: str = "key", shard: int = 0) -> list[FakeRecord]:
        """Put records that arrive now."""
        as_bytes = [data.encode() if isinstance(data, str) else data for data in datas]
        return [self.stream.put(key, data, shard=shard, now_ms=self.now_ms) for data in as_bytes]

    def run(self, ms: int = 60_000) -> None:
        """Drive for `ms` of simulated time."""
        deadline_ms = self.now_ms + ms
        while True:
            match self.pipeline.step(self.now_ms):
                case Wait(until_ms):
                    if until_ms is None or until_ms > deadline_ms:
                        self.now_ms = deadline_ms
                        return
                    self.now_ms = max(self.now_ms, until_ms)
                case action:
                    self.act(action)

    def next(self, kind: type[Action]) -> Any:
        """Drive, without acting on it, to the next action of a kind."""
        while True:
            match self.pipeline.step(self.now_ms):
                case Wait(until_ms):
                    assert until_ms is not None, f"a {kind.__name__} comes"
                    self.now_ms = max(self.now_ms, until_ms)
                case action if isinstance(action, kind):
                    return action
                case action:
                    self.act(action)

    def act(self, action: Action) -> None:
        pipeline = self.pipeline
        match action:
            case Fetch(shard_id, after, records_max, bytes_max):
                result = self.stream.read(
                    STREAM, shard_id, after=after, records_max=records_max, bytes_max=bytes_max
                )
                pipeline.fetched(shard_id, result, self.now_ms)
            case Transform():
                event = msgspec.json.decode(pipeline.payload(action))
                self.events.append(event)
                self.called_ms.append(self.now_ms)
                pipeline.transformed(action.attempt_id, self.handle(event), self.now_ms)
            case StoreObject():
                self.store(action)
            case Copy(attempt_id, sql):
                self.copies.append(sql)
                self.copied_ms.append(self.now_ms)
                refused = self.copy_refusals > 0
                self.copy_refusals -= refused
                pipeline.copied(attempt_id, self.now_ms, ok=not refused)
            case Save():
                self.saves.append(action)
                pipeline.saved(action)
            case Finished(shard_id):
                self.finished.append(shard_id)
            case Wait():
                raise AssertionError("nothing to act on")

    def store(self, action: StoreObject) -> None:
        try:
            put(self.bucket, action)
        except OSError:
            self.pipeline.stored(action.attempt_id, self.now_ms, ok=False)
        else:
            self.stored_ms.append(self.now_ms)
            self.pipeline.stored(action.attempt_id, self.now_ms)

    @property
    def keys(self) -> list[str]:
        return list(self.bucket.objects)

    def sent(self) -> list[list[str]]:
        """Return the data of each invocation's records."""
        return [[decoded(record) for record in event["records"]] for event in self.events]


def decoded(record: Event) -> str:
    return base64.b64decode(record["data"]).decode()
