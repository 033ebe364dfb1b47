"""A failed record without a place in the stream in, the name that its rows are known by out."""

import hashlib
from collections import Counter
from typing import Final

_PREFIX: Final = "recovered"
_DIGEST_CHARS: Final = 32


class PlaceNames:
    """Names the records of one object of failures, which says neither shard nor number (C30).

    A record is known by what it says and when it arrived: the same again in another object is a
    redelivery of it, in this one it is another record. So each way to make its rows, however
    often, gives the same line_ids.
    """

    def __init__(self) -> None:
        self._seen: Counter[tuple[str, int]] = Counter()

    def next_name(self, data: bytes, arrival_ms: int) -> str:
        """Return a sequence number for a row, at most 70 characters."""
        said = hashlib.sha256(data).hexdigest()[:_DIGEST_CHARS], arrival_ms
        self._seen[said] += 1
        return f"{_PREFIX}-{said[0]}-{arrival_ms}-{self._seen[said]}"
