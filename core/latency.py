"""Milliseconds in, a log-bucketed histogram that merges by addition out.

Bucket 0 holds 0 ms; bucket b >= 1 holds values v with 2^((b-1)/4) <= v < 2^(b/4): four buckets an
octave, so a quantile is known to within 19 %.
"""

from bisect import bisect_right
from collections.abc import Mapping
from typing import Final

BUCKETS_PER_OCTAVE: Final = 4
# Lower bounds of bucket 1, 2, ...: up to 6 days of latency.
_BOUNDS: Final = tuple(
    2 ** (index / BUCKETS_PER_OCTAVE) for index in range(BUCKETS_PER_OCTAVE * 30)
)
BUCKETS: Final = len(_BOUNDS) + 1


def bucket_of(latency_ms: int) -> int:
    """Return the bucket of a latency; negatives (clock skew) count as 0."""
    return bisect_right(_BOUNDS, latency_ms) if latency_ms > 0 else 0


def bucket_upper_ms(bucket: int) -> float:
    """Return the bucket's upper bound in milliseconds: what a quantile reports, never too low."""
    if bucket == 0:
        return 0.0
    return _BOUNDS[bucket] if bucket < len(_BOUNDS) else _BOUNDS[-1] * 2 ** (1 / BUCKETS_PER_OCTAVE)


def quantile_ms(histogram: Mapping[int, int], q: float) -> float | None:
    """Return the q-quantile (0 < q <= 1) in milliseconds, or None when nothing was counted."""
    total = sum(histogram.values())
    if total == 0:
        return None
    rank = max(1, -(-total * q // 1))
    seen = 0
    for bucket in sorted(histogram):
        seen += histogram[bucket]
        if seen >= rank:
            return bucket_upper_ms(bucket)
    return bucket_upper_ms(max(histogram))
