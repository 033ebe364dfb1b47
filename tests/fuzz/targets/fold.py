"""Any record and an arrival in: counted or parked, every line once, however it is divided."""

from collections import Counter
from typing import Final

from core import limits
from core.poll import DEFAULT_PALETTE, PollBook, PollRules
from core.record import count_lines, payload_lines, read_payloads
from processors.fold import Folded, fold_lines, fold_payload
from tests.fuzz.slices import Slices
from tests.fuzz.targets import record

NOW: Final = 1_790_000_000_000
_ARRIVALS: Final = (NOW, NOW - limits.FUTURE_MS_MAX, NOW + limits.TOO_OLD_MS + 1, 0)
_BOOK: Final = PollBook(
    [
        PollRules(
            poll="cube",
            version=1,
            effective_ms=0,
            palette=DEFAULT_PALETTE,
            opens_ms=NOW - 3_000,
            closes_ms=NOW + 3_000,
        ),
        PollRules(poll="other", version=1, effective_ms=0, palette=("red",)),
        PollRules(poll="later", version=1, effective_ms=NOW + 1, palette=("red",)),
    ],
    read_ms=NOW + limits.TOO_OLD_MS + 1,
)
SEEDS: Final = tuple(b"\0\1" + seed for seed in record.SEEDS)
WORDS: Final = (*record.WORDS, b'"other"', b'"later"', b'"mauve"', b"1790000002999", b"\\u0000")
BYTES_MAX: Final = 2_000


def one_input(data: bytes) -> None:
    slices = Slices(data)
    arrival_ms, cut = slices.choice(_ARRIVALS), slices.byte()
    for payload in read_payloads(slices.rest()):
        lines = payload_lines(payload)
        whole = fold_payload(payload, arrival_ms, _BOOK, 0, len(lines))
        assert whole.votes + len(whole.parked) == len(lines) >= count_lines(payload.body)
        assert sum(whole.by_second.values()) == whole.votes
        assert sum(times.total() for times in whole.voted_at.values()) == whole.votes
        assert _sums(fold_lines(lines, arrival_ms, _BOOK)) == _sums(whole)
        first = fold_payload(payload, arrival_ms, _BOOK, 0, cut)
        second = fold_payload(payload, arrival_ms, _BOOK, cut, len(lines))
        assert first.by_second + second.by_second == whole.by_second
        assert first.parked + second.parked == whole.parked
        _check_increments(whole, arrival_ms)


def _sums(folded: Folded) -> tuple[object, ...]:
    return folded.by_second, folded.voted_at, folded.votes, folded.parked


def _check_increments(folded: Folded, arrival_ms: int) -> None:
    """What is added to the ledger is every line, to the totals every vote."""
    items = folded.increments(3, arrival_ms=arrival_ms, counted_ms=arrival_ms + 50).items
    ledger: Counter[str] = Counter()
    totals = 0
    for (pk, sk), adds in items.items():
        if pk.startswith("ledger#"):
            ledger.update({name: count for name, count in adds.items() if name != "n"})
        if sk.startswith("total#"):
            totals += sum(count for name, count in adds.items() if name.startswith("c#"))
    assert ledger["counted"] == totals == folded.votes
    assert ledger["parked"] == len(folded.parked)
