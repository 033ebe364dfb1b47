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
    """How a row differs. `add` rows are written; a row that is there cannot be taken back."""

    kind: Literal["same", "add", "differs"]
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
            place, known = self._place(record, name, latest_ms, oldest_ms + BUFFER_MS)
            latest_ms = max(latest_ms, min(place.arrival_ms, oldest_ms + BUFFER_MS))
            lines = b"".join(part.data for part in row_lines(place))
            for row in _decoder.decode_lines(lines):
                if known is None:
                    change, added = self._of_line(row, record)
                else:
                    change, added = self._of_batch(row, known)
                self.changes[change] += 1
                if change.kind == "add":
                    yield added

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
        return SourceRecord(record.data, arrival_ms, f"{name}-{record.ordinal}", 0), known

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

    def _of_line(self, row: Row, record: BackupRecord) -> tuple[Change, Row]:
        after = row.parked_reason or _COUNTED
        raw = row.raw or b2a_base64(record.data[:-1][:RAW_BYTES_MAX], newline=False).decode()
        if row.poll is not None and row.device_id is not None and row.seq is not None:
            identity = (row.poll, row.device_id, row.seq)
            if self.known.votes[identity] > 0:
                self.known.votes[identity] -= 1
                return Change("same", _COUNTED, _COUNTED), row
        if self.known.raws[raw] > 0:
            self.known.raws[raw] -= 1
            kind: Literal["same", "add"] = "add" if after == _COUNTED else "same"
            return Change(kind, "parked", after), row
        return Change("add", "no row", after), row
