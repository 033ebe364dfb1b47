"""Every metric that a function writes, by name: what it says, of what kind, and who writes it.

A test holds this list against the handlers. Local Prometheus text (local/metrics/) and
docs/reference.md are made of it.
"""

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["count", "time", "state"]
EVERY: Final = "every function"
_COUNTERS: Final = ("tally", "worker")
_READERS: Final = ("tally", "dispatch", "trend")


@dataclass(frozen=True, slots=True)
class MetricName:
    """A metric: `count` adds up over calls, `time` is milliseconds, `state` is the last one said.

    `writers` are functions by the name of their module, without `_handler`.
    """

    name: str
    kind: Kind
    help: str
    writers: tuple[str, ...]


METRICS: Final = (
    MetricName("VotesCounted", "count", "Votes added to the tallies.", _COUNTERS),
    MetricName("VotesParked", "count", "Lines kept aside with a reason.", _COUNTERS),
    MetricName("VotesDuplicate", "count", "Unstamped votes that were counted before.", _COUNTERS),
    MetricName("ChunksHandedOver", "count", "Chunks that workers were given.", ("dispatch",)),
    MetricName("TrendVotes", "count", "Votes folded into trends.", ("trend",)),
    MetricName("PollsLeftOut", "count", "Polls too many for a shard's trends.", ("trend",)),
    MetricName("RowsRefined", "count", "Rows made for the lake, parked ones too.", ("transform",)),
    MetricName("RowsParked", "count", "Rows that hold a parked line.", ("transform",)),
    MetricName(
        "RecordsFailed", "count", "Records that gave no rows, by our fault.", ("transform",)
    ),
    MetricName("Loads", "count", "Merges into the warehouse.", ("load",)),
    MetricName("ObjectsMerged", "count", "Objects of rows that were merged.", ("load",)),
    MetricName("ObjectsRefused", "count", "Objects that cannot be loaded.", ("load",)),
    MetricName("ItemsMoved", "count", "Items of tallies rolled up into coarser ones.", ("rollup",)),
    MetricName("MinutesDifferent", "state", "Minutes live and history disagree on.", ("compare",)),
    MetricName("MinutesBehind", "state", "Minutes history has not reached yet.", ("compare",)),
    MetricName(
        "BatchRecords",
        "count",
        "Records that calls were given.",
        (*_READERS, "worker", "transform"),
    ),
    MetricName(
        "LagMs",
        "time",
        "From the arrival of a call's oldest record to the call.",
        (*_READERS, "worker"),
    ),
    MetricName("TookMs", "time", "How long a call took.", (EVERY,)),
    MetricName("ColdStarts", "count", "Calls that were their process's first.", (EVERY,)),
)
BY_NAME: Final = {metric.name: metric for metric in METRICS}
