"""Limits of following one vote, each with its reason."""

from typing import Final

COPIES_MS: Final = 60_000  # a put that got no answer comes again within seconds
COPIES_MAX: Final = 8  # records that one vote is shown in
THROTTLES_MAX: Final = 1_000  # in a row; a quarter of a second each
THROTTLE_PAUSE_MS: Final = 250  # a shard gives five reads a second (A28)
FILL_MS: Final = 15 * 60_000  # AWS: Firehose holds a record no longer before it stores it
OBJECTS_MAX: Final = 200  # of a kind that are read for one vote: a few GB at the most
CALL_MS: Final = 2 * 3_600_000  # behind its arrival a record's call is looked for in CloudWatch
CALLS_MAX: Final = 20  # of one record that are shown
LOG_PAGES_MAX: Final = 50  # of CloudWatch's answers for one function
