"""Sealed batches in, the same batches on the stream out: all of them, in each lane's order.

One batch is in flight per lane. Only what failed is sent again, the same bytes, after a back-off
with full jitter; a stream that is away or throttles is waited for, never given up on.
"""

import random
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from core import limits
from core.backoff import full_jitter_ms
from core.clients import StreamClient
from core.clock import Clock
from core.lane import partition_key
from core.service_error import code_of
from producers.outbox import Outbox
from producers.pack import Batch


@dataclass(frozen=True, slots=True)
class Step:
    """What one step did. `wait_ms` is None when nothing waits to be sent.

    `throttled` names the shard of each batch that was too much for it; `waiting_lanes` have a batch
    that was refused, and wait before they send it again.
    """

    sent_batches: int
    acknowledged_votes: int
    failed_batches: int
    wait_ms: int | None
    reason: str
    throttled: tuple[str, ...] = ()
    waiting_lanes: int = 0


_SHARD: Final = re.compile(r"\bshard (shardId-\d+)\b")  # as Kinesis words it (clause A8)


class Publisher:
    """Sends an outbox to a stream, one `step` at a time; never raises for the stream's faults."""

    def __init__(
        self,
        outbox: Outbox,
        client: StreamClient,
        *,
        stream: str,
        clock: Clock,
        rng: random.Random,
        lanes: Sequence[int] | None = None,
    ) -> None:
        """`lanes` are the lanes this publisher sends, all of them by default.

        Several publishers may share an outbox, a thread each, as long as no lane has two.
        """
        self._outbox = outbox
        self._client = client
        self._stream = stream
        self._clock = clock
        self._rng = rng
        self._lanes = list(range(outbox.lanes) if lanes is None else lanes)
        self._attempts = [0] * outbox.lanes
        self._not_before_ms = [0] * outbox.lanes
        self._first = 0

    def step(self) -> Step:
        """Put one batch of every lane that has one and is not backing off."""
        now_ms = self._clock.monotonic_ms()
        batches, wait_ms = self._choose(now_ms)
        if not batches:
            return Step(0, 0, 0, wait_ms, "", waiting_lanes=self._waiting_lanes())
        entries = [batch.to_entry(self._outbox.producer, self._outbox.lanes) for batch in batches]
        try:
            reply = self._client.put_records(StreamName=self._stream, Records=entries)
        except Exception as error:  # whatever it was, the same bytes are sent again
            return self._failed_call(batches, error)
        return self._settle(batches, reply["Records"])

    def _choose(self, now_ms: int) -> tuple[list[Batch], int | None]:
        """Pick at most one batch a lane, within PutRecords' limits, each lane first in turn."""
        chosen: list[Batch] = []
        size_bytes = 0
        wait_ms: int | None = None
        with self._outbox.lock:
            for place in self._places():
                lane = self._lanes[place]
                batch = self._outbox.ready(lane)
                if batch is None:
                    continue
                if (late_ms := self._not_before_ms[lane] - now_ms) > 0:
                    wait_ms = late_ms if wait_ms is None else min(wait_ms, late_ms)
                    continue
                size_bytes += len(batch.data) + len(partition_key(self._outbox.producer, lane))
                full = len(chosen) == limits.PUT_RECORDS_COUNT_MAX
                if full or (chosen and size_bytes > limits.PUT_RECORDS_BYTES_MAX):
                    self._first = place
                    break
                chosen.append(batch)
        return chosen, wait_ms

    def _places(self) -> Iterable[int]:
        """Return the places of the lanes, beginning with the one that had to wait last time."""
        count = len(self._lanes)
        return ((self._first + step) % count for step in range(count))

    def _failed_call(self, batches: Sequence[Batch], error: Exception) -> Step:
        wait_ms = min(self._back_off(batch.lane) for batch in batches)
        reason = code_of(error) or type(error).__name__
        waiting = self._waiting_lanes()
        return Step(len(batches), 0, len(batches), wait_ms, reason, waiting_lanes=waiting)

    def _settle(self, batches: Sequence[Batch], outcomes: Sequence[Mapping[str, Any]]) -> Step:
        assert len(outcomes) == len(batches), "Kinesis answers every record, in order"
        taken: list[Batch] = []
        waits_ms: list[int] = []
        throttled: list[str] = []
        reason = ""
        for batch, outcome in zip(batches, outcomes, strict=True):
            if outcome.get("SequenceNumber"):
                taken.append(batch)
                self._attempts[batch.lane] = 0
                self._not_before_ms[batch.lane] = 0
            else:
                waits_ms.append(self._back_off(batch.lane))
                reason = str(outcome.get("ErrorCode", "InternalFailure"))
                throttled += _SHARD.findall(str(outcome.get("ErrorMessage", "")))
        self._outbox.acknowledge(taken)
        votes = sum(batch.votes for batch in taken)
        wait_ms = min(waits_ms) if waits_ms and not taken else 0
        return Step(
            len(batches),
            votes,
            len(waits_ms),
            wait_ms,
            reason,
            throttled=tuple(throttled),
            waiting_lanes=self._waiting_lanes(),
        )

    def _waiting_lanes(self) -> int:
        """Return how many lanes have a batch that was refused and is not taken yet."""
        return sum(self._attempts[lane] > 0 for lane in self._lanes)

    def _back_off(self, lane: int) -> int:
        wait_ms = full_jitter_ms(
            self._rng,
            attempt=self._attempts[lane],
            base_ms=limits.PUT_BACKOFF_MS_BASE,
            cap_ms=limits.PUT_BACKOFF_MS_CAP,
        )
        self._attempts[lane] += 1
        self._not_before_ms[lane] = self._clock.monotonic_ms() + wait_ms
        return wait_ms
