"""A lake's bucket and a person in, the objects that named the person rewritten in place out."""

import gzip
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from local.forgetting.limits import DAY_MS
from local.forgetting.rewriter import Person, Rewriter
from local.lake_objects import objects_after, read_objects, unpacked
from local.recovery.known_rows import REBUILT
from local.recovery.recover import LABEL
from local.recovery.search import day_of
from processors.lake import FAILURES_AMONG_ROWS

# Where votes lie in the lake. Failures among rows (clause C42) are found below votes/.
ROWS: Final = "votes/"
BACKUP: Final = "backup/"
PARKED: Final = "parked/"
UNDATED: Final = ("errors/", "aws/lambda/")  # a kind of error, or a mapping, comes before the day
PREFIXES: Final = (ROWS, BACKUP, PARKED, "dispatch/", *UNDATED)
_KEPT: Final = ("ContentType", "ContentEncoding", "ContentDisposition", "CacheControl")
_GZIP: Final = b"\x1f\x8b"
_ALSO: Final = (f"{LABEL}-", f"{REBUILT}-")  # rows made later have the arrival they always had


@dataclass(slots=True)
class Place:
    """What was found below one prefix; `named` says of objects what was left in them, and why."""

    prefix: str
    objects: int = 0
    rewritten: int = 0
    lines: int = 0
    named: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LakeWalk:
    """Reads object by object; times are of arrival. `on_object` hears of each object's bytes."""

    s3: Any
    bucket: str
    person: Person
    settled: bool
    from_ms: int = 0
    to_ms: int | None = None
    on_object: Callable[[str, int], None] = field(default=lambda key, size: None)

    def run(self, *, write: bool) -> Iterator[Place]:
        """Yield each place once it is done; without `write` nothing is changed."""
        for prefix in PREFIXES:
            place = Place(prefix)
            for key, body in read_objects(self.s3, self.bucket, self._keys(prefix)):
                place.objects += 1
                self.on_object(key, len(body))
                self._object(place, key, body, write=write)
            yield place

    def _object(self, place: Place, key: str, body: bytes, *, write: bool) -> None:
        # What is parked is counted nowhere, and comes back line by line, if ever: nobody knows it.
        settled = self.settled or key.startswith(PARKED)
        rewriter = Rewriter(self.person, settled=settled)
        try:
            data = unpacked(body)
        except ValueError as error:
            place.named[key] = str(error)
            return
        changed = _rewrite(rewriter, key, data)
        if rewriter.left:
            place.named[key] = f"{rewriter.left} lines that are no JSON, or too long, may name it"
        if rewriter.waiting:
            place.named[key] = f"{rewriter.waiting} records without a stamp may be applied again"
        if changed == data:
            return
        place.rewritten += 1
        place.lines += rewriter.lines
        if write:
            packed = gzip.compress(changed, mtime=0) if body.startswith(_GZIP) else changed
            self._put(key, packed)

    def _put(self, key: str, body: bytes) -> None:
        """Put an object again, under its key and with its headers."""
        head = self.s3.head_object(Bucket=self.bucket, Key=key)
        kept = {name: head[name] for name in _KEPT if head.get(name)}
        if head.get("Metadata"):
            kept["Metadata"] = head["Metadata"]
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body, **kept)

    def _keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys that can hold what arrived in the range, a day more on both sides."""
        if prefix in UNDATED or (not self.from_ms and self.to_ms is None):
            yield from (each.key for each in objects_after(self.s3, self.bucket, prefix))
            return
        if prefix == ROWS:
            yield from self._of_days(FAILURES_AMONG_ROWS)
        yield from self._of_days(prefix)

    def _of_days(self, prefix: str) -> Iterator[str]:
        first = prefix + day_of(max(0, self.from_ms - DAY_MS))
        last = None if self.to_ms is None else prefix + day_of(self.to_ms + 2 * DAY_MS)
        for each in objects_after(self.s3, self.bucket, prefix, first):
            if prefix == ROWS and each.key.startswith(FAILURES_AMONG_ROWS):
                continue
            name = each.key.rpartition("/")[2]
            if last is None or each.key < last or name.startswith(_ALSO):
                yield each.key


def _rewrite(rewriter: Rewriter, key: str, data: bytes) -> bytes:
    if key.startswith(ROWS) and not key.startswith(FAILURES_AMONG_ROWS):
        return rewriter.rows(data)
    return rewriter.votes(data) if key.startswith(BACKUP) else rewriter.document(data)
