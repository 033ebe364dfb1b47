"""A prefix, the arrival of an object's oldest record and chance in, the object's key out (C37)."""

import random
from datetime import UTC, datetime
from typing import Final

from local.firehose.prefix import ErrorType, Prefix
from local.mapping.failure import random_uuid

VERSION: Final = 1  # AWS counts changes of the configuration; ours comes from the template


def object_key(
    prefix: Prefix,
    *,
    delivery_name: str,
    oldest_ms: int,
    rng: random.Random,
    extension: str = "",
    error_type: ErrorType | None = None,
) -> str:
    """Return `<prefix><name>-1-yyyy-MM-dd-HH-mm-ss-<uuid><extension>`, all of one moment in UTC."""
    before = prefix.at(oldest_ms, rng, error_type)
    return f"{before}{object_name(delivery_name, oldest_ms, rng)}{extension}"


def object_name(delivery_name: str, moment_ms: int, rng: random.Random) -> str:
    moment = datetime.fromtimestamp(moment_ms // 1_000, UTC)
    return f"{delivery_name}-{VERSION}-{moment:%Y-%m-%d-%H-%M-%S}-{random_uuid(rng)}"
