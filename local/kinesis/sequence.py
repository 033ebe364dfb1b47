"""A shard, a counter and a time in, a sequence number out; and back (clauses A18 to A22).

A number has 47 hexadecimal digits, laid out like AWS's (A21), which makes 56 decimal ones:

| digits | what | bit |
|---|---|---|
| 1 | version, always 2 | 184 |
| 9 | second in which the stream was created | 148 |
| 1 | unused | 144 |
| 16 | counter: unique and rising over all shards and all starts of the service | 80 |
| 2 | unused | 72 |
| 9 | second of arrival | 36 |
| 8 | shard index | 4 |
| 1 | always 2 | 0 |
"""

from typing import Final, NamedTuple

COUNTERS_PER_OPEN: Final = 1 << 40  # a start of the service can number 10^12 records
COUNTER_END: Final = 1 << 64
_VERSION: Final = 2
_MARK: Final = 2


class SequenceParts(NamedTuple):
    """What a sequence number encodes."""

    stream_second: int
    counter: int
    shard_index: int


class SequenceFormat:
    """The sequence numbers of one shard: they rise with the counter."""

    def __init__(self, stream_second: int, shard_index: int) -> None:
        self._base = _VERSION << 184 | stream_second << 148 | shard_index << 4 | _MARK

    def number(self, counter: int, arrival_ms: int) -> int:
        return self._base | counter << 80 | arrival_ms // 1000 << 36

    def first_counter_beyond(self, after: int) -> int:
        """Return the lowest counter whose number is above `after`.

        Numbers are unique by their counter and end in 2; so a number that ends lower stands for
        "just before", as in AT_SEQUENCE_NUMBER.
        """
        if after >> 148 != self._base >> 148:
            return 0 if after < self._base else COUNTER_END
        return counter_of(after) + (after & 0xF >= _MARK)


def counter_of(number: int) -> int:
    return number >> 80 & COUNTER_END - 1


def parse(text: str) -> SequenceParts | None:
    """Return the parts of a sequence number, None when it cannot be one of ours."""
    number = int(text)
    if number >> 184 != _VERSION or number & 0xF != _MARK:
        return None
    return SequenceParts(
        stream_second=number >> 148 & (1 << 36) - 1,
        counter=counter_of(number),
        shard_index=number >> 4 & (1 << 32) - 1,
    )
