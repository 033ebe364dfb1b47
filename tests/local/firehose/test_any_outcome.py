"""Whatever functions, S3, Redshift and crashes do: every record is delivered, none passed over."""

import base64
import gzip
import random
from dataclasses import replace
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from core.kpl import aggregate
from local.drawing import BufferHints
from local.firehose.action import Action, Copy, Finished, Save, StoreObject, Transform, Wait
from local.invoke.outcome import Outcome
from tests.local.firehose.desk import (
    COPY,
    NOW_MS,
    TARGET,
    TRANSFORM,
    Desk,
    Event,
    answer,
    echo,
    error,
    ok,
)
from tests.local.mapping.fake_stream import FakeStream

SMALL = BufferHints(size_bytes=40, interval_ms=2_000)  # smaller than AWS allows: more happens
FAULTS_UNTIL = 400  # steps; then the world is healed and everything must get through

specs = st.fixed_dictionaries(
    {
        "transform": st.sampled_from([None, replace(TRANSFORM, buffer=SMALL, retries_max=1)]),
        "copy": st.sampled_from([None, replace(COPY, retry_ms=0)]),
        "target": st.sampled_from(
            [
                replace(TARGET, buffer=SMALL),
                replace(TARGET, buffer=SMALL, compression="GZIP"),
                replace(TARGET, buffer=replace(SMALL, interval_ms=0)),
            ]
        ),
    }
)


class World:
    """Drives a pipeline through drawn outcomes, answers out of order, crashes and a split."""

    def __init__(self, spec: dict[str, Any], seed: int, parts: list[int]) -> None:
        self.spec = spec
        self.rng = random.Random(seed)
        self.stream = FakeStream()
        self.names: set[str] = set()
        for number, count in enumerate(parts):
            self.put(number, count, shard=0)
        self.stream.split(0)
        for number, count in enumerate(parts):
            self.put(number + len(parts), count, shard=1 + number % 2)
        for shard_id in list(self.stream.by_id)[1:]:
            self.stream.by_id[shard_id].closed = True
        self.saved: dict[str, Save] = {}
        self.done: set[str] = set()  # names in an object that is stored, or dropped
        self.waiting: list[Action] = []
        self.steps = 0
        self.desk = self.new_desk(NOW_MS)

    def put(self, number: int, count: int, *, shard: int) -> None:
        """Put an ordinary record, or an aggregate of several."""
        names = [f"{shard}-{number}-{part};" for part in range(count)]
        self.names.update(names)
        data = names[0].encode() if count == 1 else aggregate([("k", n.encode()) for n in names])
        self.stream.put("k", data, shard=shard, now_ms=NOW_MS + number)

    @property
    def healed(self) -> bool:
        return self.steps > FAULTS_UNTIL

    def new_desk(self, now_ms: int) -> Desk:
        desk = Desk(stream=self.stream, positions={}, now_ms=now_ms, seed=self.steps, **self.spec)
        desk.handle = self.handle
        return desk

    def run(self) -> None:
        self.add_shards()
        while self.steps < 20_000:
            self.steps += 1
            action = self.desk.pipeline.step(self.desk.now_ms)
            if not isinstance(action, Wait):
                self.waiting.append(action)
            if not self.healed and self.rng.random() < 0.01:
                self.crash()
            elif self.waiting and (isinstance(action, Wait) or self.rng.random() < 0.5):
                self.answer(self.waiting.pop(self.rng.randrange(len(self.waiting))))
            elif isinstance(action, Wait):
                if action.until_ms is None:
                    break
                self.desk.now_ms = max(self.desk.now_ms, action.until_ms)
        assert all(self.is_finished(shard_id) for shard_id in self.stream.by_id)

    def is_finished(self, shard_id: str) -> bool:
        save = self.saved.get(shard_id)
        return save is not None and save.finished

    def add_shards(self) -> None:
        for shard_id, shard in self.stream.by_id.items():
            if self.is_finished(shard_id) or shard_id in self.desk.pipeline.positions:
                continue
            if all(map(self.is_finished, shard.parents)):
                save = self.saved.get(shard_id)
                self.desk.pipeline.add_shard(
                    shard_id, save.position if save else 0, self.desk.now_ms
                )

    def crash(self) -> None:
        """Lose everything but what is stored and saved."""
        self.waiting.clear()
        self.desk = self.new_desk(self.desk.now_ms)
        self.add_shards()

    def handle(self, event: Event) -> Outcome:
        roll = 0.0 if self.healed else self.rng.random()
        if roll < 0.5:
            return echo(event)
        if roll < 0.6:
            return error()
        if roll < 0.7:
            return Outcome("service_error", b"", "")
        if roll < 0.8:
            return Outcome("throttled", b"", "")
        answers = [answer(r, self.rng.choice(["Ok", "ProcessingFailed"])) for r in event["records"]]
        return ok({"records": self.rng.sample(answers, self.rng.randrange(len(answers) + 1))})

    def answer(self, action: Action) -> None:
        pipeline, now_ms = self.desk.pipeline, self.desk.now_ms
        refused = not self.healed and self.rng.random() < 0.3
        match action:
            case StoreObject() if refused:
                if self.rng.random() < 0.5:
                    self.note(action)  # it is stored, but the answer got lost
                pipeline.stored(action.attempt_id, now_ms, ok=False)
            case StoreObject():
                self.note(action)
                pipeline.stored(action.attempt_id, now_ms)
            case Copy():
                pipeline.copied(action.attempt_id, now_ms, ok=not refused)
            case Save():
                self.save(action)
            case Finished():
                self.add_shards()
            case _:
                self.desk.act(action)

    def save(self, save: Save) -> None:
        before = self.saved.get(save.shard_id)
        assert before is None or save.position >= before.position, "a position never regresses"
        self.saved[save.shard_id] = save
        shard = self.stream.by_id[save.shard_id]
        passed = {r.sequence_number for r in shard.records if r.sequence_number <= save.position}
        for record in shard.records:
            if record.sequence_number in passed:
                assert self.names_of(record.data) <= self.done, "a position passes what is stored"
        if save.finished:
            assert len(passed) == len(shard.records), "a shard is finished with its last record"
        self.desk.pipeline.saved(save)

    def names_of(self, data: bytes) -> set[str]:
        return {name for name in self.names if name.encode() in data}

    def note(self, action: StoreObject) -> None:
        if "manifests/" in action.key:
            return
        content = b"".join(action.chunks)
        content = gzip.decompress(content) if action.compression == "GZIP" else content
        assert content, "no object is empty"
        if "processing-failed" in action.key:
            lines = [msgspec.json.decode(line) for line in content.splitlines()]
            self.done.update(base64.b64decode(line["rawData"]).decode() for line in lines)
            return
        self.done.update(self.found(content.decode()))

    def found(self, text: str) -> list[str]:
        """Return the names in an object; without a transform nothing stands between them."""
        if self.spec["transform"] is not None:
            return text.splitlines()
        return sorted((name for name in self.names if name in text), key=text.index)


@settings(max_examples=150, deadline=None)
@given(specs, st.integers(0, 2**32), st.lists(st.integers(1, 4), min_size=1, max_size=12))
def test_nothing_is_lost_whatever_happens(
    spec: dict[str, Any], seed: int, parts: list[int]
) -> None:
    """C7, C28, C47: at least once, over crashes at any step; positions pass only what is stored."""
    world = World(spec, seed, parts)
    world.run()
    assert world.done == world.names


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 40))
def test_a_shard_is_delivered_in_its_order(seed: int, count: int) -> None:
    """C17: whichever of five invocations answers first, and however often they fail."""
    rng = random.Random(seed)
    desk = Desk(transform=replace(TRANSFORM, buffer=SMALL), buffer=SMALL)
    desk.handle = lambda event: error() if rng.random() < 0.2 else echo(event)
    names = [f"{number:02d}" for number in range(count)]
    desk.put(*names)
    waiting: list[Transform] = []
    for _ in range(3_000):
        match desk.pipeline.step(desk.now_ms):
            case Transform() as action:
                waiting.append(action)
            case Wait(until_ms):
                if waiting:
                    desk.act(waiting.pop(rng.randrange(len(waiting))))
                elif until_ms is not None:
                    desk.now_ms = max(desk.now_ms, until_ms)
            case action:
                desk.act(action)
    failed = {base64.b64decode(line["rawData"]).decode() for line in desk.bucket.failed()}
    assert desk.bucket.lines("votes/") == [name for name in names if name not in failed]
