"""Counts in, whole shares that add up out: the largest-remainder method."""

from collections.abc import Sequence


def largest_remainder(counts: Sequence[int], seats: int) -> list[int]:
    """Return `seats` dealt out in proportion to counts; all 0 when nothing was counted.

    Ties go to the earlier count, so equal inputs always give equal answers.
    """
    total = sum(counts)
    if total == 0:
        return [0] * len(counts)
    dealt = [count * seats // total for count in counts]
    by_remainder = sorted(range(len(counts)), key=lambda index: -(counts[index] * seats % total))
    for index in by_remainder[: seats - sum(dealt)]:
        dealt[index] += 1
    return dealt


def stickers(counts: Sequence[int], *, seats: int, colours_max: int) -> list[tuple[int, int]]:
    """Return (index of the count, stickers) in palette order; index -1 stands for all others."""
    if sum(counts) == 0:
        return []
    by_count = sorted(range(len(counts)), key=lambda index: -counts[index])
    shown = sorted(by_count[:colours_max])
    others = sum(counts) - sum(counts[index] for index in shown)
    dealt = largest_remainder([*(counts[index] for index in shown), others], seats)
    return [(index, n) for index, n in zip([*shown, -1], dealt, strict=True) if n]
