"""A person and whatever still moves in, the reason why forgetting has to wait out."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.errors import InvariantBroken, UsageError
from core.invariants.invariant import Invariant
from local.forgetting.limits import DAY_MS, HOUR_MS, SETTLED_DAYS
from local.forgetting.rewriter import Person, Rewriter
from local.recovery.search import Wanted, search
from producers.journal import Ack, read_entries
from producers.outbox_meta import read_meta


def refuse_unsent(outboxes: Iterable[Path], person: Person) -> None:
    """Raise UsageError while an outbox holds votes of the device that the stream has not taken."""
    for folder in outboxes:
        _, lanes = read_meta(folder)
        acknowledged = [0] * lanes
        holds: list[tuple[int, int]] = []
        for _, entry in read_entries(folder, lanes):
            if isinstance(entry, Ack):
                acknowledged[entry.lane] = max(acknowledged[entry.lane], entry.number)
            elif Rewriter(person).record(entry.data) != entry.data:
                holds.append((entry.lane, entry.number))
        if any(number > acknowledged[lane] for lane, number in holds):
            raise UsageError(
                f"forgetting: outbox {folder.name} holds votes of this device that are not sent: "
                "start its producer once more, which sends them first"
            )


def refuse_failures(s3: Any, bucket: str, person: Person) -> None:
    """Raise InvariantBroken while something of the device failed and waits to be brought back."""
    for entry, recovered in search(s3, bucket, Wanted(kinds=("history", "live"))):
        if recovered is None and Rewriter(person).record(entry.data) != entry.data:
            raise InvariantBroken(
                f"forgetting: {entry.name} has votes of this device and is not recovered: "
                f"first `cube recover put --kind {entry.kind} --all`"
            )


def refuse_broken(verdicts: Iterable[Invariant]) -> None:
    """Raise InvariantBroken unless everything has arrived and adds up."""
    broken = sorted({verdict.name for verdict in verdicts if not verdict.ok})
    if broken:
        raise InvariantBroken(
            f"forgetting: {', '.join(broken)}: a late object would bring the device back; "
            "run it again once `cube check --wait 60` is green"
        )


def settled_ms(last_ms: int, retention_hours: int) -> int:
    """Return from when on no copy of a vote that arrived at `last_ms` can count any more.

    By then the stream has let go of it, its marker has expired, and the vote is too old.
    """
    return last_ms + max(SETTLED_DAYS * DAY_MS, retention_hours * HOUR_MS)


def moment(ms: int) -> str:
    """Return a time as people and pipes read it."""
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="seconds")
