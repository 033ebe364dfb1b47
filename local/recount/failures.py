"""A lake's bucket in, a refusal to count again where records failed and may come back out."""

from typing import Any, Final

from core.errors import InvariantBroken
from core.record import read_payloads
from local.recovery.entry import GONE, Kind
from local.recovery.search import Wanted, search

_KINDS: Final[dict[Kind, str]] = {
    "history": "failed on their way to the lake",
    "live": "without a stamp were given up by the live path",
}


def refuse_queued(count: int) -> None:
    """Raise InvariantBroken while failures lie in queues: what is in them nobody knows here."""
    if count:
        raise InvariantBroken(
            f"re-counting: {count} failures wait in queues: first `cube recover collect`"
        )


def refuse_failures(s3: Any, bucket: str, *, from_ms: int) -> None:
    """Raise InvariantBroken where something that arrived since `from_ms` waits for `cube recover`.

    A record that failed on its way to the lake has no rows to count by. One that the live path gave
    up on is told by its lane if it is stamped: it is not applied. Of unstamped lines nobody knows.
    """
    for kind, what in _KINDS.items():
        wanted = Wanted(kinds=(kind,), from_ms=from_ms)
        waiting = [
            entry
            for entry, recovered in search(s3, bucket, wanted)
            if recovered is None
            and entry.reason != GONE  # nothing will ever bring it
            and (kind == "history" or any(not each.stamp for each in read_payloads(entry.data)))
        ]
        if waiting:
            raise InvariantBroken(
                f"re-counting: {len(waiting)} records {what}:"
                f" first `cube recover put --kind {kind} --all`"
            )
