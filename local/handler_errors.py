"""A lake's parked objects in, what the live path parked as faults of its own out, by record.

Such a record is in the stream and in history as what it says, and in the ledger as what was parked
of it. `cube recover` puts it on the stream again, as the same batch or line by line. So in the
minutes of both, ledger and stream, and live and history, differ by what this module tells.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from core.verdict import Reason
from local.lake_objects import objects_after, read_objects
from local.recovery.entry import WHOLE
from local.recovery.parked_line import PREFIX, read_parked_lines
from local.recovery.search import DAY_MS, day_of


class _Parked(msgspec.Struct, frozen=True):
    sequence_number: str
    lines: list[dict[str, Any]]


_decoder: Final = msgspec.json.Decoder(_Parked)


@dataclass(frozen=True, slots=True)
class HandlerErrors:
    """`whole` is by sequence number: how many lines the ledger has of a record none was read of.

    Of the records `in_part` lines are parked, here by number, that history has as they are; `lines`
    are those lines, as `cube recover` puts each on the stream.
    """

    whole: Mapping[str, int] = field(default_factory=dict)
    in_part: Mapping[str, frozenset[int]] = field(default_factory=dict)
    lines: frozenset[bytes] = frozenset()

    def touch(self, data: bytes, sequence_number: str) -> bool:
        """Return whether lines of a record were parked, or it is such a line that came back."""
        return sequence_number in self.in_part or bool(self.lines and data in self.lines)

    def __bool__(self) -> bool:
        return bool(self.whole or self.in_part)


def read_handler_errors(client: Any, bucket: str, *, from_ms: int) -> HandlerErrors:
    """Return what was parked as `handler_error` since `from_ms`; reads every parked object."""
    whole: dict[str, int] = {}
    in_part: dict[str, set[int]] = {}
    lines: set[bytes] = set()
    first = PREFIX + day_of(max(0, from_ms - DAY_MS))
    keys = (each.key for each in objects_after(client, bucket, PREFIX, first))
    for key, body in read_objects(client, bucket, keys):
        if Reason.HANDLER_ERROR.value.encode() not in body:
            continue
        try:
            parked = _decoder.decode(body)
            entries = read_parked_lines(key, body)
        except (msgspec.MsgspecError, ValueError):
            continue  # `cube recover list` names it
        for entry in entries:
            if entry.reason != Reason.HANDLER_ERROR:
                continue
            number = parked.sequence_number
            if entry.number == WHOLE:
                whole[number] = whole.get(number, 0) + len(parked.lines)
            else:
                in_part.setdefault(number, set()).add(entry.number)
                lines.add(entry.data + b"\n")
    parts = {number: frozenset(found) for number, found in in_part.items()}
    return HandlerErrors(whole, parts, frozenset(lines))
