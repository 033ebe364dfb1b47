"""Objects of rows in, what the lake says of each line out: to compare with what it should say."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import msgspec

from core.row import Row
from local.lake_objects import unpacked

REBUILT: Final = "rebuilt"  # how sequence numbers begin that rebuilding gave
Batch = tuple[str, int, int]
_decoder: Final = msgspec.json.Decoder(Row)


@dataclass(slots=True)
class KnownBatch:
    """The rows of one batch, where it was delivered first: a digest a line, reasons of parked."""

    arrival_ms: int
    sequence_number: str
    subsequence: int
    lines: dict[int, int] = field(default_factory=dict)
    parked: dict[int, str] = field(default_factory=dict)


@dataclass(slots=True)
class KnownRows:
    """Everything that was read. Lines without a stamp are known by what they say.

    Memory is by row: about 100 bytes for one of a batch, 400 for one without a stamp.
    """

    batches: dict[Batch, KnownBatch] = field(default_factory=dict)
    votes: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    raws: Counter[str] = field(default_factory=Counter)
    revised: set[str] = field(default_factory=set)  # what rebuilding has put right before
    rows: int = 0

    def add(self, body: bytes) -> None:
        """Take in an object; raise ValueError for one that cannot be read."""
        try:
            rows = _decoder.decode_lines(unpacked(body))
        except msgspec.MsgspecError as error:
            raise ValueError(f"reading rows: {error}") from error
        self.add_rows(rows)

    def add_rows(self, rows: Iterable[Row]) -> None:
        for row in rows:
            self.rows += 1
            batch = batch_of(row)
            if batch is None:
                self._add_line(row)
            else:
                self._add_to_batch(batch, row)

    def _add_to_batch(self, batch: Batch, row: Row) -> None:
        known = self.batches.get(batch)
        if known is None or row.arrived_at < known.arrival_ms:
            known = KnownBatch(row.arrived_at, row.sequence_number, row.subsequence)
            self.batches[batch] = known
        if row.line not in known.lines:
            known.lines[row.line] = said_by(row)
            if row.parked_reason is not None:
                known.parked[row.line] = row.parked_reason

    def _add_line(self, row: Row) -> None:
        if row.sequence_number.startswith(f"{REBUILT}-"):
            self.revised.add(f"{row.sequence_number}/{row.line}")
        if row.parked_reason is not None:
            self.raws[row.raw or ""] += 1
        elif row.poll is not None and row.device_id is not None and row.seq is not None:
            self.votes[row.poll, row.device_id, row.seq] += 1


def batch_of(row: Row) -> Batch | None:
    """Return the batch that a row came in, None for a line without a stamp."""
    if row.producer is None or row.lane is None or row.number is None:
        return None
    return row.producer, row.lane, row.number


def said_by(row: Row) -> int:
    """Return a digest of what a row says, wherever and whenever it was delivered."""
    columns = (row.poll, row.device_id, row.seq, row.colour, row.voted_at, row.region)
    return hash((*columns, row.extra, row.parked_reason, row.raw))
