"""Records of the backup and the lake's rows in, the rows that differ, and those to add, out: pure.

docs/recovery.md says what cannot be known from a backup, and what that costs.
"""

import hashlib
from binascii import b2a_base64
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

import msgspec

from core.record import payload_lines, read_payload
from core.row import Row
from firehose_transforms.limits import RAW_BYTES_MAX
from firehose_transforms.row_lines import row_lines
from firehose_transforms.source_record import SourceRecord
from local.recovery.backup import BackupRecord, read_backup
from local.recovery.known_rows import REBUILT, KnownBatch, KnownRows, batch_of, said_by

BUFFER_MS: Final = 15 * 60_000  # the longest a backup object is filled (C33)
_COUNTED: Final = "vote"
_decoder: Final = msgspec.json.Decoder(Row)


class Change(NamedTuple):
    """How a row differs. Only `add` rows are written: what is there cannot be taken back, and
    what no stamp tells the borders of is `unsure`.
    """

    kind: Literal["same", "add", "differs", "unsure"]
    before: str
    after: str


@dataclass(slots=True)
class Comparison:
    """Compares one object of the backup after the other; `changes` counts rows."""

    known: KnownRows
    changes: Counter[Change] = field(default_factory=Counter)

    def rows_to_add(self, key: str, oldest_ms: int, body: bytes) -> Iterator[Row]:
        """Yield the rows of an object that the lake lacks, or has parked although they are votes.

        `oldest_ms` is when its first record arrived.
        """
        name = f"{REBUILT}-{hashlib.sha256(key.encode()).hexdigest()[:16]}"
        latest_ms = oldest_ms
        for record in read_backup(body):
            for part in self._parts(record):
                place, known = self._place(part, name, latest_ms, oldest_ms + BUFFER_MS)
                latest_ms = max(latest_ms, min(place.arrival_ms, oldest_ms + BUFFER_MS))
                for row in _rows(place):
                    if known is None:
                        change, added = self._of_line(row, part, whole=part is record)
                    else:
                        change, added = self._of_batch(row, known)
                    self.changes[change] += 1
                    if change.kind == "add":
                        yield added

    def _parts(self, record: BackupRecord) -> list[BackupRecord]:
        """Return the records that a line is made of: it alone, if the lake has parked it so."""
        if len(record.parts) < 2 or self.known.raws[_raw(record.data)] > 0:
            return [record]
        return [
            record._replace(data=part + b"\n", part=number)
            for number, part in enumerate(record.parts)
        ]

    def _place(
        self, record: BackupRecord, name: str, latest_ms: int, end_ms: int
    ) -> tuple[SourceRecord, KnownBatch | None]:
        """Return the record in its old place, if the lake knows its batch; else in one made up.

        It arrived no earlier than what stands before it, and not before its votes were cast.
        """
        payload = read_payload(record.data, 0)
        stamp = payload.stamp
        known = None
        if stamp is not None:
            batch = (stamp.producer, stamp.lane, stamp.number)
            known = self.known.batches.get(batch)
            if known is not None:
                place = (known.arrival_ms, known.sequence_number, known.subsequence)
                return SourceRecord(record.data, *place), known
            known = KnownBatch(0, "", 0)
        times = [line.vote.voted_at for line in payload_lines(payload) if line.vote is not None]
        arrival_ms = max([latest_ms, *(at for at in times if at <= end_ms)])
        sequence_number = f"{name}-{record.ordinal}"
        return SourceRecord(record.data, arrival_ms, sequence_number, record.part), known

    def _of_batch(self, row: Row, known: KnownBatch) -> tuple[Change, Row]:
        before, after = known.parked.get(row.line, _COUNTED), row.parked_reason or _COUNTED
        if row.line not in known.lines:
            return Change("add", "no row", after), row
        if known.lines[row.line] == said_by(row):
            return Change("same", before, after), row
        if before == _COUNTED or after != _COUNTED:
            return Change("differs", before, after), row
        batch = batch_of(row)
        assert batch is not None, "it came in one"
        # Its line_id is known as parked for ever: it is added as a line of its own.
        name = f"{REBUILT}-{batch[0]}-{batch[1]}-{batch[2]}"
        added = msgspec.structs.replace(
            row, sequence_number=name, subsequence=0, producer=None, lane=None, number=None
        )
        done = f"{name}/{row.line}" in self.known.revised
        return Change("same" if done else "add", before, after), added

    def _of_line(self, row: Row, part: BackupRecord, *, whole: bool) -> tuple[Change, Row]:
        after = row.parked_reason or _COUNTED
        if row.poll is not None and row.device_id is not None and row.seq is not None:
            identity = (row.poll, row.device_id, row.seq)
            if self.known.votes[identity] > 0:
                self.known.votes[identity] -= 1
                return Change("same", _COUNTED, _COUNTED), row
        raw = row.raw or _raw(part.data)
        before = "no row"
        if self.known.raws[raw] > 0:
            self.known.raws[raw] -= 1
            before = "parked"
        if after == _COUNTED and (whole or _all_objects(part.parts)):
            return Change("add", before, after), row
        return Change("same" if before == "parked" else "unsure", before, after), row


def _rows(place: SourceRecord) -> list[Row]:
    return _decoder.decode_lines(b"".join(part.data for part in row_lines(place)))


def _raw(line: bytes) -> str:
    """Return a line, given with its newline, as a row keeps it."""
    return b2a_base64(line[:-1][:RAW_BYTES_MAX], newline=False).decode()


def _all_objects(parts: tuple[bytes, ...]) -> bool:
    return all(part.startswith(b"{") and part.endswith(b"}") for part in parts)
