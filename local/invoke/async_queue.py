"""Events of asynchronous invocations in, those that are due out: a queue on disk (B50, B51).

An event stays until it is done; what was in flight when the engine died is due again.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS events (
    id INTEGER PRIMARY KEY,
    request_id TEXT NOT NULL,
    function TEXT NOT NULL,
    payload BLOB NOT NULL,
    accepted_ms INTEGER NOT NULL,
    due_ms INTEGER NOT NULL,
    failures INTEGER NOT NULL DEFAULT 0,
    throttles INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS events_due ON events (due_ms);
"""
_COLUMNS: Final = "id, request_id, function, payload, accepted_ms, due_ms, failures, throttles"


@dataclass(slots=True)
class AsyncEvent:
    """One accepted event: `failures` used up retries, `throttles` only waited."""

    id: int
    request_id: str
    function: str
    payload: bytes
    accepted_ms: int
    due_ms: int
    failures: int = 0
    throttles: int = 0


@dataclass(slots=True)
class Changes:
    """What is written together: new events (request id, function, payload, accepted_ms), others."""

    put: list[tuple[str, str, bytes, int]] = field(default_factory=list)
    postponed: list[AsyncEvent] = field(default_factory=list)
    removed: list[AsyncEvent] = field(default_factory=list)


class AsyncQueue:
    """The queue's file. Writes may run in another thread than the rest: they wait for the disk."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._database = _connect(path)
        self._database.executescript(_SCHEMA)
        self._intake = _connect(path)

    def put(self, events: Sequence[tuple[str, str, bytes, int]]) -> None:
        """Store (request id, function, payload, accepted_ms) rows, all or none, durably."""
        self.write(Changes(put=list(events)))

    def write(self, changes: Changes) -> None:
        """Write all of it or nothing, durably; one write of the disk for everybody."""
        rows = [(*event, event[-1]) for event in changes.put]
        later = [(e.due_ms, e.failures, e.throttles, e.id) for e in changes.postponed]
        gone = [(event.id,) for event in changes.removed]
        with self._intake as intake:  # commits, or rolls back
            intake.execute("BEGIN IMMEDIATE")
            intake.executemany(
                "INSERT INTO events (request_id, function, payload, accepted_ms, due_ms) "
                "VALUES (?, ?, ?, ?, ?)",
                rows,
            )
            intake.executemany(
                "UPDATE events SET due_ms = ?, failures = ?, throttles = ? WHERE id = ?", later
            )
            intake.executemany("DELETE FROM events WHERE id = ?", gone)

    def due(self, now_ms: int, *, count_max: int, but: Iterable[int]) -> list[AsyncEvent]:
        """Return the events that are due, the longest waiting first, without those in flight."""
        held = list(but)
        marks = ", ".join("?" * len(held))
        rows = self._database.execute(
            f"SELECT {_COLUMNS} FROM events WHERE due_ms <= ? AND id NOT IN ({marks}) "  # noqa: S608 - question marks only
            "ORDER BY due_ms, id LIMIT ?",
            (now_ms, *held, count_max),
        )
        return [AsyncEvent(*row) for row in rows]

    def next_due_ms(self, but: Iterable[int]) -> int | None:
        """Return when the next event that is not in flight is due."""
        held = list(but)
        marks = ", ".join("?" * len(held))
        query = f"SELECT min(due_ms) FROM events WHERE id NOT IN ({marks})"  # noqa: S608 - as above
        (due_ms,) = self._database.execute(query, held).fetchone()
        return None if due_ms is None else int(due_ms)

    def postpone(self, event: AsyncEvent) -> None:
        """Store when the event is due again, and its counts."""
        self.write(Changes(postponed=[event]))

    def remove(self, event: AsyncEvent) -> None:
        self.write(Changes(removed=[event]))

    def ids(self) -> set[int]:
        """Return the ids of all events that are not done."""
        return {int(row[0]) for row in self._database.execute("SELECT id FROM events")}

    def payload(self, event_id: int) -> bytes:
        """Return what an event that is not done holds."""
        query = "SELECT payload FROM events WHERE id = ?"
        (payload,) = self._database.execute(query, (event_id,)).fetchone()
        return bytes(payload)

    def __len__(self) -> int:
        (count,) = self._database.execute("SELECT count(*) FROM events").fetchone()
        return int(count)

    def close(self) -> None:
        self._intake.close()
        self._database.close()


def _connect(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")  # 202 means: on disk
    return database
