"""The fold alone: bytes of stamped records in, increments of tallies out, in time of one core."""

import time
from typing import Final

from core.clock import SystemClock
from core.keys import slot_of_lane
from core.poll import DEFAULT_PALETTE, DEFAULT_POLL, PollBook, PollRules
from core.record import read_payloads
from core.tally import Increments
from local.bench.batches import make_batches
from local.bench.figure import Measurement
from local.bench.options import BenchOptions
from processors.fold import fold_payload

VOTES: Final = 500_000


def measure(_options: BenchOptions) -> list[Measurement]:
    """Return how many votes a second one core folds."""
    now_ms = SystemClock().now_ms()
    batches = make_batches(VOTES, now_ms=now_ms)
    rules = PollRules(poll=DEFAULT_POLL, version=1, effective_ms=0, palette=DEFAULT_PALETTE)
    book = PollBook([rules], read_ms=now_ms + 60_000)
    votes = 0
    started = time.process_time()
    for batch in batches:
        for payload in read_payloads(batch.data):
            folded = fold_payload(payload, now_ms, book, 0, batch.votes)
            slot = slot_of_lane(batch.lane, 32)
            increments: Increments = folded.increments(slot, arrival_ms=now_ms, counted_ms=now_ms)
            assert increments.items
            votes += folded.votes
    took_s = time.process_time() - started
    return [
        Measurement("fold.rate", votes / took_s, "votes/s"),
        Measurement("fold.cost", took_s / votes * 1e6, "us/vote"),
    ]
