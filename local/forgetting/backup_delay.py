"""Delivery streams in, how long after its arrival a record is in the source backup out."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from local.forgetting.limits import BACKUP_S_MAX, STORING_S

_HINT = "IntervalInSeconds"


def backup_delay_ms(firehose: Any, names: Iterable[str]) -> int:
    """Return by when every backup object that holds a record lies in the lake.

    Nothing says how far a backup is, unlike rows, which the ledger counts; its buffer has a limit.
    """
    longest = 0
    for name in names:
        reply = firehose.describe_delivery_stream(DeliveryStreamName=name)
        longest = max([longest, *_hints(reply["DeliveryStreamDescription"]["Destinations"])])
    return ((longest or BACKUP_S_MAX) + STORING_S) * 1_000


def _hints(value: object) -> Iterator[int]:
    """Yield every interval of a buffer, wherever it stands in a description."""
    if isinstance(value, Mapping):
        for name, member in value.items():
            if name == _HINT:
                yield int(member)
            yield from _hints(member)
    elif isinstance(value, list):
        for member in value:
            yield from _hints(member)
