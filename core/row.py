"""The shape of the lake: one line of a record is one row, and one row is one JSON line.

Members are the columns of `sql/ddl/landing.sql`, times in epoch milliseconds. A row with a
`parked_reason` does not count; every other is a vote that the merge (`sql/loads/`) still judges by
the poll's rules.
"""

from typing import Final

import msgspec

TRANSFORM_VERSION: Final = 1  # grows when the same bytes would give another row


class Row(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """What the lake keeps of a line; members that are None are left out, and NULL in the warehouse.

    `line` counts from 1 within the record (a stamp is line 1). `producer`, `lane` and `number`
    name the batch of a stamped record. `colour` is canonical. `raw` is base64 of the line, where
    it is no vote or its colour fits no palette. `extra` is JSON of the members that no vote has.
    """

    arrived_at: int
    sequence_number: str
    subsequence: int
    line: int
    transform_version: int
    producer: str | None = None
    lane: int | None = None
    number: int | None = None
    poll: str | None = None
    device_id: str | None = None
    seq: int | None = None
    colour: str | None = None
    voted_at: int | None = None
    region: str | None = None
    extra: str | None = None
    parked_reason: str | None = None
    raw: str | None = None
