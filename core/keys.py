"""Names in, keys out: the formats of every item in the tally table.

The table has a string hash key `pk` and a string range key `sk`; counts are numbers, changed only
by ADD, so that they merge in any order.

| pk | sk | what it holds |
|---|---|---|
| `polls` | `{poll}#{version:06}` | one version of a poll's rules |
| `poll#{poll}` | `total#{slot:02}` | votes by colour (`c#red`, ...), for ever |
| `poll#{poll}` | `second#{s:010}#{slot:02}` | votes by colour cast in that second |
| `poll#{poll}` | `minute#{m:08}#{slot:02}` | the same, rolled up after a day |
| `poll#{poll}` | `older#{slot:02}` | the same, rolled up after a month |
| `poll#{poll}` | `counted#{s:010}#{slot:02}` | by second of counting: colours and latencies |
| `ledger#{poll}` | `{m:08}#{slot:02}` | `counted`, `parked`, `duplicate` by minute of arrival |
| `lane#{producer}` | `{lane:04}` | one lane: high, gaps, partly applied batches |
| `mark#...`, `mark@...` | `-` | an unstamped vote, or lines parked together, that are applied |
| `recount#{poll}` | `{m:08}` | which re-count repaired that minute last; 0: the totals alone |
| `compare` | `latest` | what the last comparison of live with history found |
| `check` | `latest` | what the last `cube check` found |

`c#{colour}` counts votes; `a#{bucket}` and `l#{bucket}` are the latency histograms arrival to
counted and cast to counted (`core.latency` has the buckets).

The trend table has the same keys, and one kind of item:

| pk | sk | what it holds |
|---|---|---|
| `trend#{poll}` | `shard#{shard}` | what a shard brought lately, up to the record `through` |
"""

from core.limits import HASH_KEY_END, WRITER_SLOTS

OLDER_MINUTE = 0  # the ledger line that lines of long ago are rolled up into
POLLS_PK = "polls"
UNKNOWN_POLL = "-"  # ledger lines of bytes that name no poll


def trend_pk(poll: str) -> str:
    return f"trend#{poll}"


def trend_sk(shard: str) -> str:
    return f"shard#{shard}"


def poll_pk(poll: str) -> str:
    return f"poll#{poll}"


def ledger_pk(poll: str) -> str:
    return f"ledger#{poll}"


def range_sk(kind: str, number: int) -> str:
    """Return the sk that all items of a kind (`second`, `minute`) below a number sort before."""
    return f"{kind}#{number:010d}" if kind == "second" else f"{kind}#{number:08d}"


def lane_pk(producer: str) -> str:
    return f"lane#{producer}"


def lane_sk(lane: int) -> str:
    return f"{lane:04d}"


def poll_version_sk(poll: str, version: int) -> str:
    return f"{poll}#{version:06d}"


def total_sk(slot: int) -> str:
    return f"total#{slot:02d}"


def second_sk(second: int, slot: int) -> str:
    return f"second#{second:010d}#{slot:02d}"


def minute_sk(minute: int, slot: int) -> str:
    return f"minute#{minute:08d}#{slot:02d}"


def older_sk(slot: int) -> str:
    return f"older#{slot:02d}"


def counted_sk(second: int, slot: int) -> str:
    return f"counted#{second:010d}#{slot:02d}"


def ledger_sk(minute: int, slot: int) -> str:
    return f"{minute:08d}#{slot:02d}"


def vote_mark_pk(poll: str, device_id: str, seq: int) -> str:
    """Return the marker key of one vote's identity."""
    return f"mark#{poll}#{seq}#{device_id}"


def line_mark_pk(position: str) -> str:
    """Return the marker key of one line of one record (`shard:sequence:subsequence:line`).

    Lines that are parked together have line 0 and their poll: `shard:sequence:subsequence:0:poll`.
    """
    return f"mark@{position}"


def recount_pk(poll: str) -> str:
    return f"recount#{poll}"


def recount_sk(minute: int) -> str:
    return f"{minute:08d}"


MARK_SK = "-"
COMPARE_PK = "compare"
COMPARE_SK = "latest"
CHECK_PK = "check"
CHECK_SK = "latest"
REVISION = "n"  # grows with every change of an item that the rollup moves
COLOUR_PREFIX = "c#"
ARRIVAL_LATENCY_PREFIX = "a#"
CAST_LATENCY_PREFIX = "l#"


def slot_of_lane(lane: int, lanes: int) -> int:
    """Return the writer slot of a lane.

    Lanes are spread evenly over the hash space, so neighbouring lanes live on one shard: giving
    neighbours one slot keeps shards from meeting on an item, and a batch's items few.
    """
    return lane * WRITER_SLOTS // lanes


def slot_of_hash(hash_key: int) -> int:
    """Return the writer slot of a 128-bit hash key: the same rule, for records without a lane."""
    return hash_key * WRITER_SLOTS // HASH_KEY_END
