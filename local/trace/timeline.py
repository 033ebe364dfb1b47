"""What every place said of a vote in, its stations in order and the verdict out. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from local.trace.find import (
    Copy,
    Evidence,
    LoadFind,
    Nowhere,
    ObjectFind,
    OutboxFind,
    Unknown,
    WarehouseRow,
)
from local.trace.sighting import Batch
from local.trace.step import State, Station, Step

ACCOUNTED: Final = 0
LOST: Final = 4  # as a broken invariant
NOWHERE: Final = 5
_APPLIED: Final = ("tally.batch_applied", "worker.chunk_applied")


@dataclass(frozen=True, slots=True)
class Timeline:
    """The stations, the verdict among them, and the exit code that says the same."""

    steps: Sequence[Step]
    exit_code: int


def timeline(evidence: Evidence) -> Timeline:
    """Return the way of a vote. Times are those that each place noted by its own clock."""
    cast_ms = cast_of(evidence)
    steps = [_cast(cast_ms), *_outboxes(evidence)]
    steps += list(_copies(evidence)) or [_no_record(evidence)]
    steps += _warehouse(evidence.warehouse)
    code, says = verdict(evidence)
    steps.append(
        Step(station="verdict", state="found" if code == ACCOUNTED else "absent", says=says)
    )
    return Timeline([_since(step, cast_ms) for step in steps], code)


def verdict(evidence: Evidence) -> tuple[int, str]:
    """Return the exit code and a sentence: accounted for, lost, or found nowhere."""
    fates = {copy.live.fate for copy in evidence.copies}
    for fate, says in (
        ("counted", "It is counted."),
        ("parked", "It is parked, with its reason."),
        ("duplicate", "It says again what a counted vote said."),
    ):
        if fate in fates:
            return ACCOUNTED, says
    rows = () if isinstance(evidence.warehouse, Unknown) else evidence.warehouse
    if "forgotten" in fates or (rows and not fates):
        if rows:
            return ACCOUNTED, f"History has it, in {rows[0].table}; the live path no longer tells."
        return ACCOUNTED, "The stream has it; it came too long ago for the live path to tell."
    if "missing" in fates:
        return _missing(evidence)
    if not isinstance(evidence.outboxes, Unknown) and evidence.outboxes:
        return _from_outbox(evidence.outboxes)
    return NOWHERE, "It is found nowhere: a wrong name, an older vote (--since), or never sent."


def _from_outbox(outboxes: Sequence[OutboxFind]) -> tuple[int, str]:
    """Return the verdict on a vote that nobody shows but the outbox it was sent from."""
    fates = {each.live.fate for each in outboxes if each.live is not None}
    if "counted" in fates:
        return ACCOUNTED, "Its batch is applied; the stream no longer shows it."
    if not all(each.acknowledged for each in outboxes):
        return ACCOUNTED, "It waits in its outbox; its producer sends it, now or when it starts."
    if "forgotten" in fates:
        return ACCOUNTED, "The stream took it, too long ago for the live path to tell."
    return LOST, "The stream has acknowledged it, and it is neither shown nor applied."


def _missing(evidence: Evidence) -> tuple[int, str]:
    oldest_ms = min(copy.place.arrival_ms for copy in evidence.copies)
    if evidence.done_until_ms is None:
        return ACCOUNTED, "The stream has it; nobody can say how far its consumers are."
    if evidence.done_until_ms <= oldest_ms:
        return ACCOUNTED, "The stream has it, and its consumers have not come to it yet."
    failed = [each.name for copy in evidence.copies for each in copy.failed if each.kind == "live"]
    if failed:
        return LOST, f"It was given up, not counted: `cube recover put {failed[0]}` brings it back."
    return LOST, "Its consumers have done all up to here, and it is neither counted nor parked."


def cast_of(evidence: Evidence) -> int | None:
    """Return when the vote says that it was cast, by whoever has it."""
    seen = [copy.sighting.cast_ms for copy in evidence.copies if copy.sighting]
    if not isinstance(evidence.outboxes, Unknown):
        seen += [each.cast_ms for each in evidence.outboxes]
    if not isinstance(evidence.warehouse, Unknown):
        seen += [row.cast_ms for row in evidence.warehouse]
    return next((ms for ms in seen if ms is not None), None)


def _since(step: Step, cast_ms: int | None) -> Step:
    if step.at_ms is None or cast_ms is None:
        return step
    return msgspec.structs.replace(step, after_ms=step.at_ms - cast_ms)


def _cast(cast_ms: int | None) -> Step:
    if cast_ms is None:
        return Step(station="cast", state="unknown", says="nothing that was found says when")
    return Step(station="cast", state="found", says="by the device's clock", at_ms=cast_ms)


def _outboxes(evidence: Evidence) -> Iterator[Step]:
    if isinstance(evidence.outboxes, Unknown):
        yield Step(station="outbox", state="unknown", says=evidence.outboxes.reason)
        return
    for each in evidence.outboxes:
        producer, lane, number = each.batch
        state = "the stream has it" if each.acknowledged else "it waits to be sent"
        yield Step(
            station="outbox",
            state="found",
            says=f"batch {number} of lane {lane} of {producer}: {state}",
            facts={"outbox": each.outbox, "acknowledged": each.acknowledged},
        )
    if not evidence.outboxes:
        says = "no outbox here keeps it; one forgets what is acknowledged"
        yield Step(station="outbox", state="absent", says=says)


def _no_record(evidence: Evidence) -> Step:
    minutes = (evidence.now_ms - evidence.from_ms) // 60_000
    says = f"no record of the last {minutes} minutes holds it; --since looks further back"
    return Step(station="record", state="absent", says=says)


def _copies(evidence: Evidence) -> Iterator[Step]:
    seen: set[Batch] = set()
    for number, copy in enumerate(evidence.copies, 1):
        again = copy.place.batch in seen
        if copy.place.batch is not None:
            seen.add(copy.place.batch)
        for step in _copy(copy, again=again):
            yield msgspec.structs.replace(step, copy=number)
    if evidence.more_copies:
        says = "more records hold it than are shown"
        yield Step(station="record", state="found", says=says)


def _copy(copy: Copy, *, again: bool) -> Iterator[Step]:
    yield _record(copy)
    yield _counted(copy, again=again)
    yield from _calls(copy)
    if copy.live.fate == "parked":
        yield Step(
            station="parked",
            state="found",
            says=copy.live.key or copy.live.says,
            at_ms=copy.live.at_ms,
            facts={"key": copy.live.key, "reason": copy.live.reason},
        )
    for failed in copy.failed:
        back = "recovered" if failed.recovered else "`cube recover` brings it back"
        yield Step(
            station="failed",
            state="found",
            says=f"{failed.kind}: {failed.reason}; {back}",
            facts={"name": failed.name},
        )
    yield _object("lake", copy.rows, "row")
    yield _object("backup", copy.backup, "line")
    yield _load(copy)


def _record(copy: Copy) -> Step:
    place = copy.place
    says = f"{place.shard or 'a shard'}, sequence number {place.sequence_number}"
    if place.batch is not None:
        producer, lane, number = place.batch
        says = f"{place.shard or 'a shard'}, batch {number} of lane {lane} of {producer}"
    if copy.sighting is None:
        says += " (by the warehouse: the stream no longer shows it)"
    facts = {
        "shard": place.shard,
        "sequence_number": place.sequence_number,
        "subsequence": place.subsequence,
        "line": place.line,
    }
    if place.batch is not None:
        facts |= dict(zip(("producer", "lane", "number"), place.batch, strict=True))
    state: State = "found" if copy.sighting else "absent"
    return Step(station="record", state=state, says=says, at_ms=place.arrival_ms, facts=facts)


def _counted(copy: Copy, *, again: bool) -> Step:
    live = copy.live
    if live.fate == "counted":
        says = f"{live.says}; sent again, counted once" if again else live.says
        return Step(station="counted", state="found", says=says, at_ms=_counted_ms(copy))
    state: State = "unknown" if live.fate == "forgotten" else "absent"
    return Step(station="counted", state=state, says=live.says)


def _counted_ms(copy: Copy) -> int | None:
    """Return when the call that counted the line was over, if its log line is there.

    Of workers' calls several may fit: then nobody knows which it was.
    """
    if isinstance(copy.calls, Unknown):
        return None
    applied = [call for call in copy.calls if call.event in _APPLIED]
    if not applied or (len(applied) > 1 and applied[0].function == "worker"):
        return None
    return applied[0].at_ms


def _calls(copy: Copy) -> Iterator[Step]:
    if isinstance(copy.calls, Unknown):
        yield Step(station="call", state="unknown", says=copy.calls.reason)
        return
    workers = sum(call.function == "worker" for call in copy.calls)
    one_of = f"; one of {workers} whose chunk may have had it" if workers > 1 else ""
    for call in copy.calls:
        yield Step(
            station="call",
            state="found",
            says=f"{call.event}, request {call.request_id}, {call.lag_ms} ms behind{one_of}",
            at_ms=call.at_ms,
            facts=call._asdict(),
        )
    if not copy.calls:
        says = "no line of a log has this record: not called yet, or the log is gone"
        yield Step(station="call", state="absent", says=says)


def _object(station: Station, found: ObjectFind | Nowhere | Unknown, what: str) -> Step:
    match found:
        case Unknown(reason):
            return Step(station=station, state="unknown", says=reason)
        case Nowhere(looked_at):
            return Step(station=station, state="absent", says=f"in none of {looked_at}")
        case ObjectFind(key, stored_ms, line):
            facts = {"key": key, what: line}
            return Step(
                station=station, state="found", says=f"{key}, {what} {line}", at_ms=stored_ms,
                facts=facts,
            )  # fmt: skip


def _load(copy: Copy) -> Step:
    match copy.load:
        case Unknown(reason):
            return Step(station="load", state="unknown", says=reason)
        case Nowhere(looked_at):
            return Step(station="load", state="absent", says=f"not in {looked_at}")
        case LoadFind(load_id, loaded_ms):
            return Step(
                station="load", state="found", says=load_id, at_ms=loaded_ms,
                facts={"load_id": load_id},
            )  # fmt: skip


def _warehouse(rows: Sequence[WarehouseRow] | Unknown) -> list[Step]:
    if isinstance(rows, Unknown):
        return [Step(station="warehouse", state="unknown", says=rows.reason)]
    steps = [
        Step(
            station="warehouse",
            state="found",
            says=f"{row.table}: {row.says}",
            facts={"table": row.table, "arrived_at": row.arrival_ms},
        )
        for row in rows
    ]
    says = "no row of votes, parked_votes or duplicate_votes has it"
    return steps or [Step(station="warehouse", state="absent", says=says)]
