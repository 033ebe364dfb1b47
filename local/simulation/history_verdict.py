"""A drained world in, what must hold of its lake, its backup and its warehouse, judged, out."""

import gzip
import json
from base64 import b64decode
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

import msgspec

from core.invariants import history
from core.invariants.invariant import Invariant, LineKey
from core.poll import DEFAULT_POLL
from core.row import Row
from core.vote import Identity
from local.lake_witness import FAILED_PREFIX, LakeCount
from local.simulation.expectation import is_timely, parsed
from local.simulation.options import STREAM
from local.simulation.slow_reader import count_now

if TYPE_CHECKING:
    from local.simulation.world import Simulation

Objects = Mapping[str, bytes]
_rows = msgspec.json.Decoder(Row)


def judge_history(
    world: "Simulation", totals: Counter[str], ledger: Mapping[str, Counter[LineKey]]
) -> list[Invariant]:
    """Return the verdicts; `totals` and `ledger` are what the tallies say."""
    objects = world.lake.objects
    lake = _count(objects)
    delivered, failed = lake.by_minute()
    stream = count_now(world.stream.service).by_minute
    failed -= _delivered_after_all(objects, delivered + failed - stream)
    held = world.warehouse.held()
    failures = _failed_colours(
        objects, {(poll, device, seq) for poll, device, seq, _ in held.votes}
    )
    expected = Counter(colour for *_, colour in held.votes) + failures
    return [
        history.arrived_equals_delivered(
            stream,
            delivered,
            failed,
            from_minute=0,
            until_minute=None,
            unreadable=lake.unreadable,
        ),
        history.delivered_equals_loaded(lake.rows, held.load_of, held.rows_of_loads, drained=True),
        history.loads_equal_tables(held.loads, held.tables),
        _judge_lines(ledger, held.tables, failed.total()),
        history.colours_equal_warehouse(DEFAULT_POLL, totals, expected, totals, drained=True),
        _judge_backup(world),
    ]


def _judge_lines(
    ledger: Mapping[str, Counter[LineKey]],
    tables: Mapping[str, Mapping[LineKey, int]],
    failed_lines: int,
) -> Invariant:
    """Compare in sum: another copy of a batch may have come first, in another minute."""
    live, warehouse = (
        {"all": {("all", 0): sum(sum(lines.values()) for lines in side.values())}}
        for side in (ledger, tables)
    )
    detoured = {0: failed_lines} if failed_lines else {}
    return history.live_equals_warehouse(
        live, warehouse, detoured, from_minute=0, until_minute=None
    )


def _judge_backup(world: "Simulation") -> Invariant:
    stream, backup = _lines_of_stream(world), _lines_of_backup(world.lake.objects)
    missing = stream - backup
    return Invariant(
        name="backup_has_stream",
        ok=not missing,
        left=stream.total(),
        right=stream.total() - missing.total(),
        left_is="lines of records in the stream",
        right_is="of them in the backup",
        note=f"missing: {list(missing)[:3]}" if missing else "",
    )


def _delivered_after_all(objects: Objects, surplus: Counter[int]) -> Counter[int]:
    """Return by how much `failed` says too much, by minute of arrival.

    A record without a stamp that failed, and then was delivered by a pipeline that had died in
    between, counts as both: a failure does not say which record it was (C30), and the same bytes
    may stand in the stream twice. Up to the lines of such records the count is not exact.
    """
    rows = {
        (row.arrived_at, row.poll, row.device_id, row.seq)
        for key, body in objects.items()
        if key.startswith("votes/")
        for row in _rows.decode_lines(gzip.decompress(body))
        if row.producer is None
    }
    unsure: Counter[int] = Counter()
    for data, arrival_ms in _failed_records(objects):
        for line in data.splitlines():
            vote = parsed(line) or {}
            key = (arrival_ms, vote.get("poll"), vote.get("device_id"), vote.get("seq"))
            unsure[arrival_ms // 60_000] += key in rows
    return surplus & unsure


def _count(objects: Objects) -> LakeCount:
    count = LakeCount()
    for key, body in objects.items():
        if key.startswith("votes/"):
            count.add_object(key, body)
        elif key.startswith(FAILED_PREFIX):
            count.add_failures(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body)
    return count


def _lines_of_stream(world: "Simulation") -> Counter[bytes]:
    """Return the lines of every record; records of the simulation end with their last line."""
    return Counter(
        line
        for shard in world.stream.service.shards(STREAM)
        for record in world.stream.service.read(
            STREAM, shard.shard_id, after=0, records_max=10**6, bytes_max=10**12
        ).records
        for line in record.data.splitlines()
    )


def _lines_of_backup(objects: Objects) -> Counter[bytes]:
    return Counter(
        line
        for key, body in objects.items()
        if key.startswith("backup/")
        for line in gzip.decompress(body).splitlines()
    )


def _failed_colours(objects: Objects, loaded: Collection[tuple[str, str, int]]) -> Counter[str]:
    """Return the valid votes that are only in records that failed, by colour, each once."""
    colours: dict[Identity, str] = {}
    for data, arrival_ms in _failed_records(objects):
        for line in data.splitlines():
            vote = parsed(line)
            if vote is not None and "colour" in vote and is_timely(vote["voted_at"], arrival_ms):
                identity = Identity(vote["poll"], vote["device_id"], vote["seq"])
                if identity not in loaded:
                    colours.setdefault(identity, vote["colour"])
    return Counter(colours.values())


def _failed_records(objects: Objects) -> Iterator[tuple[bytes, int]]:
    """Yield (data, arrival) of each."""
    for key, body in objects.items():
        if key.startswith(FAILED_PREFIX):
            text = gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
            for line in text.splitlines():
                entry = json.loads(line)
                yield b64decode(entry["rawData"]), int(entry["arrivalTimestamp"])
