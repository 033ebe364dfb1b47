"""Readings of one poll in, its tally as last known out: totals, and the last two minutes."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from core.latency import quantile_ms
from dashboard.counted_second import CountedSecond
from dashboard.limits import HISTORY_S, LATENCY_WINDOW_S, SETTLE_MS, TICK_SECONDS


@dataclass(frozen=True, slots=True)
class PollReading:
    """What one look at the table saw; seconds hold everything counted since `from_second`."""

    as_of: int
    totals: Mapping[str, int]
    from_second: int
    seconds: Mapping[int, CountedSecond]


class PollTally:
    """One poll's counts; `as_of` is None until the first reading: then nothing is known."""

    def __init__(self, palette: tuple[str, ...]) -> None:
        self.palette = palette
        self.as_of: int | None = None
        self.totals: Counter[str] = Counter()
        self.seconds: dict[int, CountedSecond] = {}
        self.revision = 0  # grows with every change of what is known
        self.epoch = 0  # grows when ticks alone would leave a viewer wrong

    def set_palette(self, palette: tuple[str, ...]) -> None:
        """Take over new rules; colours that were counted and are not in them stay, last."""
        merged = tuple(dict.fromkeys([*palette, *sorted(set(self.totals) - set(palette))]))
        if merged != self.palette:
            self.palette = merged
            self.reseed()

    def apply(self, reading: PollReading) -> None:
        """Take over a reading: it replaces what was known of its seconds."""
        now_second = reading.as_of // 1000
        kept = {
            number: second
            for number, second in self.seconds.items()
            if now_second - HISTORY_S <= number < reading.from_second
        }
        seconds = kept | dict(reading.seconds)
        late = any(
            self.seconds.get(number) != second
            for number, second in reading.seconds.items()
            if number <= now_second - TICK_SECONDS
        )
        if late or self.as_of is None:
            self._changed(reseed=True)
        elif Counter(reading.totals) != self.totals or seconds != self.seconds:
            self._changed(reseed=False)
        self.as_of = reading.as_of
        self.totals = Counter(reading.totals)
        self.seconds = seconds
        self.set_palette(self.palette)

    @property
    def full_second(self) -> int | None:
        """The newest second that is over, with time for its last transactions to commit."""
        return None if self.as_of is None else (self.as_of - SETTLE_MS) // 1000 - 1

    @property
    def newest_second(self) -> int | None:
        """The newest second of counting that had votes; None for none in two minutes."""
        return max((n for n, second in self.seconds.items() if second.votes.total()), default=None)

    @property
    def total(self) -> int | None:
        return None if self.as_of is None else sum(self.totals.values())

    @property
    def votes_per_second(self) -> int | None:
        """Votes counted in the newest full second."""
        return None if self.full_second is None else sum(self.counts_of(self.full_second))

    def latency_ms(self, quantile: float) -> int | None:
        """Return a quantile of cast to counted over the last seconds; None without votes."""
        if self.as_of is None:
            return None
        first = self.as_of // 1000 - LATENCY_WINDOW_S
        merged: Counter[int] = Counter()
        for number, second in self.seconds.items():
            if number >= first:
                merged.update(second.latency)
        found = quantile_ms(merged, quantile)
        return None if found is None else round(found)

    def counts(self) -> list[int]:
        """Return votes by colour in palette order."""
        return [self.totals[colour] for colour in self.palette]

    def counts_of(self, number: int) -> list[int]:
        """Return votes by colour in palette order, counted in one second."""
        second = self.seconds.get(number)
        return [second.votes[colour] if second else 0 for colour in self.palette]

    def reseed(self) -> None:
        """Make every viewer start anew: with ticks alone they would go on wrongly."""
        self._changed(reseed=True)

    def _changed(self, *, reseed: bool) -> None:
        self.revision += 1
        self.epoch += reseed
