"""One station on a vote's way: what was found there, and when."""

from typing import Any, Literal

import msgspec

State = Literal["found", "absent", "unknown"]
Station = Literal[
    "cast", "outbox", "record", "counted", "call", "parked", "failed", "lake", "backup", "load",
    "warehouse", "verdict",
]  # fmt: skip


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """`absent`: it was looked for and is not there; `unknown`: `says` why nobody can tell.

    `at_ms` is when it was there (epoch milliseconds), `after_ms` the same since the cast; None
    where nothing tells. `copy` counts the records that hold the vote from 1, 0 for no record.
    """

    station: Station
    state: State
    says: str
    at_ms: int | None = None
    after_ms: int | None = None
    copy: int = 0
    facts: dict[str, Any] = {}
