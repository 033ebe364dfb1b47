"""A chance in, votes offered, sealed, sent and now and then a crash out: one simulated producer."""

import random
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from core.clock import ManualClock
from core.errors import DataFolderUnusable
from core.poll import DEFAULT_PALETTE
from core.vote import Vote, encode_votes
from local.simulation.chance import Chance, Died
from local.simulation.disk import FaultyOutboxDisk
from local.simulation.options import STREAM, Options
from local.simulation.ports import FaultyStream
from producers.journal import Journal
from producers.outbox import Outbox
from producers.publish import Publisher

_MALFORMED = (b"garbage\n", b"{}\n", b'{"poll":"cube"}\n', b"\xff\xfe\n", b"[]\n")

_DAY_MS = 86_400_000
_SKEWS_MS = (-20_000, -2 * _DAY_MS, 90_000, 5 * _DAY_MS, 7 * _DAY_MS)  # how far a clock is behind


class SimulatedProducer:
    """Drives the shipped outbox and publisher, and puts unstamped votes beside them."""

    def __init__(
        self,
        folder: Path,
        name: str,
        *,
        options: Options,
        stream: FaultyStream,
        clock: ManualClock,
        chance: Chance,
        rng: random.Random,
    ) -> None:
        self._folder = folder
        self._name = name
        self._options = options
        self._stream = stream
        self._clock = clock
        self._chance = chance
        self._rng = rng
        self._seqs: dict[str, int] = {}
        self._unstamped: list[dict[str, Any]] = []
        self._open()

    def _open(self) -> None:
        """Open the outbox, as often as its disk makes it necessary."""
        while True:
            try:
                self.outbox = Outbox.open(
                    self._folder,
                    clock=self._clock,
                    rng=self._rng,
                    lanes=self._options.lanes,
                    journal=self._new_journal,
                )
            except DataFolderUnusable:
                continue
            break
        self._publisher = Publisher(
            self.outbox, self._stream, stream=STREAM, clock=self._clock, rng=self._rng
        )

    def _new_journal(self, folder: Path) -> Journal:
        disk, bytes_max = FaultyOutboxDisk(self._chance), self._options.segment_bytes_max
        return Journal(folder, disk=disk, segment_bytes_max=bytes_max)

    def act(self) -> None:
        """Take one step of the producer's life, perhaps its last one."""
        if self._chance.strikes("producer_crash"):
            self.crash()
        try:
            with self._chance.life("producer_dies"):
                self._act()
        except Died:
            self.crash()

    def _act(self) -> None:
        now_ms = self._clock.now_ms()
        if self._rng.random() < self._options.unstamped_share:
            self._queue_unstamped()
        elif self._rng.random() < self._options.big_share:
            self._offer_big(now_ms)
        else:
            votes = [self._vote() for _ in range(self._rng.randrange(1, 10))]
            self.outbox.offer_votes(votes, now_ms)
            if self._rng.random() < self._options.malformed_share:
                lane = self._rng.randrange(self.outbox.lanes)
                self.outbox.offer(lane, self._rng.choice(_MALFORMED), 1, now_ms)
        self._seal(everything=self._rng.random() < 0.5)
        self.send()

    def send(self) -> None:
        """Put what waits: sealed batches, then unstamped records in their order."""
        self._publisher.step()
        if self._unstamped:
            entries = self._unstamped[:10]
            try:
                outcomes = self._stream.put_records(StreamName=STREAM, Records=entries)["Records"]
            except Exception:
                return
            failed = [e for e, o in zip(entries, outcomes, strict=True) if "ErrorCode" in o]
            self._unstamped = failed + self._unstamped[10:]

    def crash(self) -> None:
        """Die and start again: what is not sealed was never taken, what is sealed comes back."""
        self.outbox.close()
        self._open()

    def finish(self) -> bool:
        """Send on; return whether nothing is left to send."""
        self._seal(everything=True)
        self.send()
        return self.outbox.drained and not self._unstamped

    def _seal(self, *, everything: bool) -> None:
        with suppress(DataFolderUnusable):  # the lines stay, for the next time
            self.outbox.seal(self._clock.now_ms(), everything=everything)

    def close(self) -> None:
        self.outbox.close()

    def _vote(self, voted_at: int | None = None) -> Vote:
        device = f"{self._name}-{self._rng.randrange(self._options.devices)}"
        seq = self._seqs[device] = self._seqs.get(device, 0) + 1
        late_ms = self._rng.choice((0, 0, 0, 5_000, 3_600_000))
        if self._chance.strikes("clock_skewed"):
            late_ms = self._rng.choice(_SKEWS_MS)
        cast_ms = self._clock.now_ms() - late_ms if voted_at is None else voted_at
        return Vote("cube", device, seq, self._rng.choice(DEFAULT_PALETTE), cast_ms)

    def _offer_big(self, now_ms: int) -> None:
        """Offer votes of many seconds: more items than one transaction may hold."""
        votes = [self._vote(now_ms - 1_000 * n) for n in range(self._rng.randrange(90, 150))]
        self.outbox.offer_votes(votes, now_ms)

    def _queue_unstamped(self) -> None:
        votes: Sequence[Vote] = [self._vote() for _ in range(self._rng.randrange(1, 4))]
        data = encode_votes(list(votes))
        if self._rng.random() < 0.2:
            data += data  # a careless producer says the same twice
        key = str(self._rng.random())
        entry: Mapping[str, Any] = {"Data": data, "PartitionKey": key}
        self._unstamped += [dict(entry)] * self._rng.choice((1, 1, 1, 2))
