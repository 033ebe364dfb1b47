"""Every limit of the local warehouse, each with its reason."""

from typing import Final

KIB: Final = 1024
MIB: Final = 1024 * 1024

# --- the connection to a client ---
CONNECTIONS_MAX: Final = 48  # a thread and a DuckDB cursor each; a desk has a handful
PRESS_AGAIN_S: Final = 0.1  # a cancel that DuckDB did not hear is said again
ROLLBACKS_MAX: Final = 100  # each may be met by one more cancel; nobody presses so often
DOORS_MAX: Final = 16  # beside them: clients that log in, cancel or probe when all are taken
ACCEPT_PAUSE_MS: Final = 100  # when no descriptor is free: not in a circle
STARTUP_BYTES_MAX: Final = 10_000  # of the first packet, as PostgreSQL
PASSWORD_BYTES_MAX: Final = 1_000  # of a password's message; nothing larger before the log-in
HTTP_HEAD_BYTES_MAX: Final = 8 * KIB  # of a probe's request
MESSAGE_BYTES_MAX: Final = 17 * MIB  # Redshift takes statements of 16 MB, names and oids beside
DRAINED_BYTES_MAX: Final = 64 * MIB  # of a refused message, so that its sender reads the refusal
DRAIN_MS_MAX: Final = 2_000
STARTUP_MS_MAX: Final = 10_000  # from the first byte to the password: a probe takes 1 ms
MESSAGE_MS_MAX: Final = 60_000  # from a message's first byte to its last
WRITE_MS_MAX: Final = 60_000  # a client that reads nothing for so long is given up with its locks
IDLE_IN_TRANSACTION_MS_MAX: Final = 300_000  # it may hold the one writer lock
STATEMENTS_MAX: Final = 2_000  # prepared, a client; redshift_connector keeps up to 1,000
STATEMENT_BYTES_TOTAL_MAX: Final = 32 * MIB  # of their texts together
PORTALS_MAX: Final = 64  # bound and not closed, a client
PARAMETERS_MAX: Final = 32_767  # Redshift's limit of bind parameters
RECEIVE_BYTES: Final = 64 * KIB
SEND_BYTES: Final = 64 * KIB  # results leave in pieces of about this size
BATCH_ROWS_MIN: Final = 16  # rows encoded at a time: grown and shrunk towards SEND_BYTES
BATCH_ROWS_MAX: Final = 512
SUSPENDED_ROWS_MAX: Final = 100_000  # kept in memory when another statement runs meanwhile
STOP_GRACE_MS: Final = 1_000  # running statements are cancelled and say so to their clients
STOP_FORCE_MS: Final = 500  # then their sockets are cut
STOP_LOOK_MS: Final = 20  # between two looks at who is left
CERTIFICATE_DAYS: Final = 3_650
CERTIFICATE_DAYS_LEFT_MIN: Final = 30  # renewed at a start when less is left

# --- SQL ---
WRITER_WAIT_MS_MAX: Final = 60_000  # for the one writer lock; a load takes seconds
WRITER_IDLE_MS_MAX: Final = 30_000  # a transaction that holds it and sleeps, while another waits
MEMORY_LIMIT: Final = "2GB"  # DuckDB's, in its own words; beyond it, it spills to disk
THREADS_MAX: Final = 4  # DuckDB's; the rest of the machine has work, too
WAL_BYTES_MAX: Final = 64 * MIB  # then a checkpoint moves it into the file
TRANSLATIONS_MAX: Final = 1_024  # kept by text; sql/ and a dashboard have dozens
TRANSLATED_CHARS_MAX: Final = 64 * KIB  # longer texts come once (inserts of many rows)
ROWS_FETCHED: Final = 2_048  # at a time from DuckDB: its own vector

# --- COPY and UNLOAD ---
COPY_GROUP_BYTES_MAX: Final = 64 * MIB  # compressed; about two million rows are staged at a time
COPY_DOWNLOADS: Final = 4  # objects fetched side by side
COPY_OBJECT_BYTES_MAX: Final = 1024 * MIB  # of one object (E2: 1 MB to 1 GB compressed)
MANIFEST_BYTES_MAX: Final = 64 * MIB
MAXERROR_MAX: Final = 100_000  # Redshift's own
LOAD_ERRORS_MAX: Final = 10_000  # kept in stl_load_errors, the oldest go first
LOADS_MAX: Final = 100_000  # kept in sys_load_history and stl_load_commits
RAW_LINE_CHARS: Final = 1_024  # of a bad line, as stl_load_errors has them
RAW_FIELD_CHARS: Final = 1_024
VARCHAR_BYTES_MAX: Final = 65_535  # VARCHAR(MAX)

assert SEND_BYTES <= MESSAGE_BYTES_MAX, "a piece of a result is smaller than a message"
assert STOP_GRACE_MS + STOP_FORCE_MS < 2_000, "SIGTERM ends the server within 2 s"
