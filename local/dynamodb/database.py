"""A path in, an open SQLite database out whose commits are on disk when they return."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from core.errors import DataFolderUnusable

_VERSION: Final = 1
# A row per item; `hash` and `range` are keys as bytes that order as DynamoDB orders them.
_SCHEMA: Final = """
CREATE TABLE tables (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    definition BLOB NOT NULL
);
CREATE TABLE items (
    row INTEGER PRIMARY KEY,
    table_id INTEGER NOT NULL,
    hash BLOB NOT NULL,
    range BLOB NOT NULL,
    expires_s INTEGER,
    item BLOB NOT NULL
);
CREATE UNIQUE INDEX item_key ON items (table_id, hash, range);
CREATE INDEX item_expiry ON items (table_id, expires_s) WHERE expires_s IS NOT NULL;
CREATE TABLE tokens (
    token TEXT PRIMARY KEY,
    digest BLOB NOT NULL,
    expires_ms INTEGER NOT NULL
) WITHOUT ROWID;
"""


def open_database(path: Path | None) -> sqlite3.Connection:
    """Open or make the database; None keeps it in memory.

    WAL with synchronous=FULL: a commit returns when it is on disk, and a killed process leaves
    whole transactions behind. Raises DataFolderUnusable for a file of another kind or version.
    """
    try:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(
            ":memory:" if path is None else path,
            isolation_level=None,  # we begin and commit ourselves
            check_same_thread=False,  # one thread at a time, not always the same
            cached_statements=64,
        )
    except (OSError, sqlite3.Error) as error:
        raise DataFolderUnusable(f"opening tables: {path}: {error}") from error
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        _prepare(connection, path)
    except sqlite3.Error as error:
        connection.close()
        raise DataFolderUnusable(f"opening tables: {path}: {error}") from error
    except DataFolderUnusable:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path | None) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == _VERSION:
        return
    (objects,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if version != 0 or objects:
        raise DataFolderUnusable(
            f"opening tables: {path}: version {version} of the file, this program reads {_VERSION}"
        )
    connection.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version={_VERSION}; COMMIT;")


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit what the block did, durably; undo it all when the block or the commit fails."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
