"""Whatever functions, destinations and crashes do: no record is skipped, no order broken."""

import json
import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from local.invoke.outcome import Outcome
from local.mapping.action import (
    Action,
    Finished,
    Invoke,
    Save,
    SendToDestination,
    SendToQueue,
    Wait,
)
from local.mapping.source import StreamRecord
from tests.local.mapping.desk import SHARD, Desk, error, ok, report, throttled
from tests.local.mapping.fake_stream import FakeRecord, FakeStream

NOW_MS = 1_790_000_000_000
AGE_MS = 60_000

specs = st.fixed_dictionaries(
    {
        "batch_size": st.integers(1, 7),
        "batching_window_ms": st.sampled_from([0, 1_000]),
        "parallelization_factor": st.integers(1, 4),
        "retries_max": st.sampled_from([-1, 0, 1, 3]),
        "record_age_s_max": st.sampled_from([-1, 60]),
        "bisect": st.booleans(),
        "report_item_failures": st.booleans(),
    }
)
ends = st.sampled_from([{}, {"failure_bucket": "lake"}, {"failure_queue": "failures"}])


class World:
    """Drives a consumer through drawn outcomes, answers out of order, and crashes."""

    def __init__(self, spec: dict[str, Any], seed: int, keys: list[str]) -> None:
        self.spec = spec
        self.rng = random.Random(seed)
        self.stream = FakeStream()
        self.records = [
            self.stream.put(key, str(number).encode(), now_ms=NOW_MS + number * 3_000)
            for number, key in enumerate(keys)
        ]
        self.stream.by_id[SHARD].closed = True
        self.done: set[int] = set()  # sequence numbers invoked with success, stored, or too old
        self.first_done: dict[str, list[int]] = {key: [] for key in keys}
        self.failed: set[int] = set()  # a discard that a crash undoes lets one be done late
        self.saved = 0
        self.desk = Desk(stream=self.stream, **spec)
        self.open: list[Action] = []
        self.healed = False

    def run(self) -> None:
        for step in range(5_000):
            self.healed = step > 400
            action = self.desk.consumer.step(self.desk.now_ms)
            if isinstance(action, Finished):
                return
            if not isinstance(action, Wait):
                self.open.append(action)
            if not self.healed and self.rng.random() < 0.01:
                self.crash()
            elif self.open and (isinstance(action, Wait) or self.rng.random() < 0.5):
                self.answer(self.open.pop(self.rng.randrange(len(self.open))))
            elif isinstance(action, Wait) and action.until_ms is not None:
                self.desk.now_ms = max(self.desk.now_ms, action.until_ms)
        raise AssertionError("the shard never finished")

    def crash(self) -> None:
        now_ms = self.desk.now_ms
        self.desk = Desk(stream=self.stream, position=self.saved, seed=now_ms, **self.spec)
        self.desk.now_ms = now_ms
        self.open.clear()

    def answer(self, action: Action) -> None:
        consumer, now_ms = self.desk.consumer, self.desk.now_ms
        match action:
            case Invoke(_, attempt_id, records):
                self.check_order(records)
                outcome = self.outcome(records)
                self.note(records, outcome)
                consumer.invoked(attempt_id, outcome, now_ms)
            case (
                SendToDestination(attempt_id=attempt_id, body=body)
                | SendToQueue(attempt_id=attempt_id, body=body)
            ):
                stored = self.healed or self.rng.random() < 0.7
                if stored:
                    self.done |= {r.sequence_number for r in self.records if in_body(r, body)}
                consumer.sent(attempt_id, now_ms, stored=stored)
            case Save(position):
                assert position >= self.saved, "a position never regresses"
                self.saved = position
                self.check_position()
                consumer.saved(action)
            case _:
                self.desk.act(action)

    def outcome(self, records: tuple[StreamRecord, ...]) -> Outcome:
        roll = 0.0 if self.healed else self.rng.random()
        if roll < 0.5:
            return ok()
        if roll < 0.7:
            return error()
        if roll < 0.8:
            return throttled()
        return report(*self.rng.sample(records, self.rng.randrange(1, len(records) + 1)))

    def note(self, records: tuple[StreamRecord, ...], outcome: Outcome) -> None:
        """Write down what the function itself did with the records."""
        good = len(records) if outcome.kind == "ok" else 0
        if good and self.spec["report_item_failures"]:
            named = [n for n, r in enumerate(records) if str(r.sequence_number) in str(outcome)]
            good = min(named, default=good)
        self.failed |= {record.sequence_number for record in records[good:]}
        for record in records[:good]:
            if record.sequence_number not in self.done:
                self.first_done[record.partition_key].append(record.sequence_number)
            self.done.add(record.sequence_number)

    def check_order(self, records: tuple[StreamRecord, ...]) -> None:
        """Every earlier record of a key is done, or before it in the same batch."""
        numbers = {record.sequence_number for record in records}
        for record in records:
            earlier = [
                other
                for other in self.records
                if other.partition_key == record.partition_key
                and other.sequence_number < record.sequence_number
            ]
            for other in earlier:
                assert other.sequence_number in numbers or self.accounted(other)

    def check_position(self) -> None:
        for record in self.records:
            if record.sequence_number <= self.saved:
                assert self.accounted(record), "the position passed a record that is not done"

    def accounted(self, record: FakeRecord) -> bool:
        """Say whether a record was done, or may be gone: too old, or out of retries."""
        if record.sequence_number in self.done:
            return True
        if self.desk.consumer.spec.keeps_failures:
            return False
        aged = self.spec["record_age_s_max"] >= 0
        too_old = aged and self.desk.now_ms - record.arrival_ms > AGE_MS
        return too_old or self.spec["retries_max"] >= 0


def in_body(record: FakeRecord, body: bytes) -> bool:
    """Return whether a failure names the record: itself in its payload, or by its range (B35)."""
    failure = json.loads(body)
    if "payload" in failure:
        return f'sequenceNumber":"{record.sequence_number}"' in failure["payload"]
    batch = failure["KinesisBatchInfo"]
    first, last = int(batch["startSequenceNumber"]), int(batch["endSequenceNumber"])
    return first <= record.sequence_number <= last


@given(
    spec=specs,
    end=ends,
    seed=st.integers(0, 2**32),
    keys=st.lists(st.sampled_from("abcde"), max_size=25),
)
@settings(deadline=None, max_examples=150)
def test_every_record_is_accounted_for_in_order(
    spec: dict[str, Any], end: dict[str, str], seed: int, keys: list[str]
) -> None:
    """B1, B9, B16, B30: done, at the destination, or beyond age or retries; the position waits."""
    world = World({**spec, **end}, seed, keys)
    world.run()
    assert world.saved == (world.records[-1].sequence_number if keys else 0)
    for record in world.records:
        assert world.accounted(record)
    for numbers in world.first_done.values():
        at_first = [number for number in numbers if number not in world.failed]
        kept = numbers if spec["retries_max"] < 0 else at_first
        assert kept == sorted(kept), "order within a key"
