"""A bucket and what to look for in, the entries that fit, each with its mark if it has one, out."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from core.errors import UsageError
from local.lake_objects import objects_after, read_objects, unpacked
from local.recovery import failed_delivery, failed_event, failed_record, parked_line
from local.recovery.entry import KINDS, UNREADABLE, WHOLE, Entry, Kind, Recovered
from local.recovery.mark import Marks

DAY_MS: Final = 86_400_000
_PREFIXES: Final[dict[Kind, tuple[str, ...]]] = {
    "history": failed_record.PREFIXES,
    "live": (failed_delivery.PREFIX,),
    "parked": (parked_line.PREFIX,),
}
_ALL: Final = tuple(prefix for prefixes in _PREFIXES.values() for prefix in prefixes)
_READERS: Final[dict[Kind, Callable[[str, bytes], list[Entry]]]] = {
    "history": failed_record.read_failed_records,
    "live": failed_event.read_failed,
    "parked": parked_line.read_parked_lines,
}


class Found(NamedTuple):
    """An entry, and how it was recovered, if it was."""

    entry: Entry
    recovered: Recovered | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to look for; times are of arrival, from `from_ms` up to and without `to_ms`.

    `names` are keys of objects, or of entries (`KEY#3`); none of them means all.
    """

    names: Sequence[str] = ()
    kinds: Sequence[Kind] = KINDS
    reasons: Sequence[str] = ()
    from_ms: int = 0
    to_ms: int = 2**63

    def fits(self, entry: Entry) -> bool:
        return (
            entry.kind in self.kinds
            and (not self.reasons or entry.reason in self.reasons)
            and self.from_ms <= entry.arrival_ms < self.to_ms
            and (not self.names or entry.key in self.names or entry.name in self.names)
        )


def search(client: Any, bucket: str, wanted: Wanted) -> Iterator[Found]:
    """Yield the entries that fit, kind by kind, in the order of their keys.

    An object that cannot be read is an entry too, of the reason `unreadable`. Raise UsageError for
    a name below no prefix of ours.
    """
    marks = Marks(client, bucket=bucket)
    for kind, prefix, keys in _keys(client, bucket, wanted):
        known = marks.read(_common(wanted.names, prefix))
        for key, body in read_objects(client, bucket, keys):
            for entry in _read(kind, key, body):
                if wanted.fits(entry):
                    yield Found(entry, known.get(key, {}).get(entry.number))


def _read(kind: Kind, key: str, body: bytes) -> list[Entry]:
    try:
        return _READERS[kind](key, unpacked(body))
    except ValueError as error:
        return [
            Entry(
                key=key,
                number=WHOLE,
                kind=kind,
                reason=UNREADABLE,
                arrival_ms=0,
                data=body,
                detail=str(error),
            )
        ]


def _keys(client: Any, bucket: str, wanted: Wanted) -> Iterator[tuple[Kind, str, Iterator[str]]]:
    """Yield each kind and prefix with the keys of its objects to read."""
    named = {name.rpartition("#")[0] if "#" in name else name for name in wanted.names}
    for key in named:
        if not key.startswith(_ALL):
            raise UsageError(f"looking for {key!r}: keys begin with {', '.join(_ALL)}")
    for kind in wanted.kinds:
        for prefix in _PREFIXES[kind]:
            if named:
                own = sorted(key for key in named if key.startswith(prefix))
                yield kind, prefix, iter(own)
            else:
                yield kind, prefix, _dated(client, bucket, prefix, wanted)


def _dated(client: Any, bucket: str, prefix: str, wanted: Wanted) -> Iterator[str]:
    """Yield keys of a prefix, without those of days that cannot matter.

    Keys of `parked/` and `errors/` go on with the day of their oldest record's arrival; an object
    is filled within a day. Keys of `aws/lambda/` do not.
    """
    dated = prefix != failed_delivery.PREFIX
    first = prefix + day_of(max(0, wanted.from_ms - DAY_MS)) if dated and wanted.from_ms else ""
    last = prefix + day_of(wanted.to_ms + DAY_MS) if dated and wanted.to_ms < 2**62 else ""
    for each in objects_after(client, bucket, prefix, first):
        if last and each.key >= last:
            return
        yield each.key


def day_of(ms: int) -> str:
    """Return how the day of a moment is written in keys."""
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y/%m/%d")


def _common(names: Sequence[str], prefix: str) -> str:
    """Return what the keys of marks to read begin with."""
    own = [name for name in names if name.startswith(prefix)]
    if len(own) != 1:
        return prefix
    return own[0].rpartition("#")[0] if "#" in own[0] else own[0]
