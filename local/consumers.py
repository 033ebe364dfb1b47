"""An engine's status in, how far its consumers are out: what is done, what is not."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any, Final

import msgspec

_TIMEOUT_S: Final = 5


class ShardProgress(msgspec.Struct, frozen=True):
    """One shard of one mapping: every record up to `position` is done, `latest` is the last."""

    mapping: str
    shard: str
    position: int
    latest: int

    @property
    def key(self) -> tuple[str, str]:
        return self.mapping, self.shard


class Consumers(msgspec.Struct, frozen=True):
    """All consumers at the moment `as_of_ms`. What arrived before `done_until_ms` is done.

    `events_oldest_ms` is the arrival of the oldest record that waits for a worker, if one does.
    """

    iterator_age_ms: int
    done_until_ms: int
    shards: tuple[ShardProgress, ...]
    as_of_ms: int = 0
    events_oldest_ms: int | None = None

    @property
    def caught_up(self) -> bool:
        return self.events_oldest_ms is None and all(
            shard.position >= shard.latest for shard in self.shards
        )

    @property
    def latest(self) -> dict[tuple[str, str], int]:
        return {shard.key: shard.latest for shard in self.shards}

    def have_done(self, earlier: "Consumers") -> bool:
        """Return whether everything is done that was in the stream at an earlier moment."""
        if self.events_oldest_ms is not None and self.events_oldest_ms <= earlier.as_of_ms:
            return False
        now = {shard.key: shard.position for shard in self.shards}
        return all(now.get(shard.key, shard.latest) >= shard.latest for shard in earlier.shards)


class Deliveries(msgspec.Struct, frozen=True):
    """All delivery streams at one moment. What arrived before `delivered_until_ms` is delivered."""

    delivered_until_ms: int
    caught_up: bool


def engine_status(endpoint: str) -> dict[str, Any] | None:
    """Return what the engine says of itself, None when none of ours answers there."""
    if not endpoint:  # AWS's own
        return None
    try:
        url = f"{endpoint}/_cube/status"
        with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as answer:  # noqa: S310 - http, our own
            status: dict[str, Any] = json.load(answer)
            return status
    except (OSError, urllib.error.URLError, ValueError):
        return None


def ask_engine(endpoint: str) -> Consumers | None:
    """Return how far an engine's consumers are, None when none of ours answers there."""
    status = engine_status(endpoint)
    return consumers_of(status) if status and "done_until_ms" in status else None


def ask_deliveries(endpoint: str) -> Deliveries | None:
    """Return how far an engine's delivery streams are, None when it has none or does not answer."""
    status = engine_status(endpoint)
    return deliveries_of(status) if status else None


def deliveries_of(status: Mapping[str, Any]) -> Deliveries | None:
    """Return what a status says of the delivery streams."""
    entries = status.get("deliveries")
    if not entries:
        return None
    return Deliveries(
        min(entry["delivered_until_ms"] for entry in entries),
        all(entry["caught_up"] for entry in entries),
    )


def consumers_of(status: Mapping[str, Any]) -> Consumers:
    """Return what a status says of the consumers."""
    shards = tuple(
        ShardProgress(
            entry["mapping"], entry["shard"], int(entry["position"]), int(entry["latest"])
        )
        for entry in status["shards"]
    )
    return Consumers(
        status["iterator_age_ms"],
        status["done_until_ms"],
        shards,
        status["now_ms"],
        status["events_oldest_ms"],
    )
