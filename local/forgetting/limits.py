"""Limits of forgetting a device, each with its reason."""

from typing import Final

from core import limits

DAY_MS: Final = 86_400_000
HOUR_MS: Final = 3_600_000
PSEUDONYM_BYTES: Final = 12  # 24 hex digits: two requests never draw the same
PSEUDONYM_START: Final = "gone-"
OLD_VERSION_DAYS: Final = 30  # the bucket's lifecycle (infra/template.yaml) ends old versions
TABLE_COPY_DAYS: Final = 35  # point-in-time recovery of DynamoDB reaches so far back
WAREHOUSE_COPY_HOURS: Final = 24  # recovery points of Redshift Serverless
EXPIRY_DAYS: Final = 2  # DynamoDB deletes an expired item within a few days, usually two
PARKED_PAGE_ROWS: Final = 1_000  # a row has up to 32 kB of text
LINES_AT_ONCE: Final = 500  # line_ids of one statement: a list holds a thousand
BACKUP_S_MAX: Final = 900  # the longest a backup object is filled (clause C9), if nobody says
STORING_S: Final = 20  # what a delivery stream takes to write an object it has closed
SETTLED_DAYS: Final = limits.MARKER_DAYS  # then no copy of a vote can count on either path

assert limits.TOO_OLD_MS < SETTLED_DAYS * DAY_MS, "a copy that comes later is too old"
