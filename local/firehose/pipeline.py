"""One delivery stream's reads and answers and the time in, the next thing to do out.

A delivery stream is two pipelines that know nothing of each other: the delivery, with transform
and both buffers, and the backup of source records. Each has its own position in every shard.
A Pipeline never acts and never waits. Its driver calls `step(now_ms)` until it gets Wait, does what
each action says, in any order, at any pace, and hands the answers in:

| action | answer |
|---|---|
| `Fetch` | `fetched(shard_id, result, now_ms)` or `fetch_failed(shard_id, now_ms)` |
| `Transform` | `transformed(attempt_id, outcome, now_ms)`; the event is `payload(action)` |
| `StoreObject` | `stored(attempt_id, now_ms)`, `ok=False` when that failed |
| `Copy` | `copied(attempt_id, now_ms)`, `ok=False` when that failed |
| `Save` | `saved(action)` |
| `Wait` | call `step` again at `until_ms`, and after any answer |
| `Finished` | the children of the shard may start: `add_shard` |

A record is done when its data, or its failure, is in an object that is stored (with Redshift: and
copied, or its manifest is in the error folder). What was not done when a driver died is delivered
again by the next one, which starts at the saved positions: at least once (C7). After `drain()` it
reads to the end of its shards once more, and stores everything without waiting for full buffers.
"""

import random
from collections.abc import Iterator

from core.backoff import full_jitter_ms
from local.drawing import CopySpec, S3Target, TransformSpec
from local.firehose import limits
from local.firehose.action import (
    Action,
    Fetch,
    Finished,
    Save,
    Transform,
    Wait,
)
from local.firehose.destination import Destination
from local.firehose.event import EventFormat, record_id
from local.firehose.failed_record import failure_of
from local.firehose.response import verdicts
from local.firehose.shard_flow import Batch, ShardFlow
from local.firehose.status import Delivered
from local.invoke.outcome import Outcome
from local.mapping.source import Fetched


class Pipeline:
    """The state machine of one destination; see the module's docstring for its protocol."""

    def __init__(
        self,
        target: S3Target,
        *,
        delivery_name: str,
        stream_name: str,
        transform: TransformSpec | None = None,
        copy: CopySpec | None = None,
        rng: random.Random,
    ) -> None:
        self.delivered = Delivered()
        self.stream_name = stream_name
        self._transform = transform
        self._rng = rng
        self._format = EventFormat(delivery_name=delivery_name, stream_name=stream_name)
        self._destination = Destination(
            target,
            delivery_name=delivery_name,
            function_name=transform.function_name if transform else None,
            copy=copy,
            delivered=self.delivered,
            rng=rng,
        )
        self._held_bytes_max = target.buffer.size_bytes + limits.HELD_BYTES_EXTRA
        self._flows: dict[str, ShardFlow] = {}  # the one read longest ago first
        self._saved: dict[str, Save] = {}
        self._saving: set[str] = set()
        self._attempts = 0
        self._in_flight: dict[int, tuple[ShardFlow, Batch]] = {}  # invocations
        self._draining = False

    # --- what to do next ---

    def step(self, now_ms: int) -> Action:
        """Return the next action and count it as begun."""
        dues_ms: list[int] = []
        for action in self._candidates(now_ms):
            if not isinstance(action, int):
                return action
            dues_ms.append(action)
        return Wait(min(dues_ms, default=None))

    def payload(self, action: Transform) -> bytes:
        """Return the event of an invocation, as JSON (C18)."""
        return self._format.event(action.shard_id, action.records, self._rng)

    def add_shard(self, shard_id: str, position: int, now_ms: int) -> None:
        """Begin to read a shard; `position` is the last sequence number done, 0 the beginning."""
        assert shard_id not in self._flows, "a shard is read once"
        self._flows[shard_id] = ShardFlow(shard_id, position, self._transform, now_ms)
        self._saved[shard_id] = Save(shard_id, position, finished=False)

    def drain(self) -> None:
        """Read what is there now, and then no more; transform and store it all at once."""
        self._draining = True
        for flow in self._flows.values():
            flow.reader.hungry = True

    # --- answers ---

    def fetched(self, shard_id: str, result: Fetched, now_ms: int) -> None:
        flow = self._flows[shard_id]
        flow.fetched(result, now_ms)
        if self._transform is None:
            flow.pass_through(now_ms)
            self._pass_on(flow, now_ms)

    def fetch_failed(self, shard_id: str, now_ms: int) -> None:
        """Take note that a read failed: it is tried again, without end (C3)."""
        self._flows[shard_id].reader.failed(now_ms)

    def transformed(self, attempt_id: int, outcome: Outcome, now_ms: int) -> None:
        assert self._transform is not None, "that was an invocation"
        flow, batch = self._in_flight.pop(attempt_id)
        batch.attempt_id = None
        if outcome.kind == "service_error":  # the function never saw the records
            batch.due_ms = now_ms + self._backoff_ms(batch.faults)
            batch.faults += 1
            return
        batch.tries += 1
        batch.faults = 0
        failure = failure_of(outcome)
        if failure is None:  # final, however wrong (C24)
            ids = [record_id(flow.shard_id, record) for record in batch.records]
            batch.verdicts = verdicts(outcome.payload, ids)
        else:
            self.delivered.last_error = f"{failure.code}: {failure.message}"
            if batch.tries <= self._transform.retries_max:
                batch.due_ms = now_ms + self._backoff_ms(batch.tries - 1)
                return
            batch.verdicts = [failure] * len(batch.records)  # C25; the stream goes on (C28)
        batch.ended_ms = now_ms
        self._pass_on(flow, now_ms)

    def stored(self, attempt_id: int, now_ms: int, *, ok: bool = True) -> None:
        self._destination.stored(attempt_id, now_ms, ok=ok)

    def copied(self, attempt_id: int, now_ms: int, *, ok: bool = True) -> None:
        self._destination.copied(attempt_id, now_ms, ok=ok)

    def saved(self, save: Save) -> None:
        self._saving.discard(save.shard_id)
        self._saved[save.shard_id] = save

    # --- what it shows ---

    @property
    def held_bytes(self) -> int:
        """Bytes in memory: read and not yet stored."""
        flows = sum(flow.held_bytes for flow in self._flows.values())
        return flows + self._destination.held_bytes

    @property
    def positions(self) -> dict[str, int]:
        """The sequence number up to which all is stored, of each shard that is read now."""
        return {shard_id: flow.position for shard_id, flow in self._flows.items()}

    @property
    def settled(self) -> bool:
        """Whether all that is there is read and stored, nothing is in flight, and that is saved."""
        return (
            self._destination.is_empty
            and not self._in_flight
            and not self._saving
            and all(flow.is_empty and not flow.reader.hungry for flow in self._flows.values())
            and all(self._saved[name].position == at for name, at in self.positions.items())
        )

    # --- inside ---

    def _candidates(self, now_ms: int) -> Iterator[Action | int]:
        """Yield what may be done: an action that is begun, or when one will be."""
        yield from self._reads(now_ms)
        for flow in self._flows.values():
            due_ms = flow.batch_due_ms(now_ms, hurry=self._draining)
            if due_ms is not None:
                yield due_ms if due_ms > now_ms else self._transform_action(flow, now_ms)
        yield from self._destination.candidates(now_ms, hurry=self._hurry)
        yield from self._saves()

    def _reads(self, now_ms: int) -> Iterator[Fetch | int]:
        if self.held_bytes >= self._held_bytes_max:
            return
        for shard_id, flow in self._flows.items():
            due_ms = flow.fetch_due_ms()
            if due_ms is None or (self._draining and not flow.reader.hungry):
                continue
            if due_ms > now_ms:
                yield due_ms
                continue
            self._flows[shard_id] = self._flows.pop(shard_id)  # others are read before it again
            yield flow.begin_fetch()
            return

    def _saves(self) -> Iterator[Save | Finished]:
        for shard_id, flow in self._flows.items():
            position = flow.position
            finished = flow.ended and not flow.checkpoint.is_open
            save = Save(shard_id, position, finished)
            if save != self._saved[shard_id] and shard_id not in self._saving:
                self._saving.add(shard_id)
                yield save
                return
            if finished and save == self._saved[shard_id]:
                del self._flows[shard_id]
                yield Finished(shard_id)
                return

    @property
    def _hurry(self) -> bool:
        """Whether objects are stored without waiting: nothing more comes, or children wait."""
        flows = self._flows.values()
        if self._draining:
            return all(flow.is_empty for flow in flows)
        return any(flow.ended and flow.checkpoint.is_open for flow in flows)

    def _transform_action(self, flow: ShardFlow, now_ms: int) -> Transform:
        assert self._transform is not None, "without a transform nothing waits"
        attempt_id = self._attempts = self._attempts + 1
        batch = flow.begin_batch(attempt_id, now_ms)
        self._in_flight[attempt_id] = (flow, batch)
        name = self._transform.function_name
        return Transform(attempt_id, name, flow.shard_id, batch.records)

    def _pass_on(self, flow: ShardFlow, now_ms: int) -> None:
        for batch in flow.leaving():
            parcel = flow.checkpoint.pass_on(batch.through)
            self._destination.take(batch, parcel, now_ms)

    def _backoff_ms(self, attempt: int) -> int:
        base_ms, cap_ms = limits.BACKOFF_MS_BASE, limits.BACKOFF_MS_CAP
        return full_jitter_ms(self._rng, attempt=attempt, base_ms=base_ms, cap_ms=cap_ms)
