"""Objects of rows in, what one poll's distinct lines add to the tallies out, by what carried them.

It knows nothing of the warehouse and nothing of the tallies. A line is known by the batch that
carried it (docs/decisions/0007-a-line-is-known-by-what-carried-it.md): a batch counts once, as its
first copy was judged. Of unstamped lines an identity counts once; said again it is a duplicate, or
a conflict. That no two stamped batches hold one identity is the producers' promise, on which the
live path relies as well.
"""

import gzip
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import msgspec

from core.errors import ServiceRefused, UsageError
from core.keys import UNKNOWN_POLL
from core.ledger import COUNTED, DUPLICATE, PARKED
from core.poll import PollBook
from core.verdict import Reason, judge_in_poll
from core.vote import Identity
from local.handler_errors import HandlerErrors
from local.recount.cell import Share

LOOSE_LINES_MAX: Final = 5_000_000  # unstamped lines are kept one by one: about 2 GB
Batch = tuple[str, int, int]  # producer, lane, number
LineName = tuple[str, int, int]  # sequence number, subsequence, line


class _Row(msgspec.Struct, frozen=True, gc=False):
    """The members of a row that decide where it counts."""

    arrived_at: int
    sequence_number: str
    subsequence: int
    line: int
    producer: str | None = None
    lane: int | None = None
    number: int | None = None
    poll: str | None = None
    device_id: str = ""
    seq: int = 0
    colour: str = ""
    voted_at: int = 0
    region: str = ""
    parked_reason: str | None = None


class _Order(NamedTuple):
    """What comes first: by arrival, then by sequence number, as a number."""

    arrival_ms: int
    digits: int
    sequence_number: str


@dataclass(slots=True)
class _Copy:
    """One record that carried a batch; `lines` has a bit for each of its lines."""

    share: Share
    lines: int = 0


class LooseLine(NamedTuple):
    """An unstamped line of the poll; `identity` is None where it is parked whatever others say."""

    order: tuple[_Order, int, int]
    identity: Identity | None
    said: tuple[str, int, str]  # colour, voted_at, region


_decoder: Final = msgspec.json.Decoder(_Row)


@dataclass(slots=True)
class LakeLines:
    """Lines of `poll` that arrived since `from_ms`; batches are known whatever their poll.

    What the live path parked as a fault of its own (`errors`) is parked here as well: `cube
    recover` brings it back, in a record of its own, and only that counts.
    """

    poll: str
    from_ms: int
    errors: HandlerErrors = field(default_factory=HandlerErrors)
    rows: int = 0
    _unread: dict[str, int] = field(default_factory=dict)  # by sequence number: arrival
    _copies: dict[Batch, dict[_Order, _Copy]] = field(default_factory=dict)
    _loose: dict[LineName, LooseLine] = field(default_factory=dict)

    def add_object(self, key: str, body: bytes, book: PollBook) -> None:
        """Take an object in, judged by rules that were read since its rows arrived.

        Raise ServiceRefused for one that cannot be read: without it nothing is exact.
        """
        try:
            rows = _decoder.decode_lines(gzip.decompress(body))
        except (OSError, EOFError, zlib.error, msgspec.MsgspecError) as error:
            raise ServiceRefused(f"reading lake: {key}: {error}") from error
        self.rows += len(rows)
        for row in rows:
            if row.arrived_at >= self.from_ms:
                self._add(row, book)

    def batches(self) -> dict[Batch, Share]:
        """Return what each batch adds: as its first copy says, of those with the most lines."""
        return {batch: _first(copies).share for batch, copies in self._copies.items()}

    def loose_lines(self) -> list[tuple[LooseLine, Share]]:
        """Return what each unstamped line adds, in the order of arrival."""
        first: dict[Identity, LooseLine] = {}
        result = self._unread_lines()
        for line in sorted(self._loose.values(), key=lambda line: line.order):
            share = Share(line.order[0].arrival_ms)
            result.append((line, share))
            if line.identity is None:
                share.outcomes[PARKED] = 1
            elif line.identity not in first:
                first[line.identity] = line
                share.outcomes[COUNTED] = 1
                share.votes[line.said[0], line.said[1] // 1000] = 1
            elif first[line.identity].said == line.said:
                share.outcomes[DUPLICATE] = 1
            else:
                share.outcomes[PARKED] = 1
        return result

    def _unread_lines(self) -> list[tuple[LooseLine, Share]]:
        """Return the lines of records that the live path parked before it read them."""
        if self.poll != UNKNOWN_POLL:
            return []
        result: list[tuple[LooseLine, Share]] = []
        for number, arrival_ms in self._unread.items():
            order = _Order(arrival_ms, len(number), number)
            for line in range(self.errors.whole[number]):
                share = Share(arrival_ms)
                share.outcomes[PARKED] = 1
                result.append((LooseLine((order, 0, line), None, ("", 0, "")), share))
        return result

    def _add(self, row: _Row, book: PollBook) -> None:
        if row.sequence_number in self.errors.whole:
            self._unread[row.sequence_number] = row.arrived_at
            return
        if row.line in self.errors.in_part.get(row.sequence_number, ()):
            row = _Row(
                row.arrived_at,
                row.sequence_number,
                row.subsequence,
                row.line,
                row.producer,
                row.lane,
                row.number,
                parked_reason=Reason.HANDLER_ERROR.value,
            )
        rules = book.rules_at(row.poll, row.arrived_at) if row.poll else None
        mine = (row.poll if rules else UNKNOWN_POLL) == self.poll
        parked = row.parked_reason or judge_in_poll(row.colour, row.voted_at, rules)
        order = _Order(row.arrived_at, len(row.sequence_number), row.sequence_number)
        if row.producer is None or row.lane is None or row.number is None:
            if mine:
                self._add_loose(row, order, parked=bool(parked))
            return
        copies = self._copies.setdefault((row.producer, row.lane, row.number), {})
        copy = copies.get(order)
        if copy is None:
            copy = copies[order] = _Copy(Share(row.arrived_at))
        bit = 1 << row.line
        if copy.lines & bit:
            return  # the record was delivered twice
        copy.lines |= bit
        if not mine:
            return
        copy.share.outcomes[PARKED if parked else COUNTED] += 1
        if not parked:
            copy.share.votes[row.colour, row.voted_at // 1000] += 1

    def _add_loose(self, row: _Row, order: _Order, *, parked: bool) -> None:
        identity = None
        if not parked:
            identity = Identity(self.poll, row.device_id, row.seq)
        name = (row.sequence_number, row.subsequence, row.line)
        self._loose[name] = LooseLine(
            (order, row.subsequence, row.line), identity, (row.colour, row.voted_at, row.region)
        )
        if len(self._loose) > LOOSE_LINES_MAX:
            raise UsageError(f"re-counting: over {LOOSE_LINES_MAX:,} unstamped lines; ask for less")


def _first(copies: dict[_Order, _Copy]) -> _Copy:
    """Return the copy that counts. All hold the same lines, unless an object was lost."""
    if len(copies) == 1:
        return next(iter(copies.values()))
    most = max(copy.lines.bit_count() for copy in copies.values())
    return copies[min(at for at, copy in copies.items() if copy.lines.bit_count() == most)]


def numbers_by_lane(batches: Iterable[Batch]) -> dict[tuple[str, int], set[int]]:
    """Return the batches of each lane that the lake holds."""
    lanes: dict[tuple[str, int], set[int]] = {}
    for producer, lane, number in batches:
        lanes.setdefault((producer, lane), set()).add(number)
    return lanes
