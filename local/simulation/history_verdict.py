"""A drained world in, both sides of what must hold of its lake and its warehouse out."""

import gzip
import json
from base64 import b64decode
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from core.vote import Identity
from local.lake_witness import FAILED_PREFIX, LakeCount
from local.simulation.expectation import parsed
from local.simulation.options import STREAM

if TYPE_CHECKING:
    from local.simulation.world import Simulation

Objects = Mapping[str, bytes]


def history_checks(
    world: "Simulation", totals: Counter[str], lines_live: int
) -> dict[str, tuple[object, object]]:
    """Return pairs that must be equal; `totals` and `lines_live` are what the tallies say."""
    objects = world.lake.objects
    lake = _count(objects)
    delivered, failed = lake.by_minute()
    model = world.history.warehouse.model
    outcomes: Counter[str] = Counter()
    for count, lines in model.counts.items():
        outcomes[count.outcome] += lines
    return {
        "lake and failures equal live": (delivered.total() + failed.total(), lines_live),
        "no line of the stream is missing in the backup": (
            _lines_of_stream(world) - _lines_of_backup(objects),
            Counter(),
        ),
        "loads saw every row of the lake": (outcomes.total(), lake.lines),
        "warehouse equals lake": (outcomes.total() - outcomes["redelivered"], delivered.total()),
        "live equals warehouse and failures": (
            totals,
            model.colours() + _failed_colours(objects, set(model.votes)),
        ),
    }


def _count(objects: Objects) -> LakeCount:
    count = LakeCount()
    for key, body in objects.items():
        if key.startswith("votes/"):
            count.add_object(key, body)
        elif key.startswith(FAILED_PREFIX):
            count.add_failures(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body)
    assert not count.unreadable, f"objects are whole: {count.unreadable}"
    return count


def _lines_of_stream(world: "Simulation") -> Counter[bytes]:
    """Return the lines of every record; records of the simulation end with their last line."""
    return Counter(
        line
        for shard in world.kinesis.shards(STREAM)
        for record in world.kinesis.read(
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


def _failed_colours(
    objects: Objects, loaded: set[Identity] | set[tuple[str, str, int]]
) -> Counter[str]:
    """Return the votes that are only in records that failed, by colour, each identity once."""
    colours: dict[Identity, str] = {}
    for data in _failed_records(objects):
        for line in data.splitlines():
            vote = parsed(line)
            if vote is not None and "colour" in vote:
                identity = Identity(vote["poll"], vote["device_id"], vote["seq"])
                if identity not in loaded:
                    colours.setdefault(identity, vote["colour"])
    return Counter(colours.values())


def _failed_records(objects: Objects) -> Iterator[bytes]:
    for key, body in objects.items():
        if key.startswith(FAILED_PREFIX):
            text = gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
            for line in text.splitlines():
                yield b64decode(json.loads(line)["rawData"])
