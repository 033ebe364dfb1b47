"""Shares and stickers add up, whatever the counts."""

from hypothesis import given
from hypothesis import strategies as st

from dashboard.share import largest_remainder, stickers

COUNTS = st.lists(st.integers(0, 10**12), max_size=40)


@given(COUNTS, st.integers(1, 2000))
def test_all_seats_are_dealt_and_nobody_is_off_by_a_whole_one(
    counts: list[int], seats: int
) -> None:
    dealt = largest_remainder(counts, seats)
    total = sum(counts)
    assert sum(dealt) == (seats if total else 0)
    for count, seat in zip(counts, dealt, strict=True):
        assert abs(seat * total - count * seats) < max(1, total)


def test_the_largest_remainders_get_the_last_seats() -> None:
    assert largest_remainder([50, 30, 20], 7) == [4, 2, 1]
    assert largest_remainder([1, 1, 1], 1000) == [334, 333, 333]


def test_nothing_counted_deals_nothing() -> None:
    assert largest_remainder([0, 0], 27) == [0, 0]
    assert stickers([0, 0], seats=27, colours_max=6) == []


def test_the_cube_shows_the_leaders_in_palette_order_and_all_others_as_one() -> None:
    counts = [5, 100, 5, 90, 5, 80, 70]
    assert stickers(counts, seats=27, colours_max=2) == [(1, 8), (3, 7), (-1, 12)]


@given(COUNTS)
def test_a_cube_with_votes_has_all_its_stickers(counts: list[int]) -> None:
    dealt = stickers(counts, seats=27, colours_max=6)
    assert sum(n for _, n in dealt) == (27 if sum(counts) else 0)
    assert len(dealt) <= 7
