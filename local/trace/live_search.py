"""The table, the lake and a line's place in, what the live path has made of the line out."""

from dataclasses import dataclass
from typing import Any, Final

import msgspec

from core import limits
from core.item import from_item, to_item
from core.keys import MARK_SK, line_mark_pk
from core.service_error import code_of
from core.verdict import Reason
from local.one_vote import Lane
from local.trace.find import LiveFind
from local.trace.sighting import Place, Sighting
from processors.lane import vote_mark
from processors.park import parked_key

DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSearch:
    """Where the live path writes."""

    dynamodb: Any
    table: str
    s3: Any
    bucket: str

    def look(self, sighting: Sighting, now_ms: int) -> LiveFind:
        """Return what became of a line of the stream.

        A parked line's object comes first, its count after: where only the object is there, the
        call that parks it is under way, or failed and comes again.
        """
        place = sighting.place
        parked = self._parked(sighting)
        if place.batch is None:
            return self._by_mark(sighting, parked, now_ms)
        applied = self.look_at_batch(place, now_ms)
        by_us = parked is not None and parked.reason == Reason.HANDLER_ERROR
        if parked is not None and (applied.fate == "counted" or by_us):
            return parked
        return applied

    def look_at_batch(self, place: Place, now_ms: int) -> LiveFind:
        """Return whether a line of a stamped batch is applied, by the lane's state."""
        assert place.batch is not None, "the caller looked"
        producer, lane, number = place.batch
        state = Lane(self.dynamodb, self.table, producer, lane).read()
        applied = state.applied_lines(number)
        batch = f"batch {number} of lane {lane} of {producer}"
        if applied is None:
            return LiveFind("counted", f"{batch} is applied (lane at {state.high})")
        if 0 <= place.ordinal < applied:
            return LiveFind("counted", f"{batch} is applied up to line {applied}")
        if not state.high and now_ms - place.arrival_ms > limits.LANE_IDLE_DAYS * DAY_MS:
            return LiveFind("forgotten", f"lanes are kept for {limits.LANE_IDLE_DAYS} days")
        so_far = f"{applied} of its lines are" if applied else "nothing of it is"
        return LiveFind("missing", f"{batch}: {so_far} applied (lane at {state.high})")

    def _by_mark(self, sighting: Sighting, parked: LiveFind | None, now_ms: int) -> LiveFind:
        """Return what became of a line without a stamp: markers tell."""
        place = sighting.place
        if parked is not None:
            return parked
        vote = sighting.line.vote
        if vote is not None:
            position = sighting.delivery.position(place.line)
            pk, _ = vote_mark(vote, position)
            mark = self._item(pk)
            if mark is not None and mark["position"] == position:
                return LiveFind("counted", "its marker names this line")
            if mark is not None and self._item(line_mark_pk(position)) is not None:
                return LiveFind("duplicate", f"the vote was counted by {mark['position']}")
        if now_ms - place.arrival_ms > limits.MARKER_DAYS * DAY_MS:
            return LiveFind("forgotten", f"markers are kept for {limits.MARKER_DAYS} days")
        return LiveFind("missing", "it has no marker")

    def _item(self, pk: str) -> dict[str, Any] | None:
        reply = self.dynamodb.get_item(
            TableName=self.table, Key=to_item({"pk": pk, "sk": MARK_SK}), ConsistentRead=True
        )
        return from_item(reply["Item"]) if "Item" in reply else None

    def _parked(self, sighting: Sighting) -> LiveFind | None:
        """Return the object that keeps a line, None where none does."""
        key = parked_key(sighting.delivery)
        try:
            reply = self.s3.get_object(Bucket=self.bucket, Key=key)
        except Exception as error:
            if code_of(error) != "NoSuchKey":
                raise
            return None
        stored_ms = round(reply["LastModified"].timestamp() * 1000)
        for line in msgspec.json.decode(reply["Body"].read())["lines"]:
            if line["line"] == sighting.place.line:
                reason = str(line["reason"])
                return LiveFind("parked", f"parked: {reason}", reason, key, stored_ms)
        return None
