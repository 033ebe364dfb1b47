"""Folders of outboxes and a vote's identity in, the batches that hold it out; nothing is locked."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from core.lane import lane_of
from core.record import payload_lines, read_payload
from core.vote import Identity
from local.trace.find import OutboxFind
from local.trace.sighting import may_hold, says
from producers.journal import Ack, read_entries
from producers.outbox_meta import read_meta
from producers.pack import Batch


def find_in_outboxes(folders: Iterable[Path], wanted: Identity) -> list[OutboxFind]:
    """Return each batch that is kept here and holds the vote; raise OutboxDamaged.

    A batch that is acknowledged may be here still: segments go as wholes. Votes that no batch was
    sealed of yet are in their producer's memory, for a few milliseconds.
    """
    return [found for folder in folders for found in _in_outbox(folder, wanted)]


def _in_outbox(folder: Path, wanted: Identity) -> Iterator[OutboxFind]:
    producer, lanes = read_meta(folder)
    lane = lane_of(wanted.device_id, lanes)
    acknowledged = 0
    cast_ms: dict[int, int] = {}
    for _, entry in read_entries(folder, lanes):
        if entry.lane != lane:
            continue
        if isinstance(entry, Ack):
            acknowledged = max(acknowledged, entry.number)
        elif (voted_at := _voted_at(entry, wanted)) is not None:
            cast_ms[entry.number] = voted_at
    for number, at_ms in cast_ms.items():
        yield OutboxFind(
            str(folder), (producer, lane, number), number <= acknowledged, cast_ms=at_ms
        )


def _voted_at(batch: Batch, wanted: Identity) -> int | None:
    """Return when the vote was cast, where the batch holds it."""
    if not may_hold(batch.data, wanted):
        return None
    for line in payload_lines(read_payload(batch.data, 0)):
        if line.vote is not None and says(line, wanted):
            return line.vote.voted_at
    return None
