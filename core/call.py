"""A Lambda event and its context in, one log line of the call that is its metrics as well out.

A line answers two questions: how much (metrics by name, in CloudWatch's embedded format), and which
(the request, its trace, and the records' shard and sequence numbers, by which `cube trace` finds
the call that counted a vote).
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from core.clock import Clock
from core.event_record import arrival_ms_of, shard_of
from core.metric import write_metrics

_TRACE: Final = "_X_AMZN_TRACE_ID"


class Calls:
    """The calls of one process of a function; the first one is its cold start.

    `environment` is the process's own: Lambda names the trace of the present call there.
    """

    def __init__(self, clock: Clock, environment: Mapping[str, str]) -> None:
        self._clock = clock
        self._environment = environment
        self._cold = True

    def begin(self, context: Any, records: Sequence[Mapping[str, Any]] = ()) -> "Call":
        """Begin a call: `records` are those of a Kinesis event or a chunk, none for others."""
        cold, self._cold = self._cold, False
        facts = {
            "request_id": str(getattr(context, "aws_request_id", "")),
            "trace_id": trace_of(self._environment.get(_TRACE, "")),
            **_place(records),
        }
        metrics = {"ColdStarts": int(cold)}
        if records:
            metrics["BatchRecords"] = len(records)
            oldest_ms = min(map(arrival_ms_of, records))
            metrics["LagMs"] = max(0, self._clock.now_ms() - oldest_ms)
        name = str(getattr(context, "function_name", ""))
        return Call(self._clock, name, facts, metrics)


class Call:
    """One call: what is known of it before it is done, and when it began."""

    def __init__(
        self, clock: Clock, function_name: str, facts: dict[str, Any], metrics: dict[str, int]
    ) -> None:
        self._clock = clock
        self._function_name = function_name
        self._facts = facts
        self._metrics = metrics
        self._started_ms = clock.monotonic_ms()

    def end(self, event: str, metrics: Mapping[str, int], **facts: object) -> None:
        """Write the line: the event's name, its counts as metrics, and its facts."""
        took_ms = self._clock.monotonic_ms() - self._started_ms
        write_metrics(
            event,
            {**metrics, **self._metrics, "TookMs": took_ms},
            function_name=self._function_name,
            now_ms=self._clock.now_ms(),
            **self._facts,
            **facts,
        )


def trace_of(header: str) -> str:
    """Return the root of an X-Ray header, `Root=1-...;Parent=...;Sampled=1`; "" where none is."""
    for part in header.split(";"):
        name, _, value = part.partition("=")
        if name.strip() == "Root":
            return value
    return ""


def _place(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the shard of a Kinesis event, and its first and last sequence number (B13).

    A chunk of an event is of one shard as well, but not in order, and others have its gaps.
    """
    if not records:
        return {}
    numbers = [int(record["kinesis"]["sequenceNumber"]) for record in records]
    return {
        "shard": shard_of(records[0]),
        "first": str(min(numbers)),
        "last": str(max(numbers)),
    }
