"""Every limit of the local Redshift Data API, each with its source."""

from typing import Final

# --- AWS's own (clause E13) ---
STATEMENT_BYTES_MAX: Final = 100 * 1024
RESULT_BYTES_MAX: Final = 100_000_000  # AWS measures them compressed, we as they are
RESULT_LIFE_MS: Final = 24 * 3_600_000
STATEMENT_MS_MAX: Final = 24 * 3_600_000
ACTIVE_STATEMENTS_MAX: Final = 200
TOKEN_LIFE_MS: Final = 8 * 3_600_000

# --- the engine's ---
THREADS: Final = 8  # statements at a time; the rest waits its turn, as SUBMITTED
KEPT_STATEMENTS_MAX: Final = 10_000  # the oldest are forgotten: half a day of a load every 5 s
KEPT_BYTES_MAX: Final = 2 * RESULT_BYTES_MAX  # SQL and results together, in the engine's memory
PAGE_ROWS_MAX: Final = 1_000
PAGE_BYTES_MAX: Final = 1_000_000  # what one GetStatementResult brings, before JSON
CONNECT_S_MAX: Final = 5  # the warehouse is on this machine: it answers in milliseconds
CANCEL_S_MAX: Final = 1  # as above

assert KEPT_BYTES_MAX > RESULT_BYTES_MAX, "a full result can be kept"
assert TOKEN_LIFE_MS <= RESULT_LIFE_MS, "a token's statement is still there"
