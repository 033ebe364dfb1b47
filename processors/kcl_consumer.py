"""The KCL's calls for one shard in, every record applied once and then a checkpoint, out.

The daemon takes a return for "done" and goes on behind it, so nothing returns early: a record that
cannot be applied is tried until it is, or until the process ends. Nothing is skipped.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, NamedTuple, Protocol

from core.backoff import full_jitter_ms
from core.log import write_event
from processors.batch import Outcome, Processor
from processors.delivery import Delivery, read_user_record, slot_of
from processors.lane import Known

BATCH_RECORDS_MAX: Final = 2_000  # a call may bring 200,000 parts of aggregates: save on the way
CHECKPOINT_ATTEMPTS_MAX: Final = 6  # about 2 s; the next batch's checkpoint covers this one's
WAIT_MS_BASE: Final = 100
WAIT_MS_CAP: Final = 10_000  # a table that is away for a night is asked six times a minute
LEASE_GONE: Final = "ShutdownException"
_PASSING: Final = frozenset({"ThrottlingException", "KinesisClientLibDependencyException"})


class UserRecord(Protocol):
    """A record as amazon_kclpy hands it over: an ordinary one, or one part of a KPL aggregate."""

    @property
    def sequence_number(self) -> str: ...
    @property
    def sub_sequence_number(self) -> int: ...
    @property
    def partition_key(self) -> str: ...
    @property
    def timestamp_millis(self) -> int: ...
    @property
    def binary_data(self) -> bytes: ...


class Checkpointer(Protocol):
    """Asks the daemon to save a position; an error's `value` is the name of the KCL's refusal."""

    def checkpoint(
        self, sequence_number: str | None = None, sub_sequence_number: int | None = None
    ) -> None: ...


class Started(Protocol):
    """What comes with a new lease."""

    @property
    def shard_id(self) -> str: ...


class Given(Protocol):
    """What comes with records."""

    @property
    def records(self) -> Sequence[UserRecord]: ...
    @property
    def checkpointer(self) -> Checkpointer: ...


class Ending(Protocol):
    """What comes with the end of a shard, or with the wish to shut down."""

    @property
    def checkpointer(self) -> Checkpointer: ...


class Position(NamedTuple):
    """A record's place in its shard."""

    sequence_number: str
    sub_sequence_number: int


class ShardConsumer:
    """One shard under one lease, as amazon_kclpy's third version of a record processor."""

    version: Final = 3

    def __init__(
        self, processor: Processor, *, rng: random.Random, wait: Callable[[int], None]
    ) -> None:
        """`wait(ms)` passes time; it may raise SystemExit when nobody is there to wait for."""
        self._processor = processor
        self._rng = rng
        self._wait = wait
        self._shard = ""
        self._held = True
        self._applied: Position | None = None
        self._saved: Position | None = None

    def initialize(self, started: Started) -> None:
        self._shard = started.shard_id
        write_event("kcl.shard_started", shard=self._shard)

    def process_records(self, given: Given) -> None:
        """Apply records in their order, each exactly once; save the position after each batch."""
        with self._ending_on_faults():
            records = given.records
            done = standing = 0
            while self._held and done < len(records):
                batch = records[done : done + BATCH_RECORDS_MAX]
                applied = self._apply(batch)
                if applied:
                    done += applied
                    standing = 0
                    self._applied = position_of(batch[applied - 1])
                    self._save(given.checkpointer, attempts_max=CHECKPOINT_ATTEMPTS_MAX)
                if self._held and applied < len(batch):
                    self._wait(self._wait_ms(standing))
                    standing += 1

    def lease_lost(self, lost: object) -> None:
        """Somebody else has the shard: leave the checkpoint alone, forget everything."""
        self._let_go()

    def shard_ended(self, ending: Ending) -> None:
        """Save the end, or the children of the shard never start; every record is applied."""
        with self._ending_on_faults():
            self._applied = None  # no position: the end
            if self._held:
                self._save(ending.checkpointer, attempts_max=None)
                write_event("kcl.shard_ended", shard=self._shard)

    def shutdown_requested(self, ending: Ending) -> None:
        """Save what is applied and not saved yet, so that the next owner has nothing to repeat."""
        with self._ending_on_faults():
            if self._held and self._applied != self._saved:
                self._save(ending.checkpointer, attempts_max=CHECKPOINT_ATTEMPTS_MAX)

    def _apply(self, batch: Sequence[UserRecord]) -> int:
        """Return how many records from the first on are wholly applied."""
        outcome = self._processor.apply(read_records(self._shard, batch), records=len(batch))
        self._tell(outcome)
        return len(batch) if outcome.failed_record is None else outcome.failed_record

    def _save(self, checkpointer: Checkpointer, *, attempts_max: int | None) -> None:
        """Ask for a checkpoint until it is granted, the attempts are used up or the lease is lost.

        Raise what tells of neither: then the daemon and this process are not of one mind.
        """
        attempt = 0
        while self._held and (attempts_max is None or attempt < attempts_max):
            try:
                checkpointer.checkpoint(*(self._applied or (None, None)))
            except Exception as error:
                refusal = getattr(error, "value", None)
                if refusal == LEASE_GONE:
                    self._let_go()
                elif refusal in _PASSING:
                    write_event("kcl.checkpoint_refused", shard=self._shard, error=refusal)
                    self._wait(self._wait_ms(attempt))
                    attempt += 1
                else:
                    raise
            else:
                self._saved = self._applied
                return

    def _let_go(self) -> None:
        """Apply and save nothing any more: what this process knows of the shard is getting old."""
        if self._held:
            write_event("kcl.lease_lost", shard=self._shard)
        self._held = False
        self._processor.known = Known()

    @contextmanager
    def _ending_on_faults(self) -> Iterator[None]:
        """End the process where our own code fails.

        amazon_kclpy would report the call as done, and its records would be skipped for good.
        """
        try:
            yield
        except Exception as fault:
            write_event("kcl.shard_failed", shard=self._shard, error=f"{fault!r}")
            raise SystemExit(1) from fault

    def _wait_ms(self, attempt: int) -> int:
        return full_jitter_ms(self._rng, attempt=attempt, base_ms=WAIT_MS_BASE, cap_ms=WAIT_MS_CAP)

    def _tell(self, outcome: Outcome) -> None:
        write_event(
            "kcl.batch_applied" if outcome.failed_record is None else "kcl.batch_interrupted",
            shard=self._shard,
            records=outcome.records,
            votes=outcome.votes,
            parked=outcome.parked,
            duplicates=outcome.duplicates,
            transactions=outcome.transactions,
            retries=outcome.retries,
            error=outcome.error,
        )


def position_of(record: UserRecord) -> Position:
    return Position(record.sequence_number, record.sub_sequence_number)


def read_records(shard: str, records: Sequence[UserRecord]) -> list[Delivery]:
    """Return the records as the Lambda processor would have them of the same stream.

    The daemon has taken aggregates apart and numbered their parts from 0 (A53): a line's position
    is the same whoever reads it, so that Lambda and KCL may take turns on a stream.
    """
    deliveries: list[Delivery] = []
    for index, record in enumerate(records):
        data, key = record.binary_data, record.partition_key
        payload = read_user_record(data, record.sub_sequence_number)
        deliveries.append(
            Delivery(
                index,
                shard,
                record.sequence_number,
                key,
                record.timestamp_millis,
                slot_of(payload, key),
                payload,
                data,
            )
        )
    return deliveries
