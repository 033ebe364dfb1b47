"""Lines of a payload in, counts and parked lines out: pure, total, and fast for good votes."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Final, NamedTuple

from core import ledger
from core.keys import UNKNOWN_POLL
from core.poll import PollBook
from core.record import Line, Payload, payload_lines
from core.tally import Increments, add_latencies, add_ledger, add_votes
from core.verdict import Reason, judge_alone, judge_in_poll, judge_time
from core.vote import Vote, canonical_colour

_poll_colour: Final = attrgetter("poll", "colour")
_poll_colour_time: Final = attrgetter("poll", "colour", "voted_at")
_poll_time: Final = attrgetter("poll", "voted_at")
_time: Final = attrgetter("voted_at")


class ParkedLine(NamedTuple):
    """A line that is not counted, and why; `poll` is `-` where it names none we know."""

    number: int
    poll: str
    reason: Reason
    raw: bytes


@dataclass(slots=True)
class Folded:
    """Counts of some lines of one payload.

    `by_second` counts votes by (poll, colour, second of voting); `voted_at` by poll and
    millisecond of voting, for the latencies.
    """

    by_second: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    voted_at: dict[str, Counter[int]] = field(default_factory=dict)
    parked: list[ParkedLine] = field(default_factory=list)
    votes: int = 0

    def increments(self, slot: int, *, arrival_ms: int, counted_ms: int) -> Increments:
        """Return what these lines add to the items of writer slot `slot`."""
        into = Increments()
        add_votes(into, slot, self.by_second, counted_ms)
        for poll, times in self.voted_at.items():
            add_latencies(into, slot, poll, times, arrival_ms=arrival_ms, counted_ms=counted_ms)
            add_ledger(into, slot, poll, arrival_ms, ledger.COUNTED, sum(times.values()))
        for line in self.parked:
            add_ledger(into, slot, line.poll, arrival_ms, ledger.PARKED, 1)
        return into


def fold_payload(
    payload: Payload, arrival_ms: int, book: PollBook, start: int, stop: int
) -> Folded:
    """Fold lines start to stop (counted from 0, blank lines not counted) of a payload.

    The verdict on a line depends on the line, the arrival and the rules alone, so any split of a
    payload into ranges folds to the same sums. Raise RulesTooOld when the book does not reach.
    """
    if payload.votes is not None:
        folded = _fold_plain(payload.votes[start:stop], arrival_ms, book)
        if folded is not None:
            return folded
    return fold_lines(payload_lines(payload)[start:stop], arrival_ms, book)


def _fold_plain(votes: list[Vote], arrival_ms: int, book: PollBook) -> Folded | None:
    """Fold votes that all count; None when any might not: times are judged by their extremes."""
    if not votes:
        return Folded()
    pairs = Counter(map(_poll_colour, votes))
    times = Counter(map(_time, votes))
    first_ms, last_ms = min(times), max(times)
    if judge_time(first_ms, arrival_ms) or judge_time(last_ms, arrival_ms):
        return None
    canonical: dict[tuple[str, str], str] = {}
    for poll, colour in pairs:
        rules = book.rules_at(poll, arrival_ms)
        if judge_in_poll(colour, first_ms, rules) or judge_in_poll(colour, last_ms, rules):
            return None
        canonical[poll, colour] = canonical_colour(colour)
    folded = Folded(votes=len(votes))
    second = first_ms // 1000
    if second == last_ms // 1000:
        for (poll, colour), count in pairs.items():
            folded.by_second[poll, canonical[poll, colour], second] += count
    else:
        for (poll, colour, cast_ms), count in Counter(map(_poll_colour_time, votes)).items():
            folded.by_second[poll, canonical[poll, colour], cast_ms // 1000] += count
    polls = {poll for poll, _ in pairs}
    if len(polls) == 1:
        folded.voted_at[polls.pop()] = times
    else:
        for (poll, cast_ms), count in Counter(map(_poll_time, votes)).items():
            folded.voted_at.setdefault(poll, Counter())[cast_ms] += count
    return folded


def fold_lines(lines: Iterable[Line], arrival_ms: int, book: PollBook) -> Folded:
    """Fold lines one by one, each counted or parked with its reason."""
    folded = Folded()
    for line in lines:
        poll, reason = judge_line(line, arrival_ms, book)
        if reason is not None:
            folded.parked.append(ParkedLine(line.number, poll, reason, line.raw))
            continue
        assert line.vote is not None, "a line without a reason to park is a vote"
        vote = line.vote
        folded.by_second[vote.poll, canonical_colour(vote.colour), vote.voted_at // 1000] += 1
        folded.voted_at.setdefault(vote.poll, Counter())[vote.voted_at] += 1
        folded.votes += 1
    return folded


def judge_line(line: Line, arrival_ms: int, book: PollBook) -> tuple[str, Reason | None]:
    """Return the poll a line belongs to in the ledger, and why it is parked, if it is."""
    vote = line.vote
    if vote is None:
        return UNKNOWN_POLL, line.reason
    rules = book.rules_at(vote.poll, arrival_ms)
    reason = judge_alone(vote, arrival_ms) or judge_in_poll(vote.colour, vote.voted_at, rules)
    return (vote.poll if rules else UNKNOWN_POLL), reason
