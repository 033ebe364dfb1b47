"""One vote in, its way to the stream and into the tallies told out."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from core.clients import Reply
from core.clock import Clock
from core.errors import ServiceRefused
from core.item import from_item
from core.keys import lane_pk, lane_sk
from core.lane import LaneState, lane_of
from core.vote import Vote
from producers.outbox import Outbox
from producers.publish import Publisher

ACCEPTED_MS_MAX: Final = 10_000
COUNTED_MS_MAX: Final = 10_000
LOOK_MS: Final = 20


class ItemReader(Protocol):
    """DynamoDB, as this reads it."""

    def get_item(self, **request: Any) -> Reply: ...


@dataclass(frozen=True, slots=True)
class OneVote:
    """What became of a vote; times since the press, None for what did not happen in time."""

    accepted_ms: int | None
    counted_ms: int | None
    parked: bool


def cast(
    vote: Vote,
    outbox: Outbox,
    publisher: Publisher,
    table_client: ItemReader,
    *,
    table: str,
    clock: Clock,
    wait: Callable[[int], None],
) -> OneVote:
    """Send one vote, and look until its batch is applied.

    Raise ServiceRefused when the stream does not take it in time; it stays in the outbox then, and
    the next vote sends it first.
    """
    started_ms = clock.monotonic_ms()
    lane = lane_of(vote.device_id, outbox.lanes)
    outbox.offer_votes([vote], clock.now_ms())
    outbox.seal(clock.now_ms(), everything=True)
    last = Lane(table_client, table, outbox.producer, lane)
    before = last.read()
    number = 0
    reason = "no answer"
    while (batch := outbox.ready(lane)) is not None:
        number = batch.number
        step = publisher.step()
        reason = step.reason or reason
        if clock.monotonic_ms() - started_ms > ACCEPTED_MS_MAX:
            raise ServiceRefused(f"putting vote: {reason}; it is kept")
        if not step.acknowledged_votes:
            wait(min(step.wait_ms or LOOK_MS, LOOK_MS))
    accepted_ms = clock.monotonic_ms() - started_ms
    while clock.monotonic_ms() - started_ms < COUNTED_MS_MAX:
        state = last.read()
        if state.applied_lines(number) is None:
            took_ms = clock.monotonic_ms() - started_ms
            return OneVote(accepted_ms, took_ms, state.parked > before.parked)
        wait(LOOK_MS)
    return OneVote(accepted_ms, None, False)


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane, as the tallies remember it."""

    client: ItemReader
    table: str
    producer: str
    lane: int

    def read(self) -> LaneState:
        reply = self.client.get_item(
            TableName=self.table,
            Key={"pk": {"S": lane_pk(self.producer)}, "sk": {"S": lane_sk(self.lane)}},
            ConsistentRead=True,
        )
        return LaneState.from_values(from_item(reply["Item"])) if "Item" in reply else LaneState()


def vote_outbox(data: Path) -> Path:
    """Return the outbox of votes cast one by one."""
    return data / "outbox" / "vote"
