"""Keys in, stored items out; changes in, rows written: the SQL that touches items."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from core.item import Item
from local.dynamodb import attribute, number
from local.dynamodb.key import Key
from local.dynamodb.limits import EXPIRY_AGE_S_MAX, RANGE_KEY_BYTES_MAX, SWEEP_ROWS_MAX
from local.dynamodb.table import Table

_AFTER_ALL: Final = b"\xff" * (RANGE_KEY_BYTES_MAX + 1)  # above every range key
_UPWARD: Final = (
    "SELECT item FROM items WHERE table_id = ? AND hash = ? AND range >= ? AND range < ?"
    " ORDER BY range"
)
_DOWNWARD: Final = f"{_UPWARD} DESC"
_EXPIRES_S_MAX: Final = 2**62  # SQLite's integers are 64 bits wide


class Row(NamedTuple):
    """An item as it lies in the database."""

    row: int
    expires_s: int | None
    blob: bytes


class Change(NamedTuple):
    """What becomes of one item; `blob` None deletes it."""

    key: Key
    was: Row | None
    blob: bytes | None
    expires_s: int | None


@dataclass(frozen=True, slots=True)
class KeyRange:
    """Range keys from `low` on and before `high`, as sort bytes."""

    low: bytes = b""
    high: bytes = _AFTER_ALL


def successor(key: bytes) -> bytes:
    """Return the smallest sort bytes above `key`."""
    return key + b"\x00"


def prefix_end(prefix: bytes) -> bytes:
    """Return the smallest sort bytes above everything that begins with `prefix`."""
    stem = prefix.rstrip(b"\xff")
    return stem[:-1] + bytes([stem[-1] + 1]) if stem else _AFTER_ALL


def expiry_s(table: Table, item: Item) -> int | None:
    """Return when an item expires, in epoch seconds (clause D12); None when it does not."""
    if table.ttl_attribute is None:
        return None
    text = item.get(table.ttl_attribute, {}).get("N")
    if text is None:
        return None
    seconds = int(number.magnitude(text))
    return seconds if 0 <= seconds <= _EXPIRES_S_MAX else None


def read(connection: sqlite3.Connection, keys: Sequence[Key]) -> dict[Key, Row]:
    """Return the rows of those keys that exist, in one SELECT."""
    if not keys:
        return {}
    places = ",".join(["(?,?,?)"] * len(keys))
    found = connection.execute(
        # Only the number of places varies; the keys are bound.
        f"WITH wanted(t, h, r) AS (VALUES {places})"  # noqa: S608 - placeholders only
        " SELECT table_id, hash, range, row, expires_s, item FROM wanted CROSS JOIN items"
        " ON table_id = t AND hash = h AND range = r",
        [part for key in keys for part in key],
    )
    return {(row[0], row[1], row[2]): Row(row[3], row[4], row[5]) for row in found}


def write(connection: sqlite3.Connection, changes: Iterable[Change]) -> None:
    """Apply the changes; the caller holds a transaction."""
    deletes, inserts, updates, redated = [], [], [], []
    for key, was, blob, expires_s in changes:
        if blob is None:
            if was is not None:
                deletes.append((was.row,))
        elif was is None:
            inserts.append((*key, expires_s, blob))
        elif expires_s == was.expires_s:  # leaves the expiry index alone
            updates.append((blob, was.row))
        else:
            redated.append((blob, expires_s, was.row))
    if updates:
        connection.executemany("UPDATE items SET item = ? WHERE row = ?", updates)
    if inserts:
        connection.executemany(
            "INSERT INTO items (table_id, hash, range, expires_s, item) VALUES (?, ?, ?, ?, ?)",
            inserts,
        )
    if redated:
        connection.executemany("UPDATE items SET item = ?, expires_s = ? WHERE row = ?", redated)
    if deletes:
        connection.executemany("DELETE FROM items WHERE row = ?", deletes)


def in_range(
    connection: sqlite3.Connection, table: Table, hash_key: bytes, span: KeyRange, *, forward: bool
) -> Iterator[bytes]:
    """Yield the items of one hash key within a span of range keys, in order."""
    cursor = connection.execute(
        _UPWARD if forward else _DOWNWARD, (table.id, hash_key, span.low, span.high)
    )
    return (blob for (blob,) in cursor)


def all_after(
    connection: sqlite3.Connection, table: Table, after: tuple[bytes, bytes]
) -> Iterator[bytes]:
    """Yield every item of a table beyond a key; (b"", b"") begins with the first."""
    cursor = connection.execute(
        "SELECT item FROM items WHERE table_id = ? AND (hash, range) > (?, ?) ORDER BY hash, range",
        (table.id, *after),
    )
    return (blob for (blob,) in cursor)


def count(connection: sqlite3.Connection, table: Table) -> tuple[int, int]:
    """Return how many items a table has, and about how many bytes they take."""
    counted: tuple[int, int] = connection.execute(
        "SELECT count(*), coalesce(sum(length(item)), 0) FROM items WHERE table_id = ?",
        (table.id,),
    ).fetchone()
    return counted


def delete_all(connection: sqlite3.Connection, table: Table) -> None:
    connection.execute("DELETE FROM items WHERE table_id = ?", (table.id,))


def redate_all(connection: sqlite3.Connection, table: Table) -> None:
    """Write every item's expiry anew after the table's TTL attribute has changed."""
    dated = [
        (expiry_s(table, attribute.decode(blob)), row)
        for row, blob in connection.execute(
            "SELECT row, item FROM items WHERE table_id = ?", (table.id,)
        )
    ]
    connection.executemany("UPDATE items SET expires_s = ? WHERE row = ?", dated)


def delete_expired(connection: sqlite3.Connection, table: Table, now_s: int) -> int:
    """Delete up to SWEEP_ROWS_MAX expired items; return how many. D12: not those long past."""
    return connection.execute(
        "DELETE FROM items WHERE row IN (SELECT row FROM items"
        " WHERE table_id = ? AND expires_s IS NOT NULL AND expires_s BETWEEN ? AND ? LIMIT ?)",
        (table.id, now_s - EXPIRY_AGE_S_MAX, now_s, SWEEP_ROWS_MAX),
    ).rowcount
