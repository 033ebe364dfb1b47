"""Deliveries, lane states and markers in, the next transaction out: what to apply, and only that.

Pure: the same answer for a redelivery, a retry, half of a bisected batch or a re-driven record.
Stamped batches are applied by number (`LaneState`), unstamped lines by a marker of the vote's
identity. A batch too large for one transaction is applied in prefixes.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from core import ledger, limits
from core.errors import RulesTooOld
from core.keys import UNKNOWN_POLL, line_mark_pk, vote_mark_pk
from core.lane import LaneState
from core.poll import PollBook
from core.record import Line, count_lines, payload_lines
from core.tally import Increments, add_ledger
from core.verdict import Reason
from core.vote import Vote, canonical_colour
from processors.delivery import Delivery
from processors.fold import Folded, ParkedLine, fold_lines, fold_payload, judge_line
from processors.transaction import LaneKey, Mark, Transaction


@dataclass(slots=True)
class Known:
    """What is known of the table: a guess that the transaction's conditions check."""

    lanes: dict[LaneKey, LaneState] = field(default_factory=dict)
    marks: dict[str, Mark] = field(default_factory=dict)
    # The units of the payload that is being applied: taking it apart anew for every transaction
    # would make a record of many lines cost their square.
    units: "tuple[Delivery, list[ParkedBlock | Line]] | None" = None


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a call has come: the next delivery, and the next unit of an unstamped one."""

    delivery: int = 0
    unit: int = 0


def plan(
    deliveries: Sequence[Delivery], cursor: Cursor, known: Known, book: PollBook, counted_ms: int
) -> tuple[Transaction, Cursor]:
    """Return the next transaction from `cursor` on, and where to go on once it is committed."""
    transaction = Transaction()
    while cursor.delivery < len(deliveries):
        delivery = deliveries[cursor.delivery]
        if delivery.payload.stamp is not None:
            full = _plan_batch(transaction, delivery, known, book, counted_ms)
            unit = 0
        else:
            unit, full = _plan_units(transaction, delivery, cursor.unit, known, book, counted_ms)
        if full:
            return transaction, Cursor(cursor.delivery, unit)
        cursor = Cursor(cursor.delivery + 1)
    return transaction, cursor


def _plan_batch(
    transaction: Transaction, delivery: Delivery, known: Known, book: PollBook, counted_ms: int
) -> bool:
    """Add a stamped batch, or its next prefix when it is alone; return whether to commit first."""
    stamp = delivery.payload.stamp
    assert stamp is not None, "the caller looked"
    key = (stamp.producer, stamp.lane)
    read, state = transaction.lanes.get(key) or (known.lanes.get(key, LaneState()),) * 2
    start = state.applied_lines(stamp.number)
    if start is None:
        return False
    stop = stamp.votes
    folded, increments = _fold(delivery, book, counted_ms, start, stop)
    while not transaction.takes(increments, lane=key):
        if not transaction.empty:
            return True
        stop = start + (stop - start) // 2
        assert stop > start, "one line always fits into a transaction"
        folded, increments = _fold(delivery, book, counted_ms, start, stop)
    done = stop == stamp.votes
    after = state.advance(
        stamp.number, lines=stop, done=done, votes=folded.votes, parked=len(folded.parked)
    )
    transaction.lanes[key] = (read, after)
    transaction.increments.merge(increments)
    before = _fold(delivery, book, counted_ms, 0, start)[0].parked if start else []
    transaction.kept += [(delivery, line) for line in (*before, *folded.parked)]
    transaction.votes += folded.votes
    transaction.parked += len(folded.parked)
    transaction.late += done and stamp.number < state.high
    return not done


def _fold(
    delivery: Delivery, book: PollBook, counted_ms: int, start: int, stop: int
) -> tuple[Folded, Increments]:
    payload, arrival_ms = delivery.payload, delivery.arrival_ms
    try:
        folded = fold_payload(payload, arrival_ms, book, start, stop)
    except RulesTooOld:
        raise
    except Exception:  # a fault of ours in a record: park it, do not stop the shard
        folded = Folded(parked=parked_whole(delivery)[start:stop])
    return folded, folded.increments(delivery.slot, arrival_ms=arrival_ms, counted_ms=counted_ms)


@dataclass(frozen=True, slots=True)
class ParkedBlock:
    """All lines of one payload that are parked under one poll: applied together, by one marker.

    The verdicts depend on bytes, arrival and rules alone, so the block is the same whenever and
    wherever it is made. Line by line, a record of garbage would take thousands of transactions.
    """

    poll: str
    lines: list[ParkedLine]


def units_of(delivery: Delivery, book: PollBook) -> list[ParkedBlock | Line]:
    """Return what an unstamped payload is applied in: blocks of parked lines, then its votes."""
    parked: dict[str, list[ParkedLine]] = {}
    votes: list[ParkedBlock | Line] = []
    for line in payload_lines(delivery.payload):
        poll, reason = judge_line(line, delivery.arrival_ms, book)
        if reason is None:
            votes.append(line)
        else:
            parked.setdefault(poll, []).append(ParkedLine(line.number, poll, reason, line.raw))
    return [*(ParkedBlock(poll, lines) for poll, lines in sorted(parked.items())), *votes]


def _plan_units(
    transaction: Transaction,
    delivery: Delivery,
    start: int,
    known: Known,
    book: PollBook,
    counted_ms: int,
) -> tuple[int, bool]:
    """Add units of an unstamped payload; return the next one and whether to commit first."""
    if known.units is None or known.units[0] is not delivery:
        known.units = (delivery, units_of(delivery, book))
    units = known.units[1]
    for index in range(start, len(units)):
        unit = units[index]
        if isinstance(unit, ParkedBlock):
            added = _plan_block(transaction, delivery, unit, known)
        else:
            added = _plan_vote(transaction, delivery, unit, known, book, counted_ms)
        if not added:
            return index, True
    known.units = None
    return 0, False


def _plan_block(
    transaction: Transaction, delivery: Delivery, block: ParkedBlock, known: Known
) -> bool:
    """Add a block of parked lines; return False when the transaction is full."""
    transaction.kept += [(delivery, line) for line in block.lines]
    position = f"{delivery.position(0)}:{block.poll}"
    pk = line_mark_pk(position)
    if pk in known.marks:
        return True
    increments = Increments()
    count = len(block.lines)
    add_ledger(increments, delivery.slot, block.poll, delivery.arrival_ms, ledger.PARKED, count)
    if not _add_marked(transaction, pk, Mark(position, ledger.PARKED), increments):
        return False
    transaction.parked += count
    return True


def _plan_vote(
    transaction: Transaction,
    delivery: Delivery,
    line: Line,
    known: Known,
    book: PollBook,
    counted_ms: int,
) -> bool:
    """Add one unstamped vote; return False when the transaction is full."""
    assert line.vote is not None, "a line without a reason to park is a vote"
    poll = line.vote.poll
    position = delivery.position(line.number)
    pk, mark = vote_mark(line.vote, position)
    existing = transaction.marks.get(pk) or known.marks.get(pk)
    if existing is None:
        folded = fold_lines([line], delivery.arrival_ms, book)
        increments = folded.increments(
            delivery.slot, arrival_ms=delivery.arrival_ms, counted_ms=counted_ms
        )
        return _add_marked(transaction, pk, mark, increments, votes=1)
    if existing.position == position:
        return True
    duplicate = existing.digest == mark.digest
    outcome = ledger.DUPLICATE if duplicate else ledger.PARKED
    if not duplicate:
        reason = Reason.IDENTITY_CONFLICT
        transaction.kept.append((delivery, ParkedLine(line.number, poll, reason, line.raw)))
    pk = line_mark_pk(position)
    if pk in known.marks:
        return True
    increments = Increments()
    add_ledger(increments, delivery.slot, poll, delivery.arrival_ms, outcome, 1)
    if not _add_marked(transaction, pk, Mark(position, outcome), increments):
        return False
    transaction.duplicates += duplicate
    transaction.parked += not duplicate
    return True


def _add_marked(
    transaction: Transaction,
    pk: str,
    mark: Mark,
    increments: Increments,
    *,
    votes: int = 0,
) -> bool:
    if not transaction.takes(increments, marks=1):
        return False
    transaction.marks[pk] = mark
    transaction.increments.merge(increments)
    transaction.votes += votes
    return True


def vote_mark(vote: Vote, position: str) -> tuple[str, Mark]:
    """Return the marker of a vote's identity, with a digest of what the vote says."""
    said = f"{canonical_colour(vote.colour)}\n{vote.voted_at}\n{vote.region}"
    digest = hashlib.blake2b(said.encode(errors="surrogatepass"), digest_size=12).hexdigest()
    return vote_mark_pk(vote.poll, vote.device_id, vote.seq), Mark(position, digest)


def lines_of(delivery: Delivery) -> int:
    """Return how many lines a delivery has, for the log."""
    stamp = delivery.payload.stamp
    return stamp.votes if stamp else max(1, count_lines(delivery.payload.body))


def parked_whole(delivery: Delivery) -> list[ParkedLine]:
    """Return every line of a delivery as parked because our code failed on it."""
    raws = enumerate(delivery.payload.body.split(b"\n"), delivery.payload.first_line)
    return [
        ParkedLine(number, UNKNOWN_POLL, Reason.HANDLER_ERROR, raw)
        for number, raw in raws
        if raw.strip()
    ]


assert limits.TRANSACTION_ITEMS_MAX > 16, "one line with all its tallies fits a transaction"
