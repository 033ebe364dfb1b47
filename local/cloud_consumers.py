"""Outboxes, tallies and CloudWatch in, how far a stack's consumers are out: nobody else says it.

AWS gives no positions of a mapping. So each lane of an outbox here stands for a shard: its position
is the last batch applied, its end the last one acknowledged. That is exact for what was sent from
this machine; for other producers CloudWatch's ages say it, to the minute.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from core.clock import Clock
from core.lane import LaneState
from local.consumers import Consumers, Deliveries, ShardProgress
from producers.outbox import OutboxSummary

_LOOK_BACK_S: Final = 600
_PERIOD_S: Final = 60
_METRIC_MS: Final = 120_000  # CloudWatch shows a minute this long after it


@dataclass(frozen=True, kw_only=True)
class CloudConsumers:
    """How far counting and delivery are, by metrics and by what each lane has applied."""

    cloudwatch: Any
    clock: Clock
    counter: str
    delivery: str
    summaries: Callable[[], Iterable[OutboxSummary]]
    lanes: Callable[[str], Mapping[int, LaneState]]

    def consumers(self) -> Consumers:
        """Return counting's progress; `done_until_ms` is by the metric, and minutes behind."""
        now_ms = self.clock.now_ms()
        age_ms = self._newest("AWS/Lambda", "IteratorAge", "FunctionName", self.counter)
        return Consumers(
            iterator_age_ms=age_ms,
            done_until_ms=now_ms - age_ms - _METRIC_MS,
            shards=tuple(self._progress()),
            as_of_ms=now_ms,
        )

    def deliveries(self) -> Deliveries | None:
        """Return Firehose's progress, None where the stack delivers nothing."""
        if not self.delivery:
            return None
        name = "DeliveryToS3.DataFreshness"
        age_s = self._newest("AWS/Firehose", name, "DeliveryStreamName", self.delivery)
        until_ms = self.clock.now_ms() - age_s * 1000 - _METRIC_MS
        return Deliveries(until_ms, caught_up=age_s == 0)

    def _progress(self) -> Iterable[ShardProgress]:
        for summary in self.summaries():
            applied = self.lanes(summary.producer)
            for lane, votes in enumerate(summary.acknowledged_by_lane):
                state = applied.get(lane, LaneState())
                done = state.votes + state.parked
                yield ShardProgress("lanes", f"{summary.producer}/{lane}", done, votes)

    def _newest(self, namespace: str, metric: str, dimension: str, value: str) -> int:
        """Return a metric's highest value in the newest minute that has one, 0: nothing came."""
        now = datetime.fromtimestamp(self.clock.now_ms() / 1000, UTC)
        reply = self.cloudwatch.get_metric_statistics(
            Namespace=namespace,
            MetricName=metric,
            Dimensions=[{"Name": dimension, "Value": value}],
            StartTime=now - timedelta(seconds=_LOOK_BACK_S),
            EndTime=now,
            Period=_PERIOD_S,
            Statistics=["Maximum"],
        )
        points = reply.get("Datapoints", ())
        if not points:
            return 0
        newest = max(points, key=lambda point: point["Timestamp"])
        return int(newest["Maximum"])
