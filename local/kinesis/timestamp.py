"""boto3's notions of a time in, epoch milliseconds out; and back."""

from datetime import UTC, datetime


def to_ms(time: datetime | float) -> int:
    """Return milliseconds; a number is epoch seconds, as on the wire."""
    seconds = time.timestamp() if isinstance(time, datetime) else time
    return round(seconds * 1000)


def to_datetime(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
