"""What a delivery stream shows of itself, as values: for `cube status` and the Pipeline page."""

from dataclasses import dataclass


@dataclass(slots=True)
class Delivered:
    """What one pipeline did since it started: counts of records, bytes before compression."""

    records: int = 0
    bytes: int = 0
    objects: int = 0
    records_failed: int = 0
    records_dropped: int = 0
    copies_skipped: int = 0
    last_error: str = ""

    def plus(self, later: "Delivered") -> "Delivered":
        """Return the sum of two, with the later one's error, if it has one."""
        return Delivered(
            records=self.records + later.records,
            bytes=self.bytes + later.bytes,
            objects=self.objects + later.objects,
            records_failed=self.records_failed + later.records_failed,
            records_dropped=self.records_dropped + later.records_dropped,
            copies_skipped=self.copies_skipped + later.copies_skipped,
            last_error=later.last_error or self.last_error,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardDelivery:
    """How far one shard is: sequence numbers up to which it is stored; None: there is no backup."""

    shard_id: str
    delivered: int
    backed_up: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryStatus:
    """One delivery stream: every shard of its stream, and what was done since the start."""

    logical_id: str
    name: str
    stream_name: str
    held_bytes: int
    delivered: Delivered
    backed_up: Delivered | None
    shards: tuple[ShardDelivery, ...]
