"""Records in, each on the stream once Kinesis has said so, with its place, out."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from core import limits
from core.backoff import full_jitter_ms
from core.clients import StreamClient
from core.errors import ServiceRefused

ATTEMPTS_MAX: Final = 20  # of one call's records: about a minute of back-off


def put_all(
    client: StreamClient,
    stream: str,
    entries: Sequence[Mapping[str, Any]],
    *,
    rng: random.Random,
    wait: Callable[[int], None],
) -> Iterator[tuple[int, str]]:
    """Yield (index, place) of each entry as soon as it is accepted; place is shard:sequence number.

    Only what failed is put again. Raise ServiceRefused when something is refused again and again.
    """
    for first, last in _calls(entries):
        waiting = list(range(first, last))
        for attempt in range(ATTEMPTS_MAX):
            reply = client.put_records(
                StreamName=stream, Records=[entries[index] for index in waiting]
            )
            refused: list[int] = []
            reason = ""
            for index, result in zip(waiting, reply["Records"], strict=True):
                if result.get("ErrorCode"):
                    refused.append(index)
                    reason = str(result["ErrorCode"])
                else:
                    yield index, f"{result['ShardId']}:{result['SequenceNumber']}"
            waiting = refused
            if not waiting:
                break
            wait(
                full_jitter_ms(
                    rng,
                    attempt=attempt,
                    base_ms=limits.PUT_BACKOFF_MS_BASE,
                    cap_ms=limits.PUT_BACKOFF_MS_CAP,
                )
            )
        else:
            raise ServiceRefused(f"putting records: {len(waiting)} refused: {reason}")


def _calls(entries: Sequence[Mapping[str, Any]]) -> Iterator[tuple[int, int]]:
    """Yield the first and the end of each call: as many as PutRecords takes (A3)."""
    first = size = 0
    for index, entry in enumerate(entries):
        more = len(entry["Data"]) + limits.PARTITION_KEY_CHARS_MAX * 4
        full = index - first == limits.PUT_RECORDS_COUNT_MAX
        if index > first and (full or size + more > limits.PUT_RECORDS_BYTES_MAX):
            yield first, index
            first, size = index, 0
        size += more
    if entries:
        yield first, len(entries)
