"""A small history that is known by heart in, the INSERTs that write it out: for tests of sql/.

Two polls; votes that came late, early and twice; lines that did not count; two loads.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

ODD_REGION: Final = "O'Brien; -- \N{SNOWMAN} /* :poll */"

POLLS: Final = [
    ("cube", 1, "2026-10-01 00:00:00", None, None),
    ("cube", 2, "2026-11-01 11:00:00", None, None),
    ("lunch", 1, "2026-10-01 00:00:00", "2026-11-01 10:00:00", "2026-11-01 12:00:00"),
]
PALETTES: Final = [
    ("cube", 1, 0, "red"),
    ("cube", 1, 1, "green"),
    ("cube", 1, 2, "blue"),
    ("cube", 2, 0, "red"),
    ("cube", 2, 1, "green"),
    ("cube", 2, 2, "blue"),
    ("cube", 2, 3, "pink"),
    ("lunch", 1, 0, "soup"),
    ("lunch", 1, 1, "salad"),
]
# poll, device_id, seq, colour, voted_at, region, arrived_at, number of the batch (None: no stamp)
VOTES: Final = [
    ("cube", "d1", 1, "red", "2026-11-01 10:00:10", "north", "2026-11-01 10:00:10.200", 1),
    ("cube", "d1", 2, "blue", "2026-11-01 10:00:40", "north", "2026-11-01 10:00:40.400", 2),
    ("cube", "d2", 1, "red", "2026-11-01 10:01:05", "south", "2026-11-01 10:01:05.100", 3),
    ("cube", "d2", 2, "green", "2026-11-01 10:59:59.900", "south", "2026-11-01 11:00:00.300", 4),
    ("cube", "d3", 1, "red", "2026-11-01 11:10:00", "unknown", "2026-11-01 11:10:00.300", None),
    ("cube", "d3", 2, "blue", "2026-11-01 11:20:00", "unknown", "2026-11-01 11:22:00", 5),
    ("cube", "d4", 1, "pink", "2026-11-01 11:30:00", ODD_REGION, "2026-11-01 11:29:59.500", 6),
    ("cube", "d1", 3, "red", "2026-11-02 09:00:00", "north", "2026-11-02 09:00:00.200", 7),
    ("cube", "d2", 3, "blue", "2026-11-02 09:30:00", "south", "2026-11-07 09:30:00", 8),
    ("lunch", "d1", 1, "soup", "2026-11-01 10:00:15", "north", "2026-11-01 10:00:15.200", 9),
    ("lunch", "d1", 2, "salad", "2026-11-01 10:05:00", "north", "2026-11-01 10:05:00.200", 10),
]
# line_id, poll, device_id, seq, arrived_at
DUPLICATES: Final = [
    ("201/0/1", "cube", "d1", 1, "2026-11-01 10:02:00"),
    ("202/0/1", "cube", "d1", 1, "2026-11-01 10:03:00"),
    ("203/0/1", "cube", "d2", 1, "2026-11-01 10:04:00"),
    ("204/0/1", "lunch", "d1", 1, "2026-11-01 10:04:30"),
]
# line_id, parked_reason, poll, device_id, seq, arrived_at
PARKED: Final = [
    ("301/0/1", "not_json", "-", None, None, "2026-11-01 10:06:00"),
    ("301/0/2", "not_json", "-", None, None, "2026-11-01 10:06:00"),
    ("302/0/1", "unknown_colour", "cube", "d9", 1, "2026-11-01 10:07:00"),
    ("303/0/1", "closed_poll", "lunch", "d1", 3, "2026-11-01 12:30:00"),
]
OBJECTS: Final = [
    ("votes/2026/11/01/10/a.gz", "load-1", 900, "2026-11-01 12:31:00"),
    ("votes/2026/11/02/09/b.gz", "load-2", 300, "2026-11-07 09:31:00"),
]


def load_lines() -> list[Sequence[object]]:
    """Return what the loads say of it: by load, poll and minute of arrival."""
    counts: dict[tuple[str, str, str], list[int]] = {}
    sides = (
        [(row[0], row[6]) for row in VOTES],
        [(row[2], row[5]) for row in PARKED],
        [(row[1], row[4]) for row in DUPLICATES],
    )
    for side, lines in enumerate(sides):
        for poll, arrived_at in lines:
            load_id = "load-1" if arrived_at < "2026-11-02" else "load-2"
            key = (load_id, poll, f"{arrived_at[:16]}:00")
            counts.setdefault(key, [0, 0, 0])[side] += 1
    return [
        (load_id, "2026-11-07 09:31:00", poll, minute, sum(found) + 1, *found, 1)
        for (load_id, poll, minute), found in counts.items()
    ]


def inserts() -> Iterator[str]:
    """Yield the statements that write all of it into empty tables."""
    yield insert("polls", "poll, version, effective_at, opens_at, closes_at", POLLS)
    yield insert("palettes", "poll, version, place, colour", PALETTES)
    yield insert("votes", VOTE_COLUMNS, map(vote_row, range(1, len(VOTES) + 1), VOTES))
    yield insert("duplicate_votes", "line_id, poll, device_id, seq, arrived_at", DUPLICATES)
    yield insert(
        "parked_votes",
        "line_id, parked_reason, poll, device_id, seq, arrived_at, sequence_number, subsequence, "
        "line, transform_version",
        [(*row, row[0].split("/")[0], 0, int(row[0][-1]), 1) for row in PARKED],
    )
    yield insert("loaded_objects", "object_key, load_id, bytes, loaded_at", OBJECTS)
    yield insert(
        "load_lines",
        "load_id, loaded_at, poll, minute, delivered, counted, parked, duplicate, redelivered",
        load_lines(),
    )


VOTE_COLUMNS: Final = (
    "poll, device_id, seq, colour, voted_at, region, arrived_at, sequence_number, subsequence, "
    "line, producer, lane, number, transform_version"
)


def vote_row(place: int, vote: Sequence[object]) -> Sequence[object]:
    """Return a row of votes: one record each, stamped or not."""
    *said, number = vote
    batch = (None, None, None) if number is None else ("p1", 0, number)
    return (*said, f"{100 + place}", 0, 1 if number is None else 2, *batch, 1)


def insert(table: str, columns: str, rows: Iterable[Sequence[object]]) -> str:
    values = ", ".join(f"({', '.join(map(_literal, row))})" for row in rows)
    return f"INSERT INTO {table} ({columns}) VALUES {values}"


def _literal(value: object) -> str:
    if value is None:
        return "NULL"
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"
