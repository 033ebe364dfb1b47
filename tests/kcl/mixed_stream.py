"""A room in, records of every kind and what a Lambda alone would make of them out: for tests."""

from collections import Counter
from typing import NamedTuple

from core import kpl
from core.keys import UNKNOWN_POLL
from core.vote import encode_votes
from tests.processors.room import Record, Room, stamped


class Account(NamedTuple):
    """Everything that counts."""

    totals: Counter[str]
    seconds: Counter[str]
    ledger: Counter[str]
    unknown: Counter[str]
    parked: dict[str, list[str]]


def account(room: Room) -> Account:
    return Account(
        room.table.totals(),
        room.table.seconds(),
        room.table.ledger(),
        room.table.ledger(UNKNOWN_POLL),
        room.lake.parked(),
    )


def counted_by_lambda(records: list[Record]) -> Account:
    """Return what one undisturbed function makes of the records."""
    room = Room()
    try:
        outcome = room.run(*records)
        assert outcome.failed_record is None, outcome.error
        return account(room)
    finally:
        room.table.service.close()


def mixed_records(room: Room) -> list[Record]:
    """Return votes of every kind: stamped, alone, in aggregates, doubled, and what is none."""

    def one(seq: int, colour: str = "red") -> bytes:
        return encode_votes([room.vote(seq, colour)])

    batches = [stamped([room.vote(seq)], seq - 99) for seq in range(100, 106)]
    many = stamped(
        [room.vote(seq, voted_at=room.clock.now_ms() - seq * 1000) for seq in range(200)], 7
    )
    return [
        room.record(data)
        for data in (
            batches[0],
            one(1) + b"garbage\n" + one(2, "blue"),
            kpl.aggregate([("a", one(3)), ("b", batches[1]), ("c", b""), ("d", one(4))]),
            batches[2],
            many,
            one(1),
            kpl.aggregate([("a", kpl.aggregate([("b", one(5))])), ("b", one(3, "green"))]),
            b"",
            kpl.aggregate([("a", batches[3]), ("a", batches[1])]),
            kpl.MAGIC + b"no aggregate",
            batches[5],
            kpl.aggregate([("a", batches[4] + b"x"), ("b", batches[4])]),
            one(6, "mauve"),
        )
    ]
