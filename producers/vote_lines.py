"""Votes as JSON lines in, runs of one vote each out, or why a line is left out.

A vote keeps its own time and its extra fields; only its poll is set. The votes of a stamped batch
may appear in no other batch, so a line whose seq does not rise for its device is left out.
"""

from typing import Any, Final

import msgspec

from core import limits
from core.record import STAMP_START
from core.vote import KnownVote, Vote
from producers.run import LeftOut, Run

_known_decoder: Final = msgspec.json.Decoder(KnownVote)
_vote_decoder: Final = msgspec.json.Decoder(Vote)
_any_decoder: Final = msgspec.json.Decoder(dict[str, Any])
_BAD: Final = (msgspec.DecodeError, ValueError, OverflowError, RecursionError)


def decode_line(number: int, line: bytes) -> Vote | LeftOut:
    """Return the vote of a line, or why it is none.

    What is in a member that no vote has must be readable too, as `run_of` writes it again: a
    decoder of votes passes over it.
    """
    if len(line) > limits.VOTE_LINE_BYTES_MAX:
        return LeftOut(number, f"{len(line)} bytes, more than {limits.VOTE_LINE_BYTES_MAX}")
    try:
        return _known_decoder.decode(line)
    except _BAD:
        pass
    try:
        vote = _vote_decoder.decode(line)
        msgspec.json.encode(_any_decoder.decode(line))
        return vote
    except _BAD as error:
        return LeftOut(number, f"no vote: {error}")


class RisingSeqs:
    """Remembers the seq each device has come to."""

    def __init__(self) -> None:
        self._last_seq: dict[str, int] = {}

    def read(self, number: int, line: bytes) -> Vote | LeftOut:
        """Return the vote of line `number`, or why it is left out."""
        vote = decode_line(number, line)
        if isinstance(vote, LeftOut):
            return vote
        last_seq = self._last_seq.get(vote.device_id, -1)
        if vote.seq <= last_seq:
            return LeftOut(number, f"seq {vote.seq} of {vote.device_id} is not above {last_seq}")
        self._last_seq[vote.device_id] = vote.seq
        return vote


def run_of(vote: Vote, line: bytes, poll: str) -> Run:
    """Return a vote of a poll: its line as it is, if it names the poll and starts as no stamp."""
    bare = line.strip()
    if vote.poll != poll or bare.startswith(STAMP_START):
        members = _any_decoder.decode(bare)
        members.pop("poll")
        bare = msgspec.json.encode({"poll": poll, **members})
    return Run(vote.device_id, bare + b"\n", 1)
