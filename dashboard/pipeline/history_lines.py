"""What the warehouse and the tally table hold in, the lines that compare the two out."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from core import keys
from core.invariants.history import (
    colours_equal_warehouse,
    differing_lines,
    live_equals_warehouse,
    loads_equal_tables,
)
from core.invariants.invariant import MINUTE_MS, LineKey
from core.ledger import OUTCOMES
from dashboard.pipeline.history_reader import HistoryReading, Lines
from dashboard.pipeline.limits import SETTLE_MINUTES
from dashboard.pipeline.line import (
    DIFFERS,
    OK,
    ON_ITS_WAY,
    Detail,
    Line,
    line_of,
    unknown_line,
    worst,
)
from dashboard.pipeline.table_reader import TableReading


@dataclass(frozen=True, slots=True, kw_only=True)
class ColourReading:
    """Votes by poll and colour: live totals before and after those of the warehouse were read."""

    as_of: int
    before: Mapping[str, Counter[str]]
    warehouse: Mapping[str, Counter[str]]
    after: Mapping[str, Counter[str]]
    skipped: frozenset[str] = field(default_factory=frozenset)  # history has forgotten some


def loads_line(history: HistoryReading) -> Line:
    """Compare what loads say with what their tables hold."""
    verdict = loads_equal_tables(history.loads, history.tables)
    minutes = set(by_minute(history.loads)) | set(by_minute(history.tables))
    return line_of(
        [verdict],
        state=OK if verdict.ok else DIFFERS,
        as_of=history.as_of,
        details=_details(history.loads, history.tables, minutes, settled=max(minutes, default=0)),
    )


def live_line(reading: TableReading, history: HistoryReading) -> Line:
    """Compare the live ledger with the warehouse, minute by minute of arrival.

    First as a whole; where that differs, only what is old enough to be in both.
    """
    live = live_lines_of(reading, history.from_minute)
    minutes = {at for side in (live, history.tables) for key in side.values() for _, at in key}
    settled = reading.as_of // MINUTE_MS - SETTLE_MINUTES
    whole = live_equals_warehouse(
        live, history.tables, {}, from_minute=history.from_minute, until_minute=None
    )
    verdict = whole
    if not whole.ok:
        verdict = live_equals_warehouse(
            live, history.tables, {}, from_minute=history.from_minute, until_minute=settled
        )
    on_its_way = whole.left - whole.right
    line = line_of(
        [verdict],
        state=DIFFERS if not verdict.ok else OK,
        as_of=history.as_of,
        details=_details(live, history.tables, minutes, settled=settled - 1),
    )
    if whole.ok or not verdict.ok:
        return line
    way = f"{abs(on_its_way):,} lines are on their way" if on_its_way else "more is on its way"
    return msgspec.structs.replace(line, note=way)


def colours_line(reading: TableReading, colours: ColourReading) -> Line:
    """Compare each poll's live totals, colour by colour, with the warehouse's distinct votes."""
    newest = max((each.newest_minute or 0 for each in reading.ledgers.values()), default=0)
    settled = reading.as_of // MINUTE_MS - newest > SETTLE_MINUTES
    polls = [poll for poll in colours.before if poll not in colours.skipped]
    if not polls:
        why = "history has forgotten votes that the totals keep for ever"
        return unknown_line("colours_equal_warehouse", why, as_of=colours.as_of)
    details: list[Detail] = []
    verdicts = []
    for poll in polls:
        sides = (colours.before[poll], colours.warehouse.get(poll, Counter()), colours.after[poll])
        exact = colours_equal_warehouse(poll, *sides, drained=True)
        verdicts.append(colours_equal_warehouse(poll, *sides, drained=settled))
        state = OK if exact.ok else DIFFERS if settled else ON_ITS_WAY
        details.append(Detail(state=state, left=exact.left, right=exact.right, poll=poll))
    line = line_of(
        verdicts,
        state=worst(each.state for each in details),
        as_of=colours.as_of,
        details=details,
    )
    if line.state != ON_ITS_WAY:
        return line
    return msgspec.structs.replace(line, note="what was cast just now is not in both yet")


def live_lines_of(reading: TableReading, from_minute: int) -> dict[str, Counter[LineKey]]:
    """Return the ledger's lines by outcome, poll and minute of arrival."""
    found: dict[str, Counter[LineKey]] = {outcome: Counter() for outcome in OUTCOMES}
    for poll, ledger in reading.ledgers.items():
        for minute, lines in ledger.minutes.items():
            for outcome in OUTCOMES:
                if minute >= from_minute and lines[outcome]:
                    found[outcome][poll, minute] = lines[outcome]
    return found


def _details(left: Lines, right: Lines, minutes: set[int], *, settled: int) -> list[Detail]:
    """Return minutes of arrival with the sums of both sides; those that differ, by outcome."""
    differing = differing_lines(left, right, minutes)
    details = [
        Detail(
            state=DIFFERS if each.minute <= settled else ON_ITS_WAY,
            left=each.live,
            right=each.history,
            poll=None if each.poll == keys.UNKNOWN_POLL else each.poll,
            minute_ms=each.minute * MINUTE_MS,
            what=each.outcome,
        )
        for each in differing
    ]
    off = {each.minute for each in differing}
    one, other = by_minute(left), by_minute(right)
    details += [
        Detail(state=OK, left=one[minute], right=other[minute], minute_ms=minute * MINUTE_MS)
        for minute in minutes - off
    ]
    return details


def by_minute(side: Lines) -> Counter[int]:
    """Return lines by minute of arrival, all polls and outcomes together."""
    found: Counter[int] = Counter()
    for lines in side.values():
        for (_, minute), count in lines.items():
            found[minute] += count
    return found
