"""Limits of the metrics page, each with its reason."""

from typing import Final

TAIL_BYTES_MAX: Final = 4 * 1024 * 1024  # of one log at a scrape: two whole files; 10 ms to parse
LINE_BYTES_MAX: Final = 256 * 1024  # CloudWatch takes no longer line either
# Seconds. From a warm call on a quick desk to a consumer that is minutes behind.
TIME_BUCKETS_S: Final = (
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0,
)  # fmt: skip
