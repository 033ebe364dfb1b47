"""A running system in, for how long its live tallies were behind what was cast out."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from core.keys import lane_pk
from core.lane import LaneState
from local.chaos import limits
from local.chaos.judge import Lane
from local.table_reader import read_items
from producers.outbox_meta import read_meta

Batches = Mapping[Lane, int]  # lane -> number of a batch


class Look(NamedTuple):
    """What was seen at one moment; `done` None: nobody answered.

    `cast` is each lane's newest batch on disk, `done` the newest up to which all are applied.
    """

    at_s: float
    cast: Batches
    done: Batches | None
    lines: int = 0


class Watch:
    """Looks ten times a second, in a thread, from `start` to `stop`.

    The tallies are behind when they lack a batch that was cast more than `lag_s` ago: LAG_S, or on
    a busy machine three times what they were behind before anything was struck.
    """

    def __init__(
        self, cast: Callable[[], Batches], lanes: Callable[[], Mapping[Lane, LaneState] | None]
    ) -> None:
        self._cast = cast
        self._lanes = lanes
        self._stop = threading.Event()
        self._changed = threading.Condition()
        self.looks: list[Look] = []
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(limits.FLOW_S_MAX)

    def now_s(self) -> float:
        return time.monotonic()  # noqa: TID251 - a command's own stopwatch

    def _run(self) -> None:
        while not self._stop.is_set():
            cast = self._cast()
            lanes = self._lanes()
            with self._changed:
                self.looks.append(look_of(self.now_s(), cast, lanes))
                self._changed.notify_all()
            self._stop.wait(limits.LOOK_S)

    def flows(self, votes: int) -> bool:
        """Wait until this many more votes are counted than now; False when time is up."""
        start: list[int] = []

        def more() -> bool:
            if not self.looks or self.looks[-1].done is None:
                return False
            lines = self.looks[-1].lines
            if not start:
                start.append(lines)
            return lines >= start[0] + votes

        with self._changed:
            return self._changed.wait_for(more, limits.FLOW_S_MAX)

    def usual_lag_s(self) -> float:
        """Return how late tallies may be here and now: read it before a strike."""
        with self._changed:
            worst_s = max(lags(self.looks, self.now_s() - limits.USUAL_S), default=0.0)
        return min(max(limits.LAG_S, limits.USUAL_TIMES * worst_s), limits.LAG_S_MAX)

    def recovered(
        self, struck_s: float, is_back: Callable[[], bool], *, lag_s: float
    ) -> float | None:
        """Wait until what was struck is back and the tallies keep up; return the seconds it took.

        None when that does not come within RECOVER_S_MAX.
        """
        back_s: float | None = None
        deadline_s = self.now_s() + limits.RECOVER_S_MAX
        while self.now_s() < deadline_s:
            if back_s is None and is_back():
                back_s = self.now_s()
            with self._changed:
                found = None if back_s is None else kept_up_since(self.looks, back_s, lag_s)
                if found is not None:
                    return max(0.0, found - struck_s)
                self._changed.wait(limits.LOOK_S)
        return None


def look_of(at_s: float, cast: Batches, lanes: Mapping[Lane, LaneState] | None) -> Look:
    """Return a look; a lane with a hole is done up to the hole, whatever came after it."""
    if lanes is None:
        return Look(at_s, cast, None)
    done = {
        lane: min((first for first, _ in state.gaps), default=state.high + 1) - 1
        for lane, state in lanes.items()
    }
    return Look(at_s, cast, done, sum(state.votes + state.parked for state in lanes.values()))


def lags(looks: Sequence[Look], from_s: float) -> Iterator[float]:
    """Yield for each look from a moment on how long ago the oldest batch was cast that it lacks."""
    newest_done = 0
    for look in looks:
        while newest_done + 1 < len(looks) and looks[newest_done + 1].at_s <= look.at_s:
            if look.done is None or _behind(looks[newest_done + 1].cast, look.done):
                break
            newest_done += 1
        if look.at_s >= from_s:
            yield look.at_s - looks[newest_done].at_s


def kept_up_since(looks: Sequence[Look], from_s: float, lag_s: float) -> float | None:
    """Return since when, at or after `from_s`, the tallies were not behind; None if not for long.

    The moment is the first look of an unbroken row of looks that is SETTLED_S longer than `lag_s`:
    a late effect shows only once it is `lag_s` old.
    """
    since: float | None = None
    for look, lag in zip(looks, lags(looks, looks[0].at_s), strict=True):
        if look.at_s < from_s:
            continue
        if look.done is None or lag > lag_s:
            since = None
        elif since is None:
            since = look.at_s
        if since is not None and look.at_s - since >= lag_s + limits.SETTLED_S:
            return since
    return None


def _behind(cast: Batches, done: Batches) -> bool:
    return any(done.get(lane, 0) < number for lane, number in cast.items())


def lane_states(
    dynamodb: Any, table: str, outboxes: Sequence[Path]
) -> dict[Lane, LaneState] | None:
    """Return the state of every lane of these outboxes, None when the table does not answer."""
    found: dict[Lane, LaneState] = {}
    try:
        for producer, _ in map(read_meta, outboxes):
            for item in read_items(dynamodb, table, lane_pk(producer)):
                found[producer, int(item["sk"])] = LaneState.from_values(item)
    except Exception:  # whatever it was: nothing is seen of the tallies now
        return None
    return found
