"""Limits of the History page, each with its reason."""

from typing import Final

from core.limits import QUERY_ROWS_MAX

ROWS_MAX: Final = QUERY_ROWS_MAX  # of an answer on the page: a day by minute and six colours fits
EXPORT_ROWS_MAX: Final = 100_000  # of a CSV file: about 10 MB, and 50 MB of memory while it is made
TIMEOUT_S: Final = 30  # as long as a person waits; `cube query --timeout` waits longer
GRACE_S: Final = 5  # after it a warehouse that does not even say "too long" is given up on
RUNNING_MAX: Final = 4  # queries at once: each is a thread and a connection
WAITING_MAX: Final = 16  # more people than this are told to come back
WAIT_S: Final = 20  # ... and so is who waited this long for his turn
STOP_AGAIN_S: Final = 0.5  # a cancel that came before its query did nothing: say it again
STOPS_MAX: Final = 20  # then the time limit has to end it
CLOSE_S: Final = 1  # a stopping server waits this long for the warehouse to hear "cancel"
CACHE_MS: Final = 5_000  # loads come every 5 s to every minute: nothing is shown late
CACHE_BYTES_MAX: Final = 16_000_000  # about 30 answers of the largest size
CONTEXT_MS: Final = 30_000  # polls, colours and regions change seldom
REGIONS_MAX: Final = 200  # of the filter, those with most votes first
RUN_NAME_CHARS_MAX: Final = 64
CSV_CHUNK_ROWS: Final = 500  # about 50 kB: the first line is there at once

assert ROWS_MAX < EXPORT_ROWS_MAX, "who exports wants what the page cut off"
