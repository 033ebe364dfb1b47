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


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a call has come: the next delivery, and the next line of an unstamped one."""

    delivery: int = 0
    line: int = 0


def plan(
    deliveries: Sequence[Delivery], cursor: Cursor, known: Known, book: PollBook, counted_ms: int
) -> tuple[Transaction, Cursor]:
    """Return the next transaction from `cursor` on, and where to go on once it is committed."""
    transaction = Transaction()
    while cursor.delivery < len(deliveries):
        delivery = deliveries[cursor.delivery]
        if delivery.payload.stamp is not None:
            full = _plan_batch(transaction, delivery, known, book, counted_ms)
            line = 0
        else:
            line, full = _plan_lines(transaction, delivery, cursor.line, known, book, counted_ms)
        if full:
            return transaction, Cursor(cursor.delivery, line)
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


def _plan_lines(
    transaction: Transaction,
    delivery: Delivery,
    start: int,
    known: Known,
    book: PollBook,
    counted_ms: int,
) -> tuple[int, bool]:
    """Add unstamped lines from `start` on; return the next line and whether to commit first."""
    for index, line in enumerate(payload_lines(delivery.payload)):
        if index < start:
            continue
        if not _plan_line(transaction, delivery, line, known, book, counted_ms):
            return index, True
    return 0, False


def _plan_line(
    transaction: Transaction,
    delivery: Delivery,
    line: Line,
    known: Known,
    book: PollBook,
    counted_ms: int,
) -> bool:
    """Add one unstamped line; return False when the transaction is full."""
    position = delivery.position(line.number)
    poll, reason = judge_line(line, delivery.arrival_ms, book)
    duplicate = False
    if reason is None and line.vote is not None:
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
        reason = None if duplicate else Reason.IDENTITY_CONFLICT
    pk = line_mark_pk(position)
    if reason is not None:
        transaction.kept.append((delivery, ParkedLine(line.number, poll, reason, line.raw)))
    if pk in known.marks:
        return True
    increments = Increments()
    outcome = ledger.DUPLICATE if duplicate else ledger.PARKED
    add_ledger(increments, delivery.slot, poll, delivery.arrival_ms, outcome, 1)
    mark = Mark(position, reason.value if reason else ledger.DUPLICATE)
    if not _add_marked(transaction, pk, mark, increments):
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
