"""Rows of votes without a stamp in, those that no marker knows as records of their own, out."""

from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from core import limits
from core.clock import Clock
from core.keys import vote_mark_pk
from core.poll import PollBook
from core.row import Row
from core.verdict import judge_in_poll
from core.vote import Vote, encode_votes
from local.recovery.entry import FailedDelivery

SHARD: Final = "shardId-restored"  # nothing says which one it was; lanes and markers do not ask
_decoder: Final = msgspec.json.Decoder(Row)
_DAY_MS: Final = 86_400_000


def event_of(shard: str, key: str, sequence_number: str, arrival_ms: int, data: bytes) -> Any:
    """Return a record as an event has it (clause B13)."""
    return {
        "eventID": f"{shard}:{sequence_number}",
        "eventSource": "aws:kinesis",
        "kinesis": {
            "partitionKey": key,
            "sequenceNumber": sequence_number,
            "approximateArrivalTimestamp": arrival_ms / 1000,
            "data": b64encode(data).decode(),
        },
    }


@dataclass(frozen=True, slots=True)
class Unmarked:
    """`has_mark` says whether the table has a marker of that key; `book` judges every arrival."""

    has_mark: Callable[[str], bool]
    book: PollBook
    clock: Clock
    function: str

    def records(self, key: str, body: bytes) -> Iterator[FailedDelivery]:
        """Yield records of votes that would count and are not counted, each line in its place.

        Markers live seven days: of older votes nobody knows, and they are left.
        """
        oldest_ms = self.clock.now_ms() - limits.MARKER_DAYS * _DAY_MS
        lines: dict[tuple[str, int, int], dict[int, bytes]] = {}
        for row in _decoder.decode_lines(body):
            vote = self._vote(row)
            if vote is None or row.arrived_at < oldest_ms:
                continue
            if not self.has_mark(vote_mark_pk(*vote.identity)):
                place = (row.sequence_number, row.subsequence, row.arrived_at)
                lines.setdefault(place, {})[row.line] = encode_votes([vote]).rstrip(b"\n")
        for number, (place, votes) in enumerate(sorted(lines.items(), key=_by_arrival), 1):
            sequence_number, subsequence, arrival_ms = place
            data = b"\n".join(votes.get(line, b"") for line in range(1, max(votes) + 1))
            shard = f"{SHARD}-{subsequence}"
            yield FailedDelivery(
                key=key,
                number=number,
                kind="live",
                reason="uncounted",
                arrival_ms=arrival_ms,
                data=data,
                record=event_of(shard, shard, sequence_number, arrival_ms, data),
                function=self.function,
            )

    def _vote(self, row: Row) -> Vote | None:
        """Return the vote of a row without a stamp; None for one that does not count."""
        if row.producer is not None or row.parked_reason is not None:
            return None
        if row.poll is None or row.device_id is None or row.seq is None or row.colour is None:
            return None
        if row.voted_at is None or row.region is None:
            return None
        rules = self.book.rules_at(row.poll, row.arrived_at)
        if judge_in_poll(row.colour, row.voted_at, rules) is not None:
            return None
        return Vote(row.poll, row.device_id, row.seq, row.colour, row.voted_at, row.region)


def _by_arrival(each: tuple[tuple[str, int, int], object]) -> tuple[int, int, str, int]:
    sequence_number, subsequence, arrival_ms = each[0]
    return arrival_ms, len(sequence_number), sequence_number, subsequence
