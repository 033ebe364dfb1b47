"""A decoded line, its arrival and the poll's rules in, "counts" or a reason to park out.

A verdict is a function of the bytes, the arrival time at Kinesis and the versioned poll rules, so
that the live path and the history path always agree.
"""

from enum import StrEnum

from core import limits
from core.poll import PollRules
from core.vote import POLL_PATTERN, Vote, canonical_colour


class Reason(StrEnum):
    """Why a line is parked. The words are stored: they never change."""

    NOT_JSON = "not_json"
    MISSING_FIELD = "missing_field"
    BAD_VALUE = "bad_value"
    UNKNOWN_COLOUR = "unknown_colour"
    UNKNOWN_POLL = "unknown_poll"
    CLOSED_POLL = "closed_poll"
    FUTURE_VOTE = "future_vote"
    TOO_OLD = "too_old"
    OVERSIZE = "oversize"
    BAD_VERSION = "bad_version"
    BAD_STAMP = "bad_stamp"
    IDENTITY_CONFLICT = "identity_conflict"
    HANDLER_ERROR = "handler_error"


def judge_alone(vote: Vote, arrival_ms: int) -> Reason | None:
    """Return why a vote is parked whatever the rules say; the history path judges this first."""
    if not POLL_PATTERN.fullmatch(vote.poll) or "\0" in vote.device_id or "\0" in vote.region:
        return Reason.BAD_VALUE
    return judge_time(vote.voted_at, arrival_ms)


def judge_time(voted_at: int, arrival_ms: int) -> Reason | None:
    """Return why a vote's time parks it."""
    if arrival_ms - voted_at > limits.TOO_OLD_MS:
        return Reason.TOO_OLD
    if voted_at - arrival_ms > limits.FUTURE_MS_MAX:
        return Reason.FUTURE_VOTE
    return None


def judge_in_poll(colour: str, voted_at: int, rules: PollRules | None) -> Reason | None:
    """Return why the poll's rules park a vote; `rules` are those in effect at its arrival."""
    if rules is None:
        return Reason.UNKNOWN_POLL
    if rules.opens_ms is not None and voted_at < rules.opens_ms:
        return Reason.CLOSED_POLL
    if rules.closes_ms is not None and voted_at >= rules.closes_ms:
        return Reason.CLOSED_POLL
    if canonical_colour(colour) not in rules.palette:
        return Reason.UNKNOWN_COLOUR
    return None
