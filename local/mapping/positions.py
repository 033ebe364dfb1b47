"""How far each shard of each mapping is done, on disk: SQLite, one row a shard.

A commit survives the death of the process; the last ones may be lost with the machine's power.
Then records are delivered again, which a consumer of Kinesis must bear anyway (clause B1).
"""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS positions (
    mapping TEXT NOT NULL,
    shard TEXT NOT NULL,
    position TEXT NOT NULL,
    finished INTEGER NOT NULL,
    PRIMARY KEY (mapping, shard)
) WITHOUT ROWID
"""
# Sequence numbers have up to 56 digits: text, not INTEGER.
_SAVE: Final = "INSERT OR REPLACE INTO positions VALUES (?, ?, ?, ?)"


@dataclass(frozen=True, slots=True)
class ShardPosition:
    """`position` is the last sequence number done; `finished`: the shard is done for good."""

    position: int
    finished: bool = False


class PositionStore:
    """The positions of all mappings; calls come from one thread."""

    def __init__(self, path: Path | None) -> None:
        """Open the file, or a store in memory (None)."""
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(path or ":memory:", isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.execute(_SCHEMA)

    def load(self, mapping: str) -> dict[str, ShardPosition]:
        """Return what is known of a mapping's shards, by shard id; empty for a new mapping."""
        rows = self._database.execute(
            "SELECT shard, position, finished FROM positions WHERE mapping = ?", (mapping,)
        )
        return {
            shard: ShardPosition(int(position), bool(finished))
            for shard, position, finished in rows
        }

    def save(self, mapping: str, positions: Mapping[str, ShardPosition]) -> None:
        """Store the positions of some shards, all or none."""
        rows = [
            (mapping, shard, str(at.position), int(at.finished)) for shard, at in positions.items()
        ]
        with self._database:  # commits, or rolls back
            self._database.execute("BEGIN IMMEDIATE")
            self._database.executemany(_SAVE, rows)

    def forget(self, mapping: str, shards: list[str]) -> None:
        """Drop the rows of shards that no longer exist."""
        rows = [(mapping, shard) for shard in shards]
        self._database.executemany("DELETE FROM positions WHERE mapping = ? AND shard = ?", rows)

    def close(self) -> None:
        self._database.close()
