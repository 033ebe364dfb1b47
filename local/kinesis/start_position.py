"""A GetShardIterator request in, the sequence number to start after out (clauses A20, A23, A26)."""

from collections.abc import Mapping
from typing import Any

from local.kinesis import refusal
from local.kinesis.refusal import ACCOUNT_ID
from local.kinesis.sequence import parse
from local.kinesis.stream import Shard, Stream
from local.kinesis.stream_meta import shard_id_of
from local.kinesis.timestamp import to_ms


def position_of(
    stream: Stream, shard: Shard, request: Mapping[str, Any], *, now_ms: int, last_counter: int
) -> int:
    """Return the position; `last_counter` is the newest that the service has given away.

    Raises AwsError InvalidArgumentException with AWS's texts.
    """
    kind, text = request["ShardIteratorType"], request.get("StartingSequenceNumber")
    by_number = kind in ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER")
    if by_number != (text is not None):
        also = "no" if text is None else "also a"
        raise refusal.invalid_argument(
            "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and "
            "StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. "
            f"Request specified {kind} and {also} StartingSequenceNumber."
        )
    if by_number:
        _check_number(stream, shard, str(text), last_counter)
        return int(str(text)) - int(kind == "AT_SEQUENCE_NUMBER")
    if kind == "AT_TIMESTAMP":
        return position_at(stream, shard, _timestamp_ms(request, now_ms), now_ms)
    return shard.log.visible if kind == "LATEST" else 0


def position_at(stream: Stream, shard: Shard, timestamp_ms: int, now_ms: int) -> int:
    """Return the position before the first readable record that arrived at a time or later."""
    since_ms = max(timestamp_ms, stream.meta.trim_horizon_ms(now_ms))
    first = shard.log.first_since(since_ms, 0)
    return shard.log.visible if first is None else first - 1


def _timestamp_ms(request: Mapping[str, Any], now_ms: int) -> int:
    if request.get("Timestamp") is None:
        raise refusal.invalid_argument(
            "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. "
            "Current request has no timestamp parameter."
        )
    timestamp_ms = to_ms(request["Timestamp"])
    if timestamp_ms > now_ms:
        raise refusal.invalid_argument(
            "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. "
            f"timestampInMillis: {timestamp_ms}, currentTimestampInMillis: {now_ms}"
        )
    return timestamp_ms


def _check_number(stream: Stream, shard: Shard, text: str, last_counter: int) -> None:
    parts = parse(text)
    used = (
        f"StartingSequenceNumber {text} used in GetShardIterator on shard {shard.shard_id} in "
        f"stream {stream.name} under account {ACCOUNT_ID} is invalid"
    )
    if parts is None or parts.counter > last_counter:
        raise refusal.invalid_argument(f"{used}.")
    if parts.shard_index != shard.meta.index:
        raise refusal.invalid_argument(
            f"Invalid StartingSequenceNumber. It encodes {shard_id_of(parts.shard_index)}, while "
            f"it was used in a call to a shard with {shard.shard_id}"
        )
    own = parts.stream_second == stream.meta.second
    if not own or int(text) < shard.starting_sequence:
        raise refusal.invalid_argument(f"{used} because it did not come from this stream.")
