"""An outbox and a stream client in, a thread that sends one to the other, and its figures, out."""

import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Final, Protocol

from core.clock import Clock
from core.latency import bucket_of, quantile_ms
from producers.publish import Step

IDLE_MS: Final = 20  # how long a thread with nothing to send waits before it looks again
JOIN_S: Final = 30  # a put that hangs this long is left behind: its batches stay in the outbox


class Steps(Protocol):
    """A publisher, as this thread calls it."""

    def step(self) -> Step: ...


@dataclass(slots=True)
class PutFigures:
    """What the puts of a run came to. `latency_ms` is a histogram by `core.latency`'s buckets."""

    calls: int = 0
    accepted_votes: int = 0
    failed_batches: int = 0
    latency_ms: Counter[int] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)

    def add(self, step: Step, took_ms: int) -> None:
        self.calls += 1
        self.accepted_votes += step.acknowledged_votes
        self.failed_batches += step.failed_batches
        self.latency_ms[bucket_of(took_ms)] += 1
        if step.reason:
            self.reasons[step.reason] += step.failed_batches

    def put_ms(self, q: float) -> float | None:
        return quantile_ms(self.latency_ms, q)


class PublishThread:
    """Steps a publisher until it is told to stop. `wake` says that there is something new."""

    def __init__(self, publisher: Steps, *, clock: Clock) -> None:
        self._publisher = publisher
        self._clock = clock
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="publisher", daemon=True)
        self.wake = threading.Event()
        self.figures = PutFigures()
        self.last_reason = ""
        self.error: Exception | None = None

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop after the call that is under way; raise what made the thread end, if anything."""
        self._stop.set()
        self.wake.set()
        self._thread.join(JOIN_S)
        self.check()

    def check(self) -> None:
        """Raise what made the thread end, if anything did."""
        if self.error is not None:
            raise self.error

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self._step()
        except Exception as error:  # handed to the thread that owns this one
            self.error = error

    def _step(self) -> None:
        self.wake.clear()
        started_ms = self._clock.monotonic_ms()
        step = self._publisher.step()
        if step.sent_batches:
            self.figures.add(step, self._clock.monotonic_ms() - started_ms)
            self.last_reason = step.reason
        if step.acknowledged_votes == 0:
            wait_ms = IDLE_MS if step.wait_ms is None else min(step.wait_ms, IDLE_MS)
            self.wake.wait(max(1, wait_ms) / 1000)
