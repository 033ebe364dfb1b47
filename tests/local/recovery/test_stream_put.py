"""Records put on the stream: each once it is accepted, only what failed again."""

import random
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from core import limits
from core.errors import ServiceRefused
from local.recovery.stream_put import ATTEMPTS_MAX, put_all


class Stream:
    """Refuses what it is told to, so many times."""

    def __init__(self, refusals: dict[str, int]) -> None:
        self.refusals = refusals
        self.calls: list[list[str]] = []
        self.waits_ms: list[int] = []

    def put_records(self, *, StreamName: str, Records: Sequence[Mapping[str, Any]]) -> Any:
        assert StreamName == "votes"
        keys = [record["PartitionKey"] for record in Records]
        self.calls.append(keys)
        return {"Records": [self._answer(key) for key in keys]}

    def _answer(self, key: str) -> dict[str, str]:
        if self.refusals.get(key, 0) > 0:
            self.refusals[key] -= 1
            return {"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "no"}
        return {"ShardId": "s", "SequenceNumber": key}


def entry(key: str, size: int = 1) -> dict[str, Any]:
    return {"Data": b"x" * size, "PartitionKey": key}


def put(stream: Stream, entries: list[dict[str, Any]]) -> list[tuple[int, str]]:
    rng = random.Random(1)
    return list(put_all(stream, "votes", entries, rng=rng, wait=stream.waits_ms.append))


def test_only_what_was_refused_is_put_again() -> None:
    """A7: PutRecords fails entry by entry."""
    stream = Stream({"b": 2, "c": 1})
    done = put(stream, [entry("a"), entry("b"), entry("c")])
    assert stream.calls == [["a", "b", "c"], ["b", "c"], ["b"]]
    assert sorted(done) == [(0, "s:a"), (1, "s:b"), (2, "s:c")]
    assert len(stream.waits_ms) == 2


def test_a_call_takes_no_more_than_kinesis_does() -> None:
    """A3: 500 entries, 5 MB."""
    many = Stream({})
    assert len(put(many, [entry(str(n)) for n in range(1_001)])) == 1_001
    assert [len(call) for call in many.calls] == [500, 500, 1]
    large = Stream({})
    assert len(put(large, [entry(str(n), 1_000_000) for n in range(11)])) == 11
    assert max(map(len, large.calls)) * 1_000_000 <= limits.PUT_RECORDS_BYTES_MAX
    assert not Stream({}).calls + put(Stream({}), [])


def test_what_is_refused_again_and_again_stops_it_after_what_was_accepted() -> None:
    stream = Stream({"b": 10**9})
    rng = random.Random(1)
    entries = [entry("a"), entry("b")]
    done = put_all(stream, "votes", entries, rng=rng, wait=stream.waits_ms.append)
    assert next(done) == (0, "s:a")
    with pytest.raises(ServiceRefused, match="1 refused: ProvisionedThroughput"):
        next(done)
    assert len(stream.calls) == ATTEMPTS_MAX
