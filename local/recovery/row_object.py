"""Rows in, objects of rows out, where the scheduled load finds them: under the present hour."""

import gzip
import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from core.clock import Clock
from local.mapping.failure import random_uuid
from processors.lake import hour_key

CONTENT_TYPE: Final = "application/octet-stream"  # as Firehose's own objects (C36)
OBJECT_BYTES_MAX: Final = 64 * 1024 * 1024  # as the delivery stream's own: a load takes several


class RowObjects:
    """Gathers rows into objects. `on_stored` is told each key, once the object lies there.

    The load looks a few hours back every time, so keys go by when they are written; rows keep the
    arrival they always had.
    """

    def __init__(
        self,
        client: Any,
        *,
        bucket: str,
        label: str,
        clock: Clock,
        rng: random.Random,
        on_stored: Callable[[str], None] = lambda key: None,
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._label = label
        self._clock = clock
        self._rng = rng
        self._on_stored = on_stored
        self._chunks: list[bytes] = []
        self._held_bytes = 0

    def add(self, lines: bytes) -> None:
        """Take rows in; put an object when there are many."""
        self._chunks.append(lines)
        self._held_bytes += len(lines)
        if self._held_bytes >= OBJECT_BYTES_MAX:
            self.close()

    def close(self) -> None:
        """Put what is left."""
        if not self._chunks:
            return
        key = self._key()
        self._client.put_object(
            Bucket=self._bucket,
            Key=key,
            Body=gzip.compress(b"".join(self._chunks), mtime=0),
            ContentType=CONTENT_TYPE,
            ContentEncoding="gzip",
        )
        self._chunks, self._held_bytes = [], 0
        self._on_stored(key)

    def _key(self) -> str:
        now_ms = self._clock.now_ms()
        moment = datetime.fromtimestamp(now_ms // 1000, UTC)
        name = f"{self._label}-1-{moment:%Y-%m-%d-%H-%M-%S}-{random_uuid(self._rng)}.gz"
        return f"{hour_key(now_ms)}/{name}"
