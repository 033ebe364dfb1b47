"""One shard of one mapping: answers and the time in, the next thing to do out.

ShardConsumer never acts and never waits. Its driver calls `step(now_ms)` until it gets Wait (or
Finished), does what each action says, in any order, at any pace, and hands the answers in:

| action | answer |
|---|---|
| `Fetch` | `fetched(result, now_ms)` or `fetch_failed(now_ms)` |
| `Invoke` | `invoked(attempt_id, outcome, now_ms)`; the event is `payload(records)` |
| `SendToDestination`, `SendToQueue` | `sent(attempt_id, now_ms)`, `stored=False`: that failed |
| `Save` | `saved(action)` |
| `Wait` | call `step` again at `until_ms`, after any answer, and after `notify()` |
| `Finished` | the children of the shard may start |

`notify()` says that records may have come; without it a shard is polled once a second (B2).
`pause()` starts nothing new (B8), `resume()` goes on. What was in flight when a driver died is
delivered again by the next consumer, which starts at the saved position: at least once (B1).

Choices where AWS is silent (H3). *Retries* wait a random part of 100 ms, 200 ms, ... 60 s (B22);
throttles likewise up to 5 s. *Bisect*: a failed batch of several records is always halved and each
half starts anew, so only failures of single records use up retries: a poison record always ends up
alone. A response that names the first record is a failure like any other, thus halved too. Halves
run in order, in their lane. A failure that no destination takes holds its lane: AWS drops it.
"""

import random
from collections.abc import Sequence

from core.backoff import full_jitter_ms
from local.drawing import MappingSpec
from local.invoke.outcome import Outcome
from local.mapping import limits
from local.mapping.action import Action, Finished, Invoke, Save, Wait
from local.mapping.event import EventFormat
from local.mapping.failure import Condition, Discard, failure_body, failure_key, send_action
from local.mapping.lane import Batch, Farewell, Lane, lane_of
from local.mapping.progress import Progress
from local.mapping.reader import ShardReader
from local.mapping.response import Done, DoneBefore, NotRun, meaning_of
from local.mapping.source import Fetched, StreamRecord
from local.mapping.spec_check import check_spec
from local.mapping.status import NO_RECORDS, OK, PROBLEM, ShardStatus


class ShardConsumer:
    """The state machine of one shard; see the module's docstring for its protocol."""

    def __init__(
        self,
        spec: MappingSpec,
        shard_id: str,
        *,
        position: int,
        rng: random.Random,
        now_ms: int,
        retention_ms: int | None = None,
    ) -> None:
        """`position` is the last sequence number done; 0 is the trim horizon."""
        check_spec(spec)
        self.spec = spec
        self.shard_id = shard_id
        self.last_result = NO_RECORDS
        self.paused = not spec.enabled
        self._rng = rng
        self._format = EventFormat(
            stream_name=spec.stream_name, shard_id=shard_id, function_name=spec.function_name
        )
        ages_ms = [retention_ms] if retention_ms else []
        ages_ms += [spec.record_age_s_max * 1_000] if spec.record_age_s_max >= 0 else []
        self._age_ms_max = min(ages_ms, default=None)
        self._lanes = [
            Lane(batch_size=spec.batch_size, window_ms=spec.batching_window_ms, now_ms=now_ms)
            for _ in range(spec.parallelization_factor)
        ]
        self._reader = ShardReader(position, now_ms)
        self._progress = Progress(position)
        self._held_bytes = 0
        self._saving = False
        self._saved = Save(position, finished=False)
        self._attempts = 0

    # --- what to do next ---

    def step(self, now_ms: int) -> Action:
        """Return the next action and count it as begun."""
        fetch_due_ms = self._fetch_due_ms()
        if fetch_due_ms is not None and fetch_due_ms <= now_ms:
            return self._reader.begin()
        for number, lane in enumerate(self._lanes):
            action = self._lane_action(number, lane, now_ms)
            if action is not None:
                return action
        ended = self._reader.shard_end and not self._progress.records_open
        save = Save(self.position, finished=ended)
        if save != self._saved and not self._saving:
            self._saving = True
            return save
        if ended and save == self._saved:
            return Finished()
        dues_ms = [fetch_due_ms, *(self._lane_due_ms(lane, now_ms) for lane in self._lanes)]
        return Wait(min((due_ms for due_ms in dues_ms if due_ms is not None), default=None))

    def payload(self, records: Sequence[StreamRecord]) -> bytes:
        """Return the event of an Invoke, as JSON (B13)."""
        return self._format.event(records)

    # --- answers ---

    def notify(self) -> None:
        """Take note that the shard may have new records, or an end."""
        self._reader.hungry = True

    def fetched(self, result: Fetched, now_ms: int) -> None:
        self._progress.take(record.sequence_number for record in result.records)
        for record in result.records:
            lane = self._lanes[lane_of(record.partition_key, len(self._lanes))]
            lane.add(record, self._format.size(record), now_ms)
            self._held_bytes += len(record.data)
        self._reader.took(result, now_ms)

    def fetch_failed(self, now_ms: int) -> None:
        """Take note that a read failed: the next one is due after the poll interval."""
        self._reader.failed(now_ms)

    def invoked(self, attempt_id: int, outcome: Outcome, now_ms: int) -> None:
        lane = self._answered(attempt_id)
        lane.open_window(now_ms)
        batch = lane.batches[-1]
        meaning = meaning_of(outcome, batch.records, report=self.spec.report_item_failures)
        self.last_result = OK if isinstance(meaning, Done | DoneBefore) else PROBLEM
        match meaning:
            case Done():
                lane.batches.pop()
                self._finish(batch.records)
            case DoneBefore(index):  # the rest is a new batch with a fresh quota (B28)
                due_ms = now_ms + self._backoff_ms(0)
                lane.batches[-1] = Batch(batch.records[index:], due_ms=due_ms)
                self._finish(batch.records[:index])
            case NotRun():  # uses up nothing (B19)
                wait_ms = self._backoff_ms(batch.throttles, limits.THROTTLE_MS_CAP)
                batch.due_ms = now_ms + wait_ms
                batch.throttles += 1
            case failed:
                batch.invokes += 1
                batch.throttles = 0
                batch.request_id = outcome.request_id
                batch.by_response = failed.by_response
                self._fail(lane, batch, now_ms)

    def sent(self, attempt_id: int, now_ms: int, *, stored: bool = True) -> None:
        lane = self._answered(attempt_id)
        farewell = lane.farewell
        assert farewell is not None, "a farewell was on its way"
        if stored:
            lane.farewell = None
            self._finish(farewell.records)  # the mapping moves on past them (B30)
        else:
            farewell.due_ms = now_ms + self._backoff_ms(farewell.tries)
            farewell.tries += 1

    def saved(self, action: Save) -> None:
        self._saving = False
        self._saved = action

    def share_with(self, shards: int) -> None:
        """Take note that the mapping reads so many shards, this one among them."""
        for lane in self._lanes:
            lane.lanes_in_all = shards * len(self._lanes)

    def pause(self) -> None:
        self.paused = True

    def resume(self) -> None:
        self.paused = False
        self.notify()

    # --- what it shows ---

    @property
    def position(self) -> int:
        """The sequence number up to which every record is done."""
        return self._progress.position

    @property
    def idle(self) -> bool:
        """Whether nothing is known to be left to do, and all that is done is saved."""
        reading = self._reader.hungry or self._reader.reading
        return self.settled and not reading and not self._progress.records_open

    @property
    def settled(self) -> bool:
        """Whether nothing is in flight and all that is done is saved."""
        busy = self._saving or any(lane.attempt_id is not None for lane in self._lanes)
        return not busy and self._saved.position == self.position

    def status(self, now_ms: int) -> ShardStatus:
        oldest = [record.arrival_ms for lane in self._lanes if (record := lane.oldest())]
        return ShardStatus(
            shard_id=self.shard_id,
            position=self.position,
            saved_position=self._saved.position,
            iterator_age_ms=max(0, now_ms - min(oldest)) if oldest else self._reader.behind_ms,
            in_flight=sum(lane.attempt_id is not None for lane in self._lanes),
            retries=sum(lane.batches[-1].failures for lane in self._lanes if lane.batches),
            records_open=self._progress.records_open,
            last_result=self.last_result,
            paused=self.paused,
        )

    # --- inside ---

    def _fetch_due_ms(self) -> int | None:
        if self.paused:
            return None
        return self._reader.due_ms(
            held_bytes=self._held_bytes, held_records=self._progress.records_open
        )

    def _lane_due_ms(self, lane: Lane, now_ms: int) -> int | None:
        """Return when the lane has something to begin; None while it waits for others."""
        if lane.attempt_id is not None:
            return None
        if lane.farewell is not None:
            return lane.farewell.due_ms
        return None if self.paused else lane.batch_due_ms(now_ms, last=self._reader.shard_end)

    def _lane_action(self, number: int, lane: Lane, now_ms: int) -> Action | None:
        while (due_ms := self._lane_due_ms(lane, now_ms)) is not None and due_ms <= now_ms:
            if lane.farewell is not None:
                return send_action(self.spec, lane.farewell, number, self._begin(lane))
            batch = lane.next_batch(now_ms)
            if not self._cut_expired(lane, batch, now_ms):
                return Invoke(number, self._begin(lane), batch.records)
        return None

    def _begin(self, lane: Lane) -> int:
        self._attempts += 1
        lane.attempt_id = self._attempts
        return self._attempts

    def _answered(self, attempt_id: int) -> Lane:
        lane = next((one for one in self._lanes if one.attempt_id == attempt_id), None)
        assert lane is not None, f"attempt {attempt_id} is not in flight"
        lane.attempt_id = None
        return lane

    def _cut_expired(self, lane: Lane, batch: Batch, now_ms: int) -> bool:
        """Cut records beyond their age out of the batch (B21); return whether any was."""
        limit_ms = self._age_ms_max
        expired = batch.cut(now_ms - limit_ms) if limit_ms is not None else ()
        if not expired:
            return False
        if not batch.records:
            lane.batches.pop()
        self._discard(lane, batch, expired, "RecordAgeExceeded", now_ms)
        return True

    def _fail(self, lane: Lane, batch: Batch, now_ms: int) -> None:
        if self.spec.bisect and len(batch.records) > 1:
            lane.split(due_ms=now_ms + self._backoff_ms(0))
            return
        batch.failures += 1
        if 0 <= self.spec.retries_max < batch.failures:  # retries after the first try (B18)
            lane.batches.pop()
            self._discard(lane, batch, batch.records, "RetryAttemptsExhausted", now_ms)
        else:
            batch.due_ms = now_ms + self._backoff_ms(batch.failures - 1)

    def _discard(
        self,
        lane: Lane,
        batch: Batch,
        records: tuple[StreamRecord, ...],
        condition: Condition,
        now_ms: int,
    ) -> None:
        if not self.spec.keeps_failures:
            self._finish(records)
            return
        discard = Discard(
            spec=self.spec,
            shard_id=self.shard_id,
            records=records,
            event=self.payload(records),
            condition=condition,
            request_id=batch.request_id,
            invokes=batch.invokes,
            by_response=batch.by_response,
        )
        key = failure_key(discard, now_ms, self._rng)
        body = failure_body(discard, now_ms, self._rng)
        lane.farewell = Farewell(records, key, body, due_ms=now_ms)

    def _finish(self, records: Sequence[StreamRecord]) -> None:
        self._progress.finish(record.sequence_number for record in records)
        self._held_bytes -= sum(len(record.data) for record in records)

    def _backoff_ms(self, attempt: int, cap_ms: int = limits.BACKOFF_MS_CAP) -> int:
        base_ms = limits.BACKOFF_MS_BASE
        return full_jitter_ms(self._rng, attempt=attempt, base_ms=base_ms, cap_ms=cap_ms)
