"""What can go wrong, by name, and how often in one run."""

import random
from dataclasses import dataclass, fields
from typing import Final

OFTEN_MAX: Final = 0.25  # at each chance that a fault has
SELDOM_MAX: Final = 0.03  # for what costs a restart, minutes, or the order of things


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRates:
    """How often each fault strikes, as a probability at each chance it gets."""

    # The network between a producer and the stream.
    put_refused: float = 0.0  # the whole call fails, nothing is written
    put_answer_lost: float = 0.0  # everything is written, the answer never comes
    put_throttled: float = 0.0  # single entries are refused
    put_repeated: float = 0.0  # the network delivers the same request twice
    put_slow: float = 0.0  # a call that takes minutes
    # Devices.
    clock_skewed: float = 0.0  # seconds to days off, within the rules and outside
    # Sinks: table, lake, warehouse.
    table_away: float = 0.0
    table_answer_lost: float = 0.0
    table_conflict: float = 0.0
    table_slow: float = 0.0
    lake_away: float = 0.0
    lake_answer_lost: float = 0.0
    lake_slow: float = 0.0
    warehouse_away: float = 0.0
    warehouse_answer_lost: float = 0.0  # the load is committed, the function never hears of it
    warehouse_slow: float = 0.0
    # Disks: ENOSPC and EIO; of a write any part may be there.
    outbox_disk_full: float = 0.0
    stream_disk_full: float = 0.0
    table_disk_full: float = 0.0
    save_failed: float = 0.0  # a position of a mapping or a delivery stream is not written
    # Reads and invocations.
    read_failed: float = 0.0
    iterator_expired: float = 0.0  # a reader of the stream rests for longer than five minutes
    invoke_killed: float = 0.0  # the work is done, the answer is "timed out"
    invoke_throttled: float = 0.0
    invoke_overlapped: float = 0.0  # an old delivery is processed in the middle of a transaction
    event_refused: float = 0.0  # a worker's event is throttled, nothing is stored
    event_repeated: float = 0.0  # Lambda runs the same event twice
    event_answer_lost: float = 0.0  # the event is stored, the dispatcher never hears of it
    redrive_mark_lost: float = 0.0  # what was given up is handed over again, and is once more
    # Deaths, in the middle of a step: before or after any call out, or half-way through a write.
    producer_dies: float = 0.0
    engine_dies: float = 0.0  # stream, mappings and delivery streams are one process
    function_dies: float = 0.0  # at its deadline
    load_dies: float = 0.0
    # Deaths between two steps.
    producer_crash: float = 0.0
    stream_crash: float = 0.0
    mapping_crash: float = 0.0
    worker_crash: float = 0.0
    delivery_crash: float = 0.0
    load_crash: float = 0.0
    # What people do while votes flow.
    mode_switch: float = 0.0  # from ordered to fan-out, or back
    reshard: float = 0.0

    @staticmethod
    def draw(rng: random.Random) -> "FaultRates":
        """Draw rates (swarm testing: about half of all faults are off in any one run)."""
        return FaultRates(
            **{
                rate.name: rng.choice((0.0, rng.uniform(0.0, _rate_max(rate.name))))
                for rate in fields(FaultRates)
            }
        )


_SELDOM: Final = ("_crash", "_dies", "_slow", "_expired")
_SELDOM_NAMES: Final = frozenset({"reshard", "mode_switch", "clock_skewed"})


def _rate_max(name: str) -> float:
    return SELDOM_MAX if name.endswith(_SELDOM) or name in _SELDOM_NAMES else OFTEN_MAX
