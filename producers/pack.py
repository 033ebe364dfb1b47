"""Lines of one lane in, stamped batches out: pure, no I/O.

A batch is one Kinesis record: its stamp, then up to 50 kB of votes. Once sealed, its bytes, lane
and number never change.
"""

from dataclasses import dataclass

from core import limits
from core.lane import explicit_hash_key, partition_key
from core.record import Stamp, count_lines, encode_stamp

_STAMP_BYTES_MAX = 256  # a stamp line with the longest producer id and numbers


@dataclass(frozen=True, slots=True)
class Batch:
    """A sealed batch. `total` counts the lane's votes up to and including this batch."""

    lane: int
    number: int
    votes: int
    total: int
    data: bytes

    def to_entry(self, producer: str, lanes: int) -> dict[str, object]:
        """Return the PutRecords entry: the lane is the partition key, spread over all shards."""
        return {
            "Data": self.data,
            "PartitionKey": partition_key(producer, self.lane),
            "ExplicitHashKey": explicit_hash_key(self.lane, lanes),
        }


@dataclass(slots=True)
class LaneBuffer:
    """Lines of one lane that wait for company."""

    chunks: list[bytes]
    votes: int
    size_bytes: int
    since_ms: int

    @staticmethod
    def empty() -> "LaneBuffer":
        return LaneBuffer([], 0, 0, 0)

    def add(self, lines: bytes, votes: int, now_ms: int) -> None:
        if not self.chunks:
            self.since_ms = now_ms
        self.chunks.append(lines)
        self.votes += votes
        self.size_bytes += len(lines)

    def due(self, now_ms: int) -> bool:
        """Return whether the buffer is full, or has lingered long enough."""
        if not self.chunks:
            return False
        lingered = now_ms - self.since_ms >= limits.LINGER_MS or now_ms < self.since_ms
        return lingered or self.size_bytes >= limits.RECORD_BYTES_MAX


def seal(
    buffer: LaneBuffer, *, producer: str, lanes: int, lane: int, number: int, total: int
) -> list[Batch]:
    """Return the buffer's lines as batches numbered from `number`, counting on from `total`."""
    batches: list[Batch] = []
    for body in split_lines(b"".join(buffer.chunks), limits.RECORD_BYTES_MAX - _STAMP_BYTES_MAX):
        votes = count_lines(body)
        total += votes
        stamp = Stamp(v=1, producer=producer, lane=lane, number=number, votes=votes, lanes=lanes)
        batches.append(Batch(lane, number, votes, total, encode_stamp(stamp) + body))
        number += 1
    return batches


def split_lines(body: bytes, bytes_max: int) -> list[bytes]:
    """Cut lines into runs of at most `bytes_max`; a longer line stands alone."""
    runs: list[bytes] = []
    start = 0
    while len(body) - start > bytes_max:
        cut = body.rfind(b"\n", start, start + bytes_max) + 1
        if cut == 0:
            cut = body.index(b"\n", start) + 1
        runs.append(body[start:cut])
        start = cut
    if start < len(body):
        runs.append(body[start:])
    return runs
