"""Limits of the transform, each with its reason; widths are those of `sql/ddl/landing.sql`."""

from typing import Final

from core import limits

ANSWER_BYTES_MAX: Final = 6_000_000  # "6 MB" by its smaller reading (C17): more is a 413 (C26)
ANSWER_OVERHEAD_BYTES: Final = 64  # an answer's own JSON, without its id and its data
RAW_BASE64_CHARS_MAX: Final = 32_000  # raw VARCHAR(32000)
RAW_BYTES_MAX: Final = RAW_BASE64_CHARS_MAX // 4 * 3  # whole groups: what is cut still decodes
EXTRA_BYTES_MAX: Final = 4_096  # extra VARCHAR(4096)
CHUNK_ROWS: Final = 10_000  # rows encoded at once: a record may have half a million lines
ARRIVAL_MS_MIN: Final = limits.TOO_OLD_MS  # a vote that is not too old has a time from 1970 on
ARRIVAL_MS_MAX: Final = limits.VOTED_AT_MS_MAX - limits.FUTURE_MS_MAX  # nor is one after 9999

assert ANSWER_BYTES_MAX <= limits.INVOKE_SYNC_BYTES_MAX, "Lambda takes the answer"
assert limits.VOTE_LINE_BYTES_MAX <= RAW_BYTES_MAX, "a line that was a vote is kept whole"
