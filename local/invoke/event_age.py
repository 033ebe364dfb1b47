"""Events that wait in, the arrival of the oldest record in them out: what they hold back.

In fan-out mode the stream's positions say that a record is with a worker, not that it is counted
(clause B56). So whoever asks how far the live path is has to look into the queue, too.
"""

from typing import Final

import msgspec

from local.invoke.async_queue import AsyncQueue


class _Kinesis(msgspec.Struct, frozen=True, rename={"arrival_s": "approximateArrivalTimestamp"}):
    arrival_s: float


class _Record(msgspec.Struct, frozen=True):
    kinesis: _Kinesis


class _Event(msgspec.Struct, frozen=True):
    Records: list[_Record]


_decoder: Final = msgspec.json.Decoder(_Event)


class EventAges:
    """Reads each event once, whatever its function; events without records hold back nothing."""

    def __init__(self, queue: AsyncQueue) -> None:
        self._queue = queue
        self._arrivals_ms: dict[int, int | None] = {}

    def oldest_arrival_ms(self) -> int | None:
        """Return the arrival of the oldest record that waits, None when none does."""
        waiting = self._queue.ids()
        for gone in self._arrivals_ms.keys() - waiting:
            del self._arrivals_ms[gone]
        for new in waiting - self._arrivals_ms.keys():
            self._arrivals_ms[new] = _oldest_ms(self._queue.payload(new))
        return min((ms for ms in self._arrivals_ms.values() if ms is not None), default=None)


def _oldest_ms(payload: bytes) -> int | None:
    try:
        records = _decoder.decode(payload).Records
    except msgspec.MsgspecError:
        return None
    arrivals = (round(record.kinesis.arrival_s * 1_000) for record in records)
    return min(arrivals, default=None)
