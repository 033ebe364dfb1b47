"""Entries that were found in, each recovered, left or refused, and marked, out.

An entry is marked after it was recovered. A command that is stopped in between does it once more
the next time: rows have the same line_ids, a line of the stream its vote's identity, a function's
record its place, so twice is once.
"""

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, Literal, Protocol

import msgspec

from core.clients import StreamClient
from core.clock import Clock
from core.poll import PollBook
from firehose_transforms.row_lines import row_lines
from local.recovery.entry import Entry, FailedDelivery, FailedRecord, Recovered, Way
from local.recovery.mark import Marks, by_key
from local.recovery.remedy import Refused, Remedy, remedy_of, source_record
from local.recovery.row_object import RowObjects
from local.recovery.search import Found
from local.recovery.stream_put import put_all

LABEL: Final = "recovered"
EVENT_BYTES_MAX: Final = 5_000_000  # of the 6 MB that an invocation takes (B48)
CHUNK_ENTRIES: Final = 500  # done, and marked, together
State = Literal["recovered", "would", "before", "refused"]


class FunctionClient(Protocol):
    """Lambda, as a record is handed to a function again."""

    def invoke(self, *, FunctionName: str, Payload: bytes) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an entry: `said` is its place now, or why nothing was done."""

    entry: Entry
    state: State
    by: Way | None
    said: str


@dataclass(kw_only=True)
class Recovery:
    """Everything that entries are recovered with; `new_name` gives each mark its own name."""

    s3: Any
    bucket: str
    kinesis: StreamClient
    stream: str
    functions: FunctionClient
    book: PollBook
    clock: Clock
    rng: random.Random
    wait: Callable[[int], None]
    rows_are_loaded: bool = True

    def preview(self, found: Iterable[Found], *, by_stream: bool) -> Iterator[Outcome]:
        """Yield what `run` would do, and do nothing."""
        for planned in self._plan(found, by_stream=by_stream):
            if isinstance(planned, Outcome):
                yield planned
            else:
                yield Outcome(planned[0], "would", planned[1].by, "")

    def run(self, found: Iterable[Found], *, by_stream: bool) -> Iterator[Outcome]:
        """Recover what is not recovered yet; yield each entry's outcome once it is marked."""
        waiting = iter(found)
        while chunk := list(islice(waiting, CHUNK_ENTRIES)):
            todo: list[tuple[Entry, Remedy]] = []
            for planned in self._plan(chunk, by_stream=by_stream):
                if isinstance(planned, Outcome):
                    yield planned
                else:
                    todo.append(planned)
            yield from self._do(todo)

    def _plan(
        self, found: Iterable[Found], *, by_stream: bool
    ) -> Iterator[Outcome | tuple[Entry, Remedy]]:
        for entry, recovered in found:
            if recovered is not None:
                yield Outcome(entry, "before", recovered.by, recovered.place)
                continue
            remedy = remedy_of(
                entry, self.book, by_stream=by_stream, rows_are_loaded=self.rows_are_loaded
            )
            if isinstance(remedy, Refused):
                yield Outcome(entry, "refused", None, remedy.why)
            else:
                yield entry, remedy

    def _do(self, todo: Sequence[tuple[Entry, Remedy]]) -> Iterator[Outcome]:
        ways: dict[Way, Callable[[list[tuple[Entry, Remedy]]], Iterator[Outcome]]] = {
            "rows": self._make_rows,
            "stream": self._put,
            "function": self._hand,
        }
        for way, do in ways.items():
            outcomes: list[Outcome] = []
            try:
                for outcome in do([each for each in todo if each[1].by == way]):
                    outcomes.append(outcome)
            finally:  # what was done before a fault is marked, too
                self._mark(outcomes)
            yield from outcomes

    def _mark(self, outcomes: Iterable[Outcome]) -> None:
        now_ms = self.clock.now_ms()
        done = [
            (
                each.entry.key,
                Recovered(number=each.entry.number, by=each.by, at_ms=now_ms, place=each.said),
            )
            for each in outcomes
            if each.state == "recovered" and each.by is not None
        ]
        name = f"{now_ms}-{self.rng.getrandbits(32):08x}"
        marks = Marks(self.s3, bucket=self.bucket)
        for key, recovered in by_key(done).items():
            marks.write(key, recovered, name)

    def _make_rows(self, todo: list[tuple[Entry, Remedy]]) -> Iterator[Outcome]:
        """Refine records here, with their own arrival and without the limit of an answer."""
        keys: list[str] = []
        objects = RowObjects(
            self.s3,
            bucket=self.bucket,
            label=LABEL,
            clock=self.clock,
            rng=self.rng,
            on_stored=keys.append,
        )
        for entry, _ in todo:
            assert isinstance(entry, FailedRecord), "only such are made into rows"
            for part in row_lines(source_record(entry)):
                objects.add(part.data)
        objects.close()
        place = ", ".join(keys)
        yield from (Outcome(entry, "recovered", "rows", place) for entry, _ in todo)

    def _put(self, todo: list[tuple[Entry, Remedy]]) -> Iterator[Outcome]:
        puts = [remedy.put for _, remedy in todo]
        for index, place in put_all(self.kinesis, self.stream, puts, rng=self.rng, wait=self.wait):
            yield Outcome(todo[index][0], "recovered", "stream", place)

    def _hand(self, todo: list[tuple[Entry, Remedy]]) -> Iterator[Outcome]:
        """Hand each function the records that it failed on, one object, or 5 MB, at a time."""
        groups: dict[str, list[FailedDelivery]] = {}
        for entry, _ in todo:
            assert isinstance(entry, FailedDelivery), "only such are handed to a function"
            groups.setdefault(entry.key, []).append(entry)
        for entries, event in (each for group in groups.values() for each in events_of(group)):
            function = entries[0].function
            reply = self.functions.invoke(FunctionName=function, Payload=event)
            fault = fault_of(reply)
            for entry in entries:
                if fault:
                    yield Outcome(entry, "refused", None, fault)
                else:
                    yield Outcome(entry, "recovered", "function", function)


def events_of(entries: Sequence[FailedDelivery]) -> Iterator[tuple[list[FailedDelivery], bytes]]:
    """Yield entries with the event of their records, as many as one invocation takes."""
    held: list[FailedDelivery] = []
    records: list[bytes] = []
    for entry in entries:
        record = msgspec.json.encode(entry.record)
        if held and sum(map(len, records)) + len(record) > EVENT_BYTES_MAX:
            yield held, _event(records)
            held, records = [], []
        held.append(entry)
        records.append(record)
    yield held, _event(records)


def _event(records: Sequence[bytes]) -> bytes:
    return b'{"Records":[' + b",".join(records) + b"]}"


def fault_of(reply: Mapping[str, Any]) -> str:
    """Return why an invocation did not apply all of its records; "" when it did."""
    body = reply["Payload"].read()
    if reply.get("FunctionError"):
        return f"the function failed again: {body[:300].decode(errors='replace')}"
    answer = msgspec.json.decode(body)
    failures = answer.get("batchItemFailures") if isinstance(answer, dict) else None
    if failures:
        return f"the function stopped at {failures[0].get('itemIdentifier')}: it is safe to repeat"
    return ""
