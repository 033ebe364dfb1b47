"""A lake's bucket in, its lines by minute of arrival out, read from the objects themselves.

It knows nothing of the warehouse. A line that was delivered twice counts once, at its first
arrival; a record that could not be refined counts by the lines it holds.
"""

import gzip
import json
import zlib
from base64 import b64decode
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from core.record import payload_lines, read_payload
from local.lake_objects import objects_after, read_object, row_objects_after, unpacked
from local.recovery.place import PlaceNames
from processors.lake import FAILURES_AMONG_ROWS, hour_key

FAILED_PREFIX: Final = "errors/processing-failed/"
_FAILED_PREFIXES: Final = (FAILED_PREFIX, FAILURES_AMONG_ROWS)
HOUR_MS: Final = 3_600_000
_Batch = tuple[str, int, int]


class _Row(msgspec.Struct, frozen=True, gc=False):
    """What tells one line of the lake from another."""

    arrived_at: int
    sequence_number: str
    subsequence: int
    line: int
    producer: str | None = None
    lane: int | None = None
    number: int | None = None

    @property
    def batch(self) -> _Batch:
        """What carried the line: a stamped batch, wherever it travelled, else its record."""
        if self.producer is None or self.lane is None or self.number is None:
            return self.sequence_number, self.subsequence, -1
        return self.producer, self.lane, self.number


@dataclass(slots=True)
class LakeCount:
    """What was seen. `rows` and `oldest_ms` are by object: all rows, and the first arrival."""

    rows: dict[str, int] = field(default_factory=dict)
    oldest_ms: dict[str, int] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)
    failed_records: int = 0
    _lines: dict[_Batch, int] = field(default_factory=dict)  # a bit for each line
    _arrival_ms: dict[_Batch, int] = field(default_factory=dict)
    _failed: dict[_Batch, int] = field(default_factory=dict)
    _failed_ms: dict[_Batch, int] = field(default_factory=dict)

    def add_object(self, key: str, body: bytes) -> None:
        """Count an object of rows."""
        try:
            rows = _decoder.decode_lines(gzip.decompress(body))
        except (OSError, EOFError, zlib.error, msgspec.MsgspecError) as error:
            self.unreadable[key] = str(error)
            return
        self.rows[key] = len(rows)
        self.oldest_ms[key] = min((row.arrived_at for row in rows), default=0)
        lines: dict[_Batch, list[int]] = {}
        for row in rows:
            batch = row.batch
            lines.setdefault(batch, []).append(row.line)
            _keep_first(self._arrival_ms, batch, row.arrived_at)
        for batch, numbers in lines.items():
            self._lines[batch] = self._lines.get(batch, 0) | bits(numbers)

    def add_failures(self, body: bytes) -> None:
        """Count an object of records that are kept whole, one a line (clause C30).

        Without a stamp a record is known by the name that `cube recover` gives its rows: what it
        says and when it arrived. The same again in another object is a redelivery.
        """
        names = PlaceNames()
        for line in body.splitlines():
            entry = json.loads(line)
            data = b64decode(entry["rawData"])
            payload = read_payload(data, 0)
            arrival_ms = int(entry["arrivalTimestamp"])
            name, stamp = names.next_name(data, arrival_ms), payload.stamp
            batch: _Batch = (name, 0, -1)
            if stamp is not None:
                batch = (stamp.producer, stamp.lane, stamp.number)
            mask = bits([each.number for each in payload_lines(payload)])
            self._failed[batch] = self._failed.get(batch, 0) | mask
            _keep_first(self._failed_ms, batch, arrival_ms)
            self.failed_records += 1

    def by_minute(self) -> tuple[Counter[int], Counter[int]]:
        """Return lines by minute of their first arrival: those delivered, and those only failed."""
        delivered: Counter[int] = Counter()
        failed: Counter[int] = Counter()
        for batch in self._arrival_ms.keys() | self._failed_ms.keys():
            mask = self._lines.get(batch, 0)
            minute = min(at[batch] for at in self._arrivals if batch in at) // 60_000
            delivered[minute] += mask.bit_count()
            failed[minute] += (self._failed.get(batch, 0) & ~mask).bit_count()
        return +delivered, +failed

    def detoured(self) -> Counter[int]:
        """Return by minute of arrival how many lines the tallies have and the rows do not.

        A record that failed was counted live when it arrived; recovered, its rows arrive later:
        more in the first minute, as many fewer (a negative number) in the second.
        """
        more: Counter[int] = Counter()
        for batch, failed_ms in self._failed_ms.items():
            arrival_ms = self._arrival_ms.get(batch)
            if arrival_ms is not None and arrival_ms <= failed_ms:
                continue  # it had been delivered before
            more[failed_ms // 60_000] += self._failed[batch].bit_count()
            if arrival_ms is not None:
                recovered = self._failed[batch] & self._lines[batch]
                more[arrival_ms // 60_000] -= recovered.bit_count()
        return more

    @property
    def _arrivals(self) -> tuple[dict[_Batch, int], dict[_Batch, int]]:
        return self._arrival_ms, self._failed_ms

    @property
    def lines(self) -> int:
        return sum(self.rows.values())


def _keep_first(times: dict[_Batch, int], batch: _Batch, ms: int) -> None:
    times[batch] = min(times.get(batch, ms), ms)


_decoder = msgspec.json.Decoder(_Row)


def bits(numbers: Sequence[int]) -> int:
    """Return a number with these bits set, in time linear in the highest of them."""
    mask = bytearray(max(numbers, default=0) // 8 + 1)
    for number in numbers:
        mask[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(mask, "little")


def count_lake(
    client: Any, bucket: str, *, from_ms: int, on_progress: Callable[[int], None]
) -> LakeCount:
    """Read what lies in the lake from the hour before `from_ms` on.

    Keys begin with the hour of an object's oldest row, hence the hour before.
    """
    count = LakeCount()
    start_ms = max(0, from_ms - HOUR_MS)
    for each in row_objects_after(client, bucket, hour_key(start_ms)):
        count.add_object(each.key, read_object(client, bucket, each.key))
        on_progress(count.lines)
    hour = datetime.fromtimestamp(start_ms / 1000, UTC).strftime("%Y/%m/%d/%H")
    for prefix in _FAILED_PREFIXES:
        for each in objects_after(client, bucket, prefix, prefix + hour):
            count.add_failures(unpacked(read_object(client, bucket, each.key)))
    return count
