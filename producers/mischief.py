"""A stream client in, the same client that also sends what a careful producer never would out.

Duplicates are batches put again, the same bytes; garbage is records without a stamp that hold no
vote. Both go straight to the stream, past the outbox: an outbox never repeats or invents.
"""

import random
import threading
from collections.abc import Mapping, Sequence
from typing import Any, Final

from core.clients import Reply, StreamClient

GARBAGE: Final = (b"\xff\xfe\x00 no text at all", b'{"poll":', b"red red red\n", b"[]\n{}\n")


class Mischief:
    """A StreamClient that repeats a share of what it put and adds garbage; threads may share it."""

    def __init__(
        self,
        client: StreamClient,
        *,
        rng: random.Random,
        duplicate_share: float,
        garbage_share: float,
    ) -> None:
        self._client = client
        self._rng = rng
        self._duplicate_share = duplicate_share
        self._garbage_share = garbage_share
        self._lock = threading.Lock()
        self.duplicate_votes = 0
        self.garbage_records = 0

    def put_records(
        self,
        *,
        StreamName: str,  # noqa: N803 - AWS's own parameter names
        Records: Sequence[Mapping[str, Any]],  # noqa: N803 - as above
    ) -> Reply:
        """Put the records; then, in a call of its own, the mischief. Its failures are ignored."""
        reply = self._client.put_records(StreamName=StreamName, Records=Records)
        with self._lock:
            extra = self._draw(Records, reply["Records"])
        if extra:
            self._put_extra(StreamName, extra)
        return reply

    def _draw(
        self, entries: Sequence[Mapping[str, Any]], outcomes: Sequence[Mapping[str, Any]]
    ) -> list[Mapping[str, Any]]:
        """Return what is sent beside the entries that were accepted, as many at most."""
        extra: list[Mapping[str, Any]] = []
        for entry, outcome in zip(entries, outcomes, strict=True):
            if not outcome.get("SequenceNumber"):
                continue
            if self._rng.random() < self._duplicate_share:
                extra.append(entry)
            elif self._rng.random() < self._garbage_share:
                garbage = self._rng.choice(GARBAGE)
                extra.append({"Data": garbage, "PartitionKey": entry["PartitionKey"]})
        return extra

    def _put_extra(self, stream: str, extra: Sequence[Mapping[str, Any]]) -> None:
        try:
            reply = self._client.put_records(StreamName=stream, Records=extra)
        except Exception:  # the stream is away or throttles: mischief need not arrive
            return
        taken = [
            entry
            for entry, outcome in zip(extra, reply["Records"], strict=True)
            if outcome.get("SequenceNumber")
        ]
        repeated = [entry["Data"].count(b"\n") - 1 for entry in taken if "ExplicitHashKey" in entry]
        with self._lock:
            self.duplicate_votes += sum(repeated)
            self.garbage_records += len(taken) - len(repeated)
