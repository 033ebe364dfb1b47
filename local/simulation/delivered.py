"""Records read and objects stored by a delivery stream in, which records are stored out.

A row of the lake says which record it is of. Objects of failures and of the backup hold the bytes
of records only; there, records that say the same count as stored together.
"""

import gzip
import json
from base64 import b64decode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import msgspec

from local.lake_witness import FAILED_PREFIX
from local.mapping.source import StreamRecord
from processors.lake import ROWS_PREFIX

Place = tuple[str, int]  # shard, sequence number


class _Row(msgspec.Struct):
    sequence_number: str


_decoder = msgspec.json.Decoder(_Row)


@dataclass(slots=True)
class DeliveredRecords:
    """What one destination has read so far."""

    _shard_of: dict[int, str] = field(default_factory=dict)
    _waiting: dict[bytes, list[Place]] = field(default_factory=dict)  # by a record's first line

    def read(self, shard_id: str, records: Sequence[StreamRecord]) -> None:
        for record in records:
            number = record.sequence_number
            if number not in self._shard_of:
                self._shard_of[number] = shard_id
                self._waiting.setdefault(_first_line(record.data), []).append((shard_id, number))

    def stored(self, key: str, body: bytes) -> Iterator[Place]:
        """Yield the records that an object holds."""
        content = gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
        lines = content.splitlines()
        if key.startswith(ROWS_PREFIX):
            for number in {int(row.sequence_number) for row in _decoder.decode_lines(content)}:
                yield self._shard_of[number], number
            return
        if key.startswith(FAILED_PREFIX):
            lines = [_first_line(b64decode(json.loads(line)["rawData"])) for line in lines]
        for line in lines:
            yield from self._waiting.pop(line, ())


def _first_line(data: bytes) -> bytes:
    return data.partition(b"\n")[0]
