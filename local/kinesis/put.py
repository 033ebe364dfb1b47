"""Records of a put call in, the shards' logs written and the call's results out."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from local.aws_error import internal_failure
from local.kinesis import constraint, limits, refusal
from local.kinesis.catalog import Catalog
from local.kinesis.counter import Counter
from local.kinesis.hash_range import hash_of
from local.kinesis.record import StoredRecord
from local.kinesis.sequence import parse
from local.kinesis.shard_log import LogMark, ShardLog
from local.kinesis.stream import Shard, Stream

_HASH_KEY: Final = re.compile(r"0|[1-9]\d{0,38}", re.ASCII)
_THROTTLED: Final = "ProvisionedThroughputExceededException"


class Entry(NamedTuple):
    """A record to be put; `size` is what limits count (A1)."""

    key: str
    data: bytes
    hash_key: int
    size: int


class Times(NamedTuple):
    """The two clocks, read once a call."""

    now_ms: int
    monotonic_ms: int


def check_records(request: Mapping[str, Any], catalog: Catalog) -> Sequence[Mapping[str, Any]]:
    """Return PutRecords' entries; refuse the whole call for any client mistake (A9).

    Well-formed calls skip the slow check: nothing but their plain members is there.
    """
    records, name = request.get("Records"), request.get("StreamName")
    plain = (
        isinstance(records, list)
        and 0 < len(records) <= limits.PUT_RECORDS_COUNT_MAX
        and isinstance(name, str)
        and catalog.find(name) is not None
        and request.keys() == {"Records", "StreamName"}
        and all(map(_is_plain, records))
    )
    if not plain:
        constraint.check("PutRecords", request)
    assert isinstance(records, Sequence)
    return records


def entries_of(records: Sequence[Mapping[str, Any]], path: str) -> list[Entry]:
    """Return entries whose shape has been checked; `path` tells where `{}` stood in the request.

    Raises AwsError for what the API's model does not say: sizes and hash keys (A1, A3, A13).
    """
    entries = []
    for number, record in enumerate(records, 1):
        try:
            key_bytes = record["PartitionKey"].encode()
        except UnicodeEncodeError as error:  # half of a surrogate pair
            raise refusal.malformed("PartitionKey is not valid Unicode") from error
        data, explicit = bytes(record["Data"]), record.get("ExplicitHashKey")
        size = len(data) + len(key_bytes)
        if size > limits.KINESIS_RECORD_BYTES_MAX:
            rule = f"have length less than or equal to {limits.KINESIS_RECORD_BYTES_MAX}"
            where = path.format(number)
            raise constraint.violation(constraint.broken_rule(where, data, rule))
        hash_key = hash_of(key_bytes) if explicit is None else int(explicit)
        if hash_key >= limits.HASH_KEY_END:
            raise refusal.invalid_argument(
                "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. "
                f"Specified value was {explicit}"
            )
        entries.append(Entry(record["PartitionKey"], data, hash_key, size))
    if sum(entry.size for entry in entries) > limits.PUT_CALL_BYTES_MAX:
        raise refusal.invalid_argument("Records size exceeds 10 MB limit")
    return entries


class Writer:
    """Puts entries into shards. The caller holds the lock, and commits."""

    def __init__(self, counter: Counter, *, limits_enforced: bool) -> None:
        self._counter = counter
        self._limits_enforced = limits_enforced

    def put(
        self, stream: Stream, entries: Sequence[Entry], times: Times
    ) -> tuple[list[dict[str, str]], list[Shard]]:
        """Return PutRecords' result for each entry (A7, A8), and the shards that got records.

        Raises AwsError InternalFailure, with nothing written, when the disk refuses.
        """
        results: list[dict[str, str]] = []
        batches: dict[Shard, list[StoredRecord]] = {}
        for entry in entries:
            shard = stream.route(entry.hash_key)
            if not self._admits(shard, entry.size, times.monotonic_ms):
                results.append(_throttled(stream, shard))
                continue
            number = shard.numbers.number(self._counter.next(), times.now_ms)
            record = StoredRecord(number, times.now_ms, entry.key, entry.data)
            batches.setdefault(shard, []).append(record)
            results.append({"SequenceNumber": str(number), "ShardId": shard.shard_id})
        _append(batches)
        return results, list(batches)

    def check_order(self, stream: Stream, number: str | None) -> None:
        """Refuse a SequenceNumberForOrdering that the next number would not be above (A19)."""
        if number is None:
            return
        parts = parse(number)
        if parts is None or parts.counter > self._counter.last:
            raise refusal.invalid_argument(
                f"ExclusiveMinimumSequenceNumber {number} used in PutRecord on stream "
                f"{stream.name} under account {refusal.ACCOUNT_ID} is invalid."
            )

    def _admits(self, shard: Shard, size: int, monotonic_ms: int) -> bool:
        return not self._limits_enforced or shard.write_meter.admit(size, monotonic_ms)


def _append(batches: Mapping[Shard, list[StoredRecord]]) -> None:
    """Write to every log, or to none."""
    written: list[tuple[ShardLog, LogMark]] = []
    try:
        for shard, records in batches.items():
            written.append((shard.log, shard.log.append(records)))
    except OSError as error:
        for log, before in written:
            log.undo(before)
        raise internal_failure() from error


def _throttled(stream: Stream, shard: Shard) -> dict[str, str]:
    message = refusal.rate_exceeded_message(stream.name, shard.shard_id)
    return {"ErrorCode": _THROTTLED, "ErrorMessage": message}


def _is_plain(record: object) -> bool:
    """Return whether an entry has its plain members, and within the API model's bounds."""
    if not isinstance(record, dict):
        return False
    data, key = record.get("Data"), record.get("PartitionKey")
    explicit = record.get("ExplicitHashKey")
    return (
        type(data) is bytes
        and type(key) is str
        and 0 < len(key) <= limits.PARTITION_KEY_CHARS_MAX
        and (explicit is None or (type(explicit) is str and bool(_HASH_KEY.fullmatch(explicit))))
        and len(record) == 2 + ("ExplicitHashKey" in record)
    )
