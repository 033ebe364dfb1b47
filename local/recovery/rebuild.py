"""A range of time in, rows made again from the source backup, and compared with the lake's, out."""

import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final

import msgspec

from core.clock import Clock
from local.lake_objects import objects_after, read_objects, unpacked
from local.recovery.comparison import Change, Comparison
from local.recovery.failed_record import PREFIXES as FAILURES
from local.recovery.known_rows import REBUILT, KnownRows
from local.recovery.recover import LABEL
from local.recovery.row_object import RowObjects
from processors.lake import ROWS_PREFIX, hour_key

BACKUP_PREFIX: Final = "backup/"
MARGIN_MS: Final = 3_600_000  # rows and backup of a record are in objects that begin at other times
ROWS_AT_ONCE: Final = 10_000
_MOMENT: Final = re.compile(r"-(\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d)-[0-9a-f-]{36}(?:\.gz)?$")
_encoder: Final = msgspec.json.Encoder()


@dataclass(slots=True)
class Report:
    """What was compared; `unreadable` says why an object was left out."""

    objects: int = 0
    changes: Counter[Change] = field(default_factory=Counter)
    unreadable: dict[str, str] = field(default_factory=dict)
    written: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuild:
    """Where to read and write; `on_progress` hears of the rows read so far."""

    s3: Any
    bucket: str
    clock: Clock
    rng: random.Random
    on_progress: Callable[[int], None] = lambda rows: None

    def run(self, from_ms: int, to_ms: int, *, write: bool) -> Report:
        """Compare what lies in backup objects whose first record arrived in the range.

        With `write`, put the rows to add where the scheduled load finds them.
        """
        report = Report()
        comparison = Comparison(self.known(from_ms, to_ms, report))
        objects = RowObjects(
            self.s3,
            bucket=self.bucket,
            label=REBUILT,
            clock=self.clock,
            rng=self.rng,
            on_stored=report.written.append,
        )
        for key, body in self.read(BACKUP_PREFIX, from_ms, to_ms, report):
            rows = comparison.rows_to_add(key, moment_of(key) or from_ms, body)
            while some := list(islice(rows, ROWS_AT_ONCE)):
                if write:
                    objects.add(_encoder.encode_lines(some))
            report.objects += 1
        objects.close()
        report.changes = comparison.changes
        return report

    def known(self, from_ms: int, to_ms: int, report: Report) -> KnownRows:
        """Read the rows of the range, and whatever recovering and rebuilding have added since."""
        known = KnownRows()
        margin = (from_ms - MARGIN_MS, to_ms + MARGIN_MS)
        for key, body in self.read(ROWS_PREFIX, *margin, report, also=(LABEL, REBUILT)):
            try:
                known.add(body)
            except ValueError as error:
                report.unreadable[key] = str(error)
            self.on_progress(known.rows)
        return known

    def read(
        self, prefix: str, from_ms: int, to_ms: int, report: Report, also: tuple[str, ...] = ()
    ) -> Iterator[tuple[str, bytes]]:
        """Yield the unpacked objects of a range, and later ones whose names begin with `also`."""

        def keys() -> Iterator[str]:
            start = prefix + hour_key(max(0, from_ms)).removeprefix(ROWS_PREFIX)
            for each in objects_after(self.s3, self.bucket, prefix, start):
                at_ms = moment_of(each.key)
                name = each.key.rpartition("/")[2]
                wanted = at_ms is None or from_ms <= at_ms < to_ms or name.startswith(also)
                if wanted and not each.key.startswith(FAILURES):
                    yield each.key

        for key, body in read_objects(self.s3, self.bucket, keys()):
            try:
                yield key, unpacked(body)
            except ValueError as error:
                report.unreadable[key] = str(error)


def moment_of(key: str) -> int | None:
    """Return the time that an object's name says (C37), None for a name that says none."""
    found = _MOMENT.search(key)
    if found is None:
        return None
    return round(
        datetime.strptime(found[1], "%Y-%m-%d-%H-%M-%S").replace(tzinfo=UTC).timestamp() * 1000
    )
