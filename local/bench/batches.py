"""A number of votes in, stamped batches as a publisher puts them out: what other benches eat."""

from producers.crowd import Crowd
from producers.generate import Generator
from producers.pack import Batch, LaneBuffer, seal

PRODUCER = "bench"
TICK_MS = 20
VOTES_PER_TICK = 2_000


def make_batches(votes: int, *, lanes: int = 32, now_ms: int) -> list[Batch]:
    """Return batches of about 50 kB, lane after lane, with at least `votes` votes."""
    generator = Generator(Crowd(seed=1, lanes=lanes), start_ms=now_ms)
    buffers = [LaneBuffer.empty() for _ in range(lanes)]
    for tick in range(-(-votes // VOTES_PER_TICK)):
        for chunk in generator.tick(now_ms + tick * TICK_MS, VOTES_PER_TICK):
            buffers[chunk.lane].add(chunk.lines, chunk.votes, now_ms)
    return [
        batch
        for lane, buffer in enumerate(buffers)
        for batch in seal(buffer, producer=PRODUCER, lanes=lanes, lane=lane, number=1, total=0)
    ]
