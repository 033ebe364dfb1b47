"""Chunks of data in, one object after the other for S3 out: the buffer of one prefix.

A buffer is stored when it is as large or as old as the hints say, measured before compression
(C9, C11). While an object is on its way the next one grows, beyond its hint if need be (C11). A
put that failed is tried again, with the same key and content, without end (C47).
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from core.backoff import full_jitter_ms
from local.drawing import Compression, S3Target
from local.firehose.action import StoreObject
from local.firehose.body import Body
from local.firehose.limits import STORE_BACKOFF_MS_BASE, STORE_BACKOFF_MS_CAP
from local.firehose.object_name import object_key
from local.firehose.parcel import Parcel
from local.firehose.prefix import ErrorType, Prefix

GZIP_EXTENSION: Final = ".gz"  # C36


@dataclass(slots=True)
class Held:
    """What an object will hold, or holds: its content, and whose it is."""

    body: Body
    parcels: list[Parcel] = field(default_factory=list)
    records: int = 0
    oldest_ms: int = 0
    opened_ms: int = 0


@dataclass(frozen=True, slots=True)
class Sent:
    """An object that is stored."""

    key: str
    held: Held


@dataclass(slots=True)
class Sending:
    """An object that is being stored, or waits for the next try."""

    held: Held
    action: StoreObject
    due_ms: int = 0
    in_flight: bool = True
    tries: int = 0


class Outlet:
    """One prefix of one bucket."""

    def __init__(
        self,
        target: S3Target,
        *,
        delivery_name: str,
        rng: random.Random,
        error_type: ErrorType | None = None,
    ) -> None:
        self.target = target
        self._delivery_name = delivery_name
        self._rng = rng
        self._error_type = error_type
        if error_type is None:
            self._prefix = Prefix.of_objects(target.prefix)
        else:
            self._prefix = Prefix.of_errors(target.error_prefix, target.prefix)
        # Whether error objects are compressed is open (C31): plain text is easier to recover.
        self._compression: Compression = (
            target.compression if error_type is None else "UNCOMPRESSED"
        )
        self._extension = GZIP_EXTENSION if self._compression == "GZIP" else ""
        self._filling = Held(Body(self._compression))
        self._sending: Sending | None = None

    @property
    def held_bytes(self) -> int:
        sending = self._sending.held.body.held_bytes if self._sending else 0
        return self._filling.body.held_bytes + sending

    @property
    def is_empty(self) -> bool:
        return not self._filling.parcels and self._sending is None

    def add(
        self,
        pieces: Sequence[bytes],
        parcel: Parcel,
        *,
        records: int,
        oldest_ms: int,
        now_ms: int,
    ) -> None:
        """Take in what several records became; the oldest of them arrived at `oldest_ms`."""
        assert any(pieces), "no object is empty (C13)"
        filling = self._filling
        if not filling.parcels:  # C12: the interval counts from here
            filling.opened_ms, filling.oldest_ms = now_ms, oldest_ms
        filling.body.add(pieces)
        filling.records += records
        filling.oldest_ms = min(filling.oldest_ms, oldest_ms)
        filling.parcels.append(parcel)
        parcel.open += 1

    def due_ms(self, now_ms: int, *, hurry: bool) -> int | None:
        """Return when an object is to be put; None while one is, or there is nothing."""
        if self._sending is not None:
            return None if self._sending.in_flight else self._sending.due_ms
        if not self._filling.parcels:
            return None
        hints = self.target.buffer
        full = self._filling.body.bytes >= hints.size_bytes
        return now_ms if full or hurry else self._filling.opened_ms + hints.interval_ms

    def begin(self, attempt_id: int) -> StoreObject:
        """Return the put to do now (`due_ms`)."""
        if (again := self._sending) is not None:
            again.in_flight = True
            again.action = replace(again.action, attempt_id=attempt_id)
            return again.action
        held, self._filling = self._filling, Held(Body(self._compression))
        key = object_key(
            self._prefix,
            delivery_name=self._delivery_name,
            oldest_ms=held.oldest_ms,
            rng=self._rng,
            extension=self._extension,
            error_type=self._error_type,
        )
        chunks = held.body.close()
        action = StoreObject(attempt_id, self.target.bucket, key, chunks, self._compression)
        self._sending = Sending(held, action)
        return action

    def stored(self) -> Sent:
        """Take note that the object is stored; return it."""
        sending = self._under_way()
        self._sending = None
        return Sent(sending.action.key, sending.held)

    def failed(self, now_ms: int) -> None:
        """Take note that the object is not stored: it is tried again."""
        sending = self._under_way()
        sending.in_flight = False
        sending.due_ms = now_ms + store_backoff_ms(self._rng, sending.tries)
        sending.tries += 1

    def _under_way(self) -> Sending:
        sending = self._sending
        assert sending is not None, "a put was in flight"
        assert sending.in_flight, "a put was in flight"
        return sending


def store_backoff_ms(rng: random.Random, tries: int) -> int:
    """Return how long to wait before S3 is asked again."""
    cap_ms = STORE_BACKOFF_MS_CAP
    return full_jitter_ms(rng, attempt=tries, base_ms=STORE_BACKOFF_MS_BASE, cap_ms=cap_ms)
