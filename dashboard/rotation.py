"""Polls that exist and polls that are looked at in, the polls to read now out."""

from collections.abc import Collection, Sequence


def polls_to_read(
    polls: Sequence[str], watched: Collection[str], *, turn: int, others_max: int
) -> list[str]:
    """Return all watched polls and, each turn, the next `others_max` of the others."""
    shown = [poll for poll in polls if poll in watched]
    others = [poll for poll in polls if poll not in watched]
    if len(others) > others_max:
        start = turn * others_max % len(others)
        others = (others[start:] + others[:start])[:others_max]
    return shown + others
