"""Readings of table and warehouse in, the stages of the flow with their numbers and states out."""

import msgspec

from core.invariants.invariant import MINUTE_MS
from core.latency import quantile_ms
from core.ledger import COUNTED, OUTCOMES
from dashboard.limits import SETTLE_MS
from dashboard.pipeline.history_lines import live_lines_of
from dashboard.pipeline.history_reader import HistoryReading
from dashboard.pipeline.limits import BEHIND_MS, LATE_LOAD_MS, SETTLE_MINUTES
from dashboard.pipeline.table_reader import TableReading

OK = "ok"
QUIET = "quiet"  # it works as far as anybody can see: nothing came
BEHIND = "behind"
STOPPED = "stopped"
UNKNOWN = "unknown"


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """One part of the flow. What is not known, or does not apply, is None.

    `votes_per_second` is what passes now; `lag_ms` how late; `waiting` lines that have not come
    out yet; `total` what has passed in all; `last_ms` when the newest passed.
    """

    name: str
    state: str = UNKNOWN
    why: str = ""
    votes_per_second: int | None = None
    lag_ms: int | None = None
    waiting: int | None = None
    total: int | None = None
    last_ms: int | None = None


def stages(
    reading: TableReading | None,
    history: HistoryReading | None,
    *,
    producers: int | None,
    viewers: int,
    table_stale: bool,
    history_stale: bool,
    history_why: str,
) -> list[Stage]:
    """Return the stages in the order of the flow: the live path, then the path of history.

    What was read long ago says nothing of now: stale readings leave their totals and no state.
    """
    live = _live_path(reading, history, producers=producers, viewers=viewers)
    if table_stale:
        live = [_forgotten(each, "the tallies cannot be read") for each in live]
    later = _history_path(reading, history) if history else _no_history(history_why)
    if history and (history_stale or table_stale):
        later = [_forgotten(each, history_why or "the numbers are old") for each in later]
    return live + later


def _forgotten(stage: Stage, why: str) -> Stage:
    return Stage(name=stage.name, why=why, total=stage.total, last_ms=stage.last_ms)


def _live_path(
    reading: TableReading | None,
    history: HistoryReading | None,
    *,
    producers: int | None,
    viewers: int,
) -> list[Stage]:
    if reading is None:
        names = ("producers", "votes", "processors", "tallies", "dashboard")
        return [Stage(name=name, why="nothing has been read yet") for name in names]
    newest = newest_live(reading)
    now_minute = reading.as_of // MINUTE_MS
    arriving = newest is not None and now_minute - newest <= 1
    sums = {outcome: _sum(reading, outcome) for outcome in OUTCOMES}
    newest_ms = None if newest is None else newest * MINUTE_MS
    return [
        Stage(
            name="producers",
            state=OK if arriving else QUIET,
            why="" if arriving else "nothing has arrived for over a minute",
            total=producers,
            last_ms=newest_ms,
        ),
        Stage(
            name="votes",
            state=OK if arriving else QUIET,
            total=sum(sums.values()),
            votes_per_second=reading.lines_per_second,
            last_ms=newest_ms,
        ),
        _processors(reading, history, sums[COUNTED]),
        Stage(name="tallies", state=OK, total=sums[COUNTED], last_ms=reading.as_of, lag_ms=0),
        Stage(name="dashboard", state=OK, total=viewers, last_ms=reading.as_of),
    ]


def _processors(reading: TableReading, history: HistoryReading | None, counted: int) -> Stage:
    full_second = (reading.as_of - SETTLE_MS) // 1000 - 1
    p99 = quantile_ms(reading.arrival_ms, 0.99)
    lag_ms = None if p99 is None else round(p99)
    newest = newest_live(reading)
    ahead = history.newest_minute if history else None
    if lag_ms is not None:
        state, why = (BEHIND, "votes are counted late") if lag_ms >= BEHIND_MS else (OK, "")
    elif ahead is not None and (newest is None or ahead > newest):
        state, why = STOPPED, "history has lines that nobody has counted"
    else:
        state, why = QUIET, "nothing to count"
    return Stage(
        name="processors",
        state=state,
        why=why,
        votes_per_second=reading.counted_by_second[full_second],
        lag_ms=lag_ms,
        total=counted,
        last_ms=max(reading.counted_by_second, default=0) * 1000 or None,
    )


def _history_path(reading: TableReading | None, history: HistoryReading) -> list[Stage]:
    newest = newest_live(reading) if reading else None
    reach = history.newest_minute
    lag_minutes = 0 if newest is None else newest - (reach or history.from_minute)
    late = lag_minutes * MINUTE_MS > LATE_LOAD_MS
    state, why = (BEHIND, "lines of some minutes have not come") if late else (OK, "")
    if not late and (newest is None or history.as_of // MINUTE_MS - newest > SETTLE_MINUTES):
        state, why = QUIET, "nothing to deliver"
    waiting = None if reading is None else _waiting(reading, history)
    held = waiting is not None and waiting > 0 and _held(reading, history)
    delivered = history.sums["delivered"]
    return [
        Stage(
            name="firehose_transforms",
            state=state,
            why=why,
            lag_ms=None if newest is None else max(0, lag_minutes) * MINUTE_MS,
            total=delivered,
            last_ms=None if reach is None else reach * MINUTE_MS,
        ),
        Stage(
            name="lake",
            state=state if history.objects else QUIET,
            total=history.objects,
            waiting=history.landed,
        ),
        Stage(
            name="sql",
            state=BEHIND if held else state,
            why="minutes that are old enough are not whole" if held else why,
            votes_per_second=history.rate,
            waiting=waiting,
            lag_ms=None if history.loaded_ms is None else max(0, history.as_of - history.loaded_ms),
            total=sum(history.sums[outcome] for outcome in OUTCOMES),
            last_ms=history.loaded_ms,
        ),
    ]


def _no_history(why: str) -> list[Stage]:
    return [Stage(name=name, why=why) for name in ("firehose_transforms", "lake", "sql")]


def newest_live(reading: TableReading) -> int | None:
    """Return the newest minute of arrival that has lines."""
    found = [each.newest_minute for each in reading.ledgers.values()]
    return max((minute for minute in found if minute is not None), default=None)


def _sum(reading: TableReading, outcome: str) -> int:
    return sum(each.sums[outcome] for each in reading.ledgers.values())


def _waiting(reading: TableReading, history: HistoryReading) -> int:
    """Return lines of the window that are in the live ledger and not in the warehouse."""
    live = live_lines_of(reading, history.from_minute)
    return max(
        0,
        sum(lines.total() for lines in live.values())
        - sum(sum(lines.values()) for lines in history.tables.values()),
    )


def _held(reading: TableReading | None, history: HistoryReading) -> bool:
    """Return whether a minute that is old enough still lacks lines in the warehouse."""
    if reading is None:
        return False
    settled = reading.as_of // MINUTE_MS - SETTLE_MINUTES
    live = live_lines_of(reading, history.from_minute)
    return any(
        count > history.tables[outcome].get(key, 0)
        for outcome, lines in live.items()
        for key, count in lines.items()
        if key[1] < settled
    )
