"""What a reader of votes hands over: a run of lines of one device, or a line that it left out."""

from typing import NamedTuple


class Run(NamedTuple):
    """Complete JSON lines of one device, in the order of their seq."""

    device_id: str
    lines: bytes
    votes: int


class LeftOut(NamedTuple):
    """A line of a file that becomes no vote, and why."""

    number: int
    why: str
