"""Mischief on request: the same bytes again, garbage beside them, and never an error of its own."""

import random
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from core.clients import Reply
from core.record import read_payload
from producers.mischief import Mischief

ENTRY = {"Data": b'{"batch":{}}\n1\n2\n', "PartitionKey": "p-0001", "ExplicitHashKey": "7"}


class Shelf:
    """A stream that keeps what it takes, and refuses what it is told to."""

    def __init__(self) -> None:
        self.calls: list[list[Mapping[str, Any]]] = []
        self.refusing: set[int] = set()
        self.away = False

    def put_records(self, *, StreamName: str, Records: Sequence[Mapping[str, Any]]) -> Reply:
        if self.away:
            raise ConnectionError("away")
        self.calls.append(list(Records))
        outcomes = [
            {"ErrorCode": "InternalFailure"} if index in self.refusing else {"SequenceNumber": "1"}
            for index in range(len(Records))
        ]
        return {"FailedRecordCount": len(self.refusing), "Records": outcomes}


def mischief(shelf: Shelf, *, duplicates: float = 0.0, garbage: float = 0.0) -> Mischief:
    rng = random.Random(1)
    return Mischief(shelf, rng=rng, duplicate_share=duplicates, garbage_share=garbage)


def test_without_a_share_nothing_is_added() -> None:
    shelf = Shelf()
    mischief(shelf).put_records(StreamName="s", Records=[ENTRY])
    assert shelf.calls == [[ENTRY]]


def test_duplicates_are_the_same_entries_in_a_call_of_their_own() -> None:
    shelf = Shelf()
    client = mischief(shelf, duplicates=1.0)
    client.put_records(StreamName="s", Records=[ENTRY, ENTRY])
    assert shelf.calls == [[ENTRY, ENTRY], [ENTRY, ENTRY]]
    assert client.duplicate_votes == 4


def test_the_share_of_duplicates_is_about_what_was_asked() -> None:
    shelf = Shelf()
    client = mischief(shelf, duplicates=0.1)
    for _ in range(100):
        client.put_records(StreamName="s", Records=[ENTRY] * 10)
    assert 150 < client.duplicate_votes < 250


def test_what_was_not_accepted_is_no_duplicate() -> None:
    shelf = Shelf()
    shelf.refusing = {0}
    mischief(shelf, duplicates=1.0).put_records(StreamName="s", Records=[ENTRY])
    assert shelf.calls == [[ENTRY]]


def test_garbage_has_no_stamp() -> None:
    shelf = Shelf()
    client = mischief(shelf, garbage=1.0)
    client.put_records(StreamName="s", Records=[ENTRY] * 20)
    (_, garbage) = shelf.calls
    assert client.garbage_records == len(garbage) == 20
    assert all(read_payload(entry["Data"], 0).stamp is None for entry in garbage)


def test_a_stream_that_goes_away_under_mischief_is_no_error() -> None:
    class GoesAway(Shelf):
        def put_records(self, *, StreamName: str, Records: Sequence[Mapping[str, Any]]) -> Reply:
            reply = super().put_records(StreamName=StreamName, Records=Records)
            self.away = True
            return reply

    client = mischief(GoesAway(), duplicates=1.0)
    reply = client.put_records(StreamName="s", Records=[ENTRY])
    assert reply["FailedRecordCount"] == 0
    assert client.duplicate_votes == 0


def test_threads_that_share_it_lose_no_count() -> None:
    shelf = Shelf()
    client = mischief(shelf, duplicates=1.0)

    def put(_: int) -> None:
        client.put_records(StreamName="s", Records=[ENTRY] * 3)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(put, range(400)))
    assert client.duplicate_votes == 400 * 3 * 2
    assert sum(map(len, shelf.calls)) == 400 * 3 * 2
