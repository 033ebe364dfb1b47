"""Folding: the fast path says what judging line by line says, for any votes and any split."""

from collections import Counter

from hypothesis import example, given
from hypothesis import strategies as st

from core import limits
from core.poll import DEFAULT_PALETTE, PollBook, PollRules
from core.record import Payload, Stamp, encode_stamp, read_lines, read_payload
from core.vote import Vote, encode_votes
from processors.fold import Folded, fold_lines, fold_payload

NOW = 1_790_000_000_000
RULES = [
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
]
BOOK = PollBook(RULES, read_ms=NOW)
TIMES = st.sampled_from(
    [
        NOW,
        NOW - 1,
        NOW - 3_000,
        NOW - 3_001,
        NOW + 2_999,
        NOW + 3_000,
        NOW - limits.TOO_OLD_MS,
        NOW - limits.TOO_OLD_MS - 1,
        NOW + limits.FUTURE_MS_MAX,
        NOW + limits.FUTURE_MS_MAX + 1,
    ]
)
VOTES = st.lists(
    st.builds(
        Vote,
        poll=st.sampled_from(["cube", "cube", "cube", "other", "later", "none"]),
        device_id=st.just("d"),
        seq=st.integers(0, 9),
        colour=st.sampled_from(["red", "Red ", "blue", "mauve"]),
        voted_at=TIMES,
    ),
    min_size=1,
    max_size=6,
)


def payload_of(votes: list[Vote]) -> Payload:
    stamp = Stamp(v=1, producer="p", lane=0, number=1, votes=len(votes), lanes=32)
    return read_payload(encode_stamp(stamp) + encode_votes(votes), 0)


def sums(folded: Folded) -> tuple[object, ...]:
    return folded.by_second, folded.voted_at, folded.votes, folded.parked


@given(VOTES)
@example([Vote("other", "d", 1, "red", NOW - limits.TOO_OLD_MS - 1)])
@example([Vote("other", "d", 1, "red", NOW + limits.FUTURE_MS_MAX + 1)])
def test_folding_a_body_is_judging_its_lines(votes: list[Vote]) -> None:
    payload = payload_of(votes)
    by_line = fold_lines(read_lines(payload.body, 2), NOW, BOOK)
    assert sums(fold_payload(payload, NOW, BOOK, 0, len(votes))) == sums(by_line)


@given(VOTES, st.integers(0, 6))
def test_any_split_folds_to_the_same_sums(votes: list[Vote], cut: int) -> None:
    payload = payload_of(votes)
    whole = fold_payload(payload, NOW, BOOK, 0, len(votes))
    ranges = [(0, cut), (cut, 99)]
    parts = [fold_payload(payload, NOW, BOOK, start, stop) for start, stop in ranges]
    assert sum((part.by_second for part in parts), Counter()) == whole.by_second
    assert [line for part in parts for line in part.parked] == whole.parked


def test_good_votes_take_the_fast_path() -> None:
    votes = [Vote("cube", "d", n, "red", NOW + n) for n in range(5)]
    payload = payload_of(votes)
    assert payload.votes == votes
    folded = fold_payload(payload, NOW, BOOK, 0, 5)
    increments = folded.increments(0, arrival_ms=NOW, counted_ms=NOW + 50)
    assert increments.items["poll#cube", "total#00"] == {"c#red": 5}
    assert increments.items["ledger#cube", f"{NOW // 60_000:08d}#00"] == {"counted": 5, "n": 5}
