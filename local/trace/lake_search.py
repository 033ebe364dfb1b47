"""The lake and a line's place in, the objects that hold its row and its record's bytes out."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from core.row import Row
from core.vote import Identity
from local.lake_objects import objects_after, read_objects, unpacked
from local.recovery.rebuild import BACKUP_PREFIX
from local.recovery.search import Wanted, search
from local.trace.find import FailedFind, Nowhere, ObjectFind, Unknown
from local.trace.limits import FILL_MS, OBJECTS_MAX
from local.trace.sighting import Place, may_hold
from processors.lake import FAILURES_AMONG_ROWS, ROWS_PREFIX, hour_key

_MOMENT: Final = re.compile(r"-(\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d)-[0-9a-f-]{36}")
_HOUR_MS: Final = 3_600_000
_SLACK_MS: Final = 1_000  # keys have whole seconds
_row_decoder: Final = msgspec.json.Decoder(Row)


@dataclass(frozen=True, slots=True)
class LakeSearch:
    """A bucket of rows, backup and failures. Keys begin with the hour of their oldest record."""

    s3: Any
    bucket: str

    def row_of(self, place: Place, identity: Identity) -> ObjectFind | Nowhere | Unknown:
        """Return the object that holds the line's row, and in which line of it."""

        def line_in(body: bytes) -> int:
            return row_line(body, place, identity)

        return self._find(ROWS_PREFIX, place, line_in)

    def backup_of(self, place: Place, raw: bytes) -> ObjectFind | Nowhere | Unknown:
        """Return the object of the backup that holds the line as it was sent."""

        def line_in(body: bytes) -> int:
            at = body.find(raw)
            return body.count(b"\n", 0, at) + 1 if at >= 0 else 0

        return self._find(BACKUP_PREFIX, place, line_in)

    def failed(self, place: Place, raw: bytes) -> list[FailedFind]:
        """Return the records with the line that a path gave up, as `cube recover` knows them."""
        wanted = Wanted(
            kinds=("history", "live"), from_ms=place.arrival_ms, to_ms=place.arrival_ms + 1
        )
        return [
            FailedFind(
                found.entry.kind, found.entry.name, found.entry.reason, found.recovered is not None
            )
            for found in search(self.s3, self.bucket, wanted)
            if raw in found.entry.data
        ]

    def _find(
        self, prefix: str, place: Place, line_in: Callable[[bytes], int]
    ) -> ObjectFind | Nowhere | Unknown:
        keys = list(self._keys(prefix, place.arrival_ms))
        for key, body in read_objects(self.s3, self.bucket, keys[:OBJECTS_MAX]):
            try:
                line = line_in(unpacked(body))
            except ValueError:
                continue  # `cube check` finds what cannot be read
            if line:
                head = self.s3.head_object(Bucket=self.bucket, Key=key)
                return ObjectFind(key, round(head["LastModified"].timestamp() * 1000), line)
        if len(keys) > OBJECTS_MAX:
            return Unknown(f"more than {OBJECTS_MAX} objects of {prefix} may hold it")
        return Nowhere(f"{len(keys)} objects of {prefix}")

    def _keys(self, prefix: str, arrival_ms: int) -> Iterator[str]:
        """Return keys of objects that may hold a record, the likeliest first.

        An object is named by its oldest record, so it is not younger than ours, and was stored
        before a delivery stream's longest wait was over.
        """
        first_ms = max(0, arrival_ms - FILL_MS)
        start = prefix + hour_key(first_ms).removeprefix(ROWS_PREFIX)
        end = prefix + hour_key(arrival_ms + _HOUR_MS).removeprefix(ROWS_PREFIX)
        found: list[tuple[int, str]] = []
        for each in objects_after(self.s3, self.bucket, prefix, start):
            if each.key >= end:
                break
            moment_ms = _moment_ms(each.key)
            fits = first_ms - _SLACK_MS <= (moment_ms or arrival_ms) <= arrival_ms + _SLACK_MS
            if fits and not each.key.startswith(FAILURES_AMONG_ROWS):
                found.append((moment_ms or 0, each.key))
        return (key for _, key in sorted(found, reverse=True))


def row_line(body: bytes, place: Place, identity: Identity) -> int:
    """Return which line of an object is the row of a line, counted from 1; 0 where none is."""
    number = place.sequence_number.encode()
    if number not in body and place.batch is None:
        return 0
    for count, line in enumerate(body.splitlines(), 1):
        if number not in line and not may_hold(line, identity):
            continue
        try:
            row = _row_decoder.decode(line)
        except msgspec.MsgspecError:
            continue
        if (row.sequence_number, row.subsequence, row.line) == (
            place.sequence_number,
            place.subsequence,
            place.line,
        ):
            return count
    return 0


def _moment_ms(key: str) -> int | None:
    """Return the arrival that an object is named by, None for a name that is not Firehose's."""
    found = _MOMENT.search(key)
    if found is None:
        return None
    moment = datetime.strptime(found[1], "%Y-%m-%d-%H-%M-%S").replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)
