"""Every limit of the local DynamoDB, each with its source."""

from typing import Final

# --- AWS's own (Service, account, and table quotas in Amazon DynamoDB) ---
ITEM_BYTES_MAX: Final = 400 * 1024  # clause D10: names and values together
HASH_KEY_BYTES_MAX: Final = 2048  # clause D10
RANGE_KEY_BYTES_MAX: Final = 1024
NESTING_MAX: Final = 32  # lists and maps inside each other
NUMBER_DIGITS_MAX: Final = 38
NUMBER_EXPONENT_MAX: Final = 125  # 9.99...E+125 is the largest number
NUMBER_EXPONENT_MIN: Final = -130  # 1E-130 is the smallest
EXPRESSION_BYTES_MAX: Final = 4096
EXPRESSION_OPERATORS_MAX: Final = 300
TRANSACTION_ACTIONS_MAX: Final = 100  # clause D1
TRANSACTION_BYTES_MAX: Final = 4 * 1024 * 1024  # clause D1
TOKEN_CHARS_MAX: Final = 36  # clause D2
TOKEN_LIFE_MS: Final = 600_000  # clause D2: ten minutes after completion
PAGE_BYTES_MAX: Final = 1024 * 1024  # what one Query or Scan reads
BATCH_GET_KEYS_MAX: Final = 100
BATCH_GET_BYTES_MAX: Final = 16 * 1024 * 1024
BATCH_WRITE_ITEMS_MAX: Final = 25
LIST_TABLES_MAX: Final = 100
EXPIRY_AGE_S_MAX: Final = 5 * 365 * 86_400  # clause D12: older values are taken for mistakes
WRITE_UNIT_BYTES: Final = 1024
READ_UNIT_BYTES: Final = 4096

# --- the engine's ---
EXPRESSION_DEPTH_MAX: Final = 64  # far below Python's recursion limit; ours nest 3 deep
EXPRESSIONS_CACHED_MAX: Final = 4096  # parsed texts; ours are a few hundred
SWEEP_ROWS_MAX: Final = 1000  # one commit of the TTL sweep: a few milliseconds
TOKEN_PURGE_PERIOD_MS: Final = 60_000  # one scan of at most ten minutes of tokens
TABLE_FIGURES_PERIOD_MS: Final = 60_000  # counting rows reads the whole index; AWS: six hours

assert NUMBER_EXPONENT_MAX - NUMBER_EXPONENT_MIN == 255, "an exponent fits one byte of a sort key"
