"""When a request ends and what keeps copies in, each copy with its last day out."""

from typing import NamedTuple

from core import limits
from local.forgetting.limits import (
    DAY_MS,
    EXPIRY_DAYS,
    HOUR_MS,
    OLD_VERSION_DAYS,
    TABLE_COPY_DAYS,
    WAREHOUSE_COPY_HOURS,
)


class Rest(NamedTuple):
    """A place that forgets by itself, and by when it has."""

    place: str
    until_ms: int


def rests(now_ms: int, last_ms: int | None, retention_hours: int, *, on_aws: bool) -> list[Rest]:
    """Return what still names the device after `now_ms`, whose last vote arrived at `last_ms`.

    Where nobody knows that time it was just now.
    """
    last = now_ms if last_ms is None else last_ms
    late = EXPIRY_DAYS * DAY_MS if on_aws else 0
    marks = last + limits.MARKER_DAYS * DAY_MS + late
    found = [
        Rest("stream: records until their retention ends", last + retention_hours * HOUR_MS),
        Rest("table: markers of votes without a stamp", marks),
        Rest("trends: devices that voted lately", last + limits.TREND_KEPT_S * 1_000 + late),
    ]
    if on_aws:
        found += [
            Rest("lake: old versions of objects", now_ms + OLD_VERSION_DAYS * DAY_MS),
            Rest("table: point-in-time recovery", marks + TABLE_COPY_DAYS * DAY_MS),
            Rest("warehouse: recovery points", now_ms + WAREHOUSE_COPY_HOURS * HOUR_MS),
        ]
    return [rest for rest in found if rest.until_ms > now_ms]
