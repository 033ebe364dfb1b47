"""Publishers in, threads that step them, and the figures of their puts, out."""

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from core.clock import Clock
from core.latency import bucket_of, quantile_ms
from producers.publish import Step

IDLE_MS: Final = 20  # how long a thread with nothing to send waits before it looks again
PUBLISHERS: Final = 1  # one signs and sends while the other waits for the stream's disk
THROTTLED_MS: Final = 1_000  # a shard's limit is by the second: so long it counts as throttled
JOIN_S: Final = 30  # a put that hangs this long is left behind: its batches stay in the outbox


class Steps(Protocol):
    """A publisher, as this thread calls it."""

    def step(self) -> Step: ...


@dataclass(slots=True)
class PutFigures:
    """What the puts of a run came to. `latency_ms` is a histogram by `core.latency`'s buckets.

    `throttled` counts refused batches by shard, `throttled_ms` says when each refused last.
    """

    calls: int = 0
    accepted_votes: int = 0
    failed_batches: int = 0
    latency_ms: Counter[int] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    throttled: Counter[str] = field(default_factory=Counter)
    throttled_ms: dict[str, int] = field(default_factory=dict)

    def add(self, step: Step, took_ms: int, now_ms: int) -> None:
        self.calls += 1
        self.accepted_votes += step.acknowledged_votes
        self.failed_batches += step.failed_batches
        self.latency_ms[bucket_of(took_ms)] += 1
        if step.reason:
            self.reasons[step.reason] += step.failed_batches
        self.throttled.update(step.throttled)
        self.throttled_ms |= dict.fromkeys(step.throttled, now_ms)

    def put_ms(self, q: float) -> float | None:
        return quantile_ms(self.latency_ms, q)


class Wake:
    """Wakes every thread that waits for something to send."""

    def __init__(self, events: Sequence[threading.Event]) -> None:
        self._events = events

    def set(self) -> None:
        for event in self._events:
            event.set()


class PublishThread:
    """Steps publishers, each in a thread of its own, until it is told to stop.

    Publishers of different lanes put side by side: while one waits for the stream's disk, another
    signs and sends. `wake` says that there is something new.
    """

    def __init__(self, *publishers: Steps, clock: Clock) -> None:
        self._clock = clock
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        events: list[threading.Event] = []
        for publisher in publishers:
            events.append(threading.Event())
            arguments = (publisher, events[-1])
            self._threads.append(
                threading.Thread(target=self._run, args=arguments, name="publisher", daemon=True)
            )
        self.wake = Wake(events)
        self.figures = PutFigures()
        self.last_reason = ""
        self._waiting_lanes: dict[Steps, int] = {}
        self.error: Exception | None = None

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop after the calls that are under way; raise what made a thread end, if anything."""
        self._stop.set()
        self.wake.set()
        for thread in self._threads:
            thread.join(JOIN_S)
        self.check()

    @property
    def waiting_lanes(self) -> int:
        """Lanes whose batch was refused, and who wait before they send it again."""
        with self._lock:
            return sum(self._waiting_lanes.values())

    def throttled_shards(self) -> tuple[str, ...]:
        """Return the shards that refused a batch within the last second."""
        after_ms = self._clock.monotonic_ms() - THROTTLED_MS
        with self._lock:
            found = self.figures.throttled_ms.items()
            return tuple(sorted(shard for shard, at_ms in found if at_ms > after_ms))

    def check(self) -> None:
        """Raise what made the thread end, if anything did."""
        if self.error is not None:
            raise self.error

    def _run(self, publisher: Steps, wake: threading.Event) -> None:
        try:
            while not self._stop.is_set():
                self._step(publisher, wake)
        except Exception as error:  # handed to the thread that owns this one
            self.error = error

    def _step(self, publisher: Steps, wake: threading.Event) -> None:
        wake.clear()
        started_ms = self._clock.monotonic_ms()
        step = publisher.step()
        now_ms = self._clock.monotonic_ms()
        with self._lock:
            self._waiting_lanes[publisher] = step.waiting_lanes
            if step.sent_batches:
                self.figures.add(step, now_ms - started_ms, now_ms)
                self.last_reason = step.reason
        if step.acknowledged_votes == 0:
            wait_ms = IDLE_MS if step.wait_ms is None else min(step.wait_ms, IDLE_MS)
            wake.wait(max(1, wait_ms) / 1000)


def lane_groups(lanes: int, groups: int) -> list[range]:
    """Return `groups` sets of lanes that hold every lane once; neighbours are kept apart."""
    return [range(first, lanes, groups) for first in range(min(groups, lanes))]
