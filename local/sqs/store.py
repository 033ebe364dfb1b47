"""Messages in, those that are visible out, each kept until it is deleted or too old: SQLite.

A message is on disk when `send` returns. Every call is a transaction of its own, from any thread.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from local.sqs.queue import QueueSettings

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS queues (
    name TEXT PRIMARY KEY,
    visibility_s INTEGER NOT NULL,
    retention_s INTEGER NOT NULL,
    message_bytes_max INTEGER NOT NULL,
    created_ms INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    queue TEXT NOT NULL,
    message_id TEXT NOT NULL,
    body TEXT NOT NULL,
    sent_ms INTEGER NOT NULL,
    visible_ms INTEGER NOT NULL,
    first_received_ms INTEGER,
    receives INTEGER NOT NULL DEFAULT 0,
    receipt TEXT
);
CREATE INDEX IF NOT EXISTS messages_visible ON messages (queue, visible_ms);
"""
_MESSAGE: Final = "id, message_id, body, sent_ms, first_received_ms, receives"


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A queue that is there."""

    name: str
    settings: QueueSettings
    created_ms: int


@dataclass(slots=True)
class Message:
    """One message, as its receiver gets it; `receipt` is new with each receipt."""

    id: int
    message_id: str
    body: str
    sent_ms: int
    first_received_ms: int | None
    receives: int
    receipt: str = ""


class MessageStore:
    """All queues of the engine in one file; None: in memory."""

    def __init__(self, path: Path | None) -> None:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._database = sqlite3.connect(
            path or ":memory:", isolation_level=None, check_same_thread=False
        )
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = FULL")
        self._database.executescript(_SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._database.close()

    def create(self, queue: Queue) -> None:
        settings = queue.settings
        with self._transaction() as database:
            database.execute(
                "INSERT INTO queues VALUES (?, ?, ?, ?, ?)",
                (
                    queue.name,
                    settings.visibility_s,
                    settings.retention_s,
                    settings.message_bytes_max,
                    queue.created_ms,
                ),
            )

    def queues(self) -> list[Queue]:
        """Return every queue, by name."""
        with self._transaction() as database:
            rows = database.execute("SELECT * FROM queues ORDER BY name").fetchall()
        return [
            Queue(
                name=name,
                settings=QueueSettings(
                    visibility_s=visibility_s,
                    retention_s=retention_s,
                    message_bytes_max=message_bytes_max,
                ),
                created_ms=created_ms,
            )
            for name, visibility_s, retention_s, message_bytes_max, created_ms in rows
        ]

    def send(self, queue: Queue, message_id: str, body: str, now_ms: int) -> None:
        """Store a message, durably."""
        with self._transaction() as database:
            database.execute(
                "INSERT INTO messages (queue, message_id, body, sent_ms, visible_ms) "
                "VALUES (?, ?, ?, ?, ?)",
                (queue.name, message_id, body, now_ms, now_ms),
            )

    def receive(
        self,
        queue: Queue,
        *,
        count_max: int,
        now_ms: int,
        visible_ms: int,
        new_receipt: Callable[[], str],
    ) -> list[Message]:
        """Return the oldest visible messages, and hide them until `visible_ms`."""
        with self._transaction() as database:
            self._expire(database, queue, now_ms)
            rows = database.execute(
                f"SELECT {_MESSAGE} FROM messages WHERE queue = ? AND visible_ms <= ? "  # noqa: S608 - our own text
                "ORDER BY id LIMIT ?",
                (queue.name, now_ms, count_max),
            ).fetchall()
            messages = [Message(*row) for row in rows]
            for message in messages:
                message.receives += 1
                message.receipt = new_receipt()
                if message.first_received_ms is None:
                    message.first_received_ms = now_ms
                database.execute(
                    "UPDATE messages SET receives = ?, visible_ms = ?, receipt = ?, "
                    "first_received_ms = ? WHERE id = ?",
                    (
                        message.receives,
                        visible_ms,
                        message.receipt,
                        message.first_received_ms,
                        message.id,
                    ),
                )
        return messages

    def delete(self, queue: Queue, receipt: str) -> None:
        """Delete the message whose latest receipt this is; an older one deletes nothing."""
        with self._transaction() as database:
            database.execute(
                "DELETE FROM messages WHERE queue = ? AND receipt = ?", (queue.name, receipt)
            )

    def hide(self, queue: Queue, receipt: str, *, now_ms: int, visible_ms: int) -> bool:
        """Let a message be visible from then on; return False where it is not in flight."""
        with self._transaction() as database:
            self._expire(database, queue, now_ms)
            changed = database.execute(
                "UPDATE messages SET visible_ms = ? "
                "WHERE queue = ? AND receipt = ? AND visible_ms > ?",
                (visible_ms, queue.name, receipt, now_ms),
            )
            return changed.rowcount == 1

    def counts(self, queue: Queue, now_ms: int) -> tuple[int, int]:
        """Return how many messages are visible, and how many are in flight."""
        with self._transaction() as database:
            self._expire(database, queue, now_ms)
            visible, every = database.execute(
                "SELECT COUNT(*) FILTER (WHERE visible_ms <= ?), COUNT(*) FROM messages "
                "WHERE queue = ?",
                (now_ms, queue.name),
            ).fetchone()
        return int(visible), int(every - visible)

    @staticmethod
    def _expire(database: sqlite3.Connection, queue: Queue, now_ms: int) -> None:
        oldest_ms = now_ms - queue.settings.retention_s * 1_000
        database.execute(
            "DELETE FROM messages WHERE queue = ? AND sent_ms < ?", (queue.name, oldest_ms)
        )

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._database:  # commits, or rolls back
            self._database.execute("BEGIN IMMEDIATE")
            yield self._database
