"""Objects that are stored in, their manifests and the COPY of all of them out: one at a time.

The next COPY starts when the one before it has ended, with all that was stored meanwhile (C48). One
that failed is run again every five minutes, as long as the retry duration lasts, counted from the
first try (C51); then its manifest goes to `errors/manifests/`, ready to be copied by hand (C52).
Objects are never deleted (C50). A COPY whose answer got lost is run again: rows may double (C54).
"""

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

import msgspec

from local.drawing import CopySpec
from local.firehose.action import Copy, StoreObject
from local.firehose.limits import COPY_PERIOD_MS
from local.firehose.object_name import object_name
from local.firehose.outlet import Sent, store_backoff_ms

_FOLDER: Final = "manifests"
_SKIPPED_FOLDER: Final = "errors/manifests"


@dataclass(slots=True)
class Loading:
    """One manifest and what became of it so far."""

    objects: list[Sent]
    manifest: bytes
    name: str
    stage: Literal["manifest", "copy", "skip"] = "manifest"
    due_ms: int = 0
    in_flight: bool = False
    store_tries: int = 0
    first_copy_ms: int | None = None


class CopyQueue:
    """What waits for Redshift, in order."""

    def __init__(
        self, spec: CopySpec, *, bucket: str, delivery_name: str, rng: random.Random
    ) -> None:
        self._spec = spec
        self._bucket = bucket
        self._delivery_name = delivery_name
        self._rng = rng
        self._waiting: list[Sent] = []
        self._loading: Loading | None = None
        self.skipped = 0  # manifests that were given up

    @property
    def is_empty(self) -> bool:
        return not self._waiting and self._loading is None

    def add(self, sent: Sent) -> None:
        """Take in an object that is stored."""
        self._waiting.append(sent)

    def due_ms(self) -> int | None:
        """Return when there is something to do; None while something is done, or nothing waits."""
        if self._loading is not None:
            return None if self._loading.in_flight else self._loading.due_ms
        return 0 if self._waiting else None

    def begin(self, attempt_id: int, now_ms: int) -> StoreObject | Copy:
        """Return what to do now (`due_ms`)."""
        loading = self._loading = self._loading or self._next(now_ms)
        loading.in_flight = True
        if loading.stage == "copy":
            loading.first_copy_ms = loading.first_copy_ms or now_ms
            url = f"s3://{self._bucket}/{_FOLDER}/{loading.name}"
            return Copy(attempt_id, copy_statement(self._spec, url))
        folder = _FOLDER if loading.stage == "manifest" else _SKIPPED_FOLDER
        key, chunks = f"{folder}/{loading.name}", (loading.manifest,)
        return StoreObject(attempt_id, self._bucket, key, chunks, "UNCOMPRESSED")

    def succeeded(self) -> list[Sent]:
        """Take note that it was done; return the objects that are done with."""
        loading = self._under_way()
        if loading.stage == "manifest":
            loading.stage, loading.due_ms, loading.store_tries = "copy", 0, 0
            return []
        self._loading = None
        return loading.objects

    def failed(self, now_ms: int) -> None:
        """Take note that it was not done."""
        loading = self._under_way()
        if loading.stage != "copy":
            loading.due_ms = now_ms + store_backoff_ms(self._rng, loading.store_tries)
            loading.store_tries += 1
            return
        assert loading.first_copy_ms is not None, "a COPY was tried"
        loading.due_ms = now_ms + COPY_PERIOD_MS
        if loading.due_ms > loading.first_copy_ms + self._spec.retry_ms:
            loading.stage, loading.due_ms = "skip", now_ms
            self.skipped += 1

    def _under_way(self) -> Loading:
        loading = self._loading
        assert loading is not None, "something was under way"
        assert loading.in_flight, "something was under way"
        loading.in_flight = False
        return loading

    def _next(self, now_ms: int) -> Loading:
        waiting, self._waiting = self._waiting, []
        moment = datetime.fromtimestamp(now_ms // 1_000, UTC)
        name = object_name(self._delivery_name, now_ms, self._rng)
        urls = [f"s3://{self._bucket}/{sent.key}" for sent in waiting]
        return Loading(waiting, manifest_of(urls), f"{moment:%Y/%m/%d/%H}/{name}")


def manifest_of(urls: list[str]) -> bytes:
    """Return a manifest as COPY reads it (C53)."""
    return msgspec.json.encode({"entries": [{"url": url, "mandatory": True} for url in urls]})


def copy_statement(spec: CopySpec, manifest_url: str) -> str:
    """Return the COPY, put together from what the template says (C49)."""
    columns = f" ({spec.columns})" if spec.columns else ""
    options = f" {spec.options}" if spec.options else ""
    return (
        f"COPY {spec.table}{columns} FROM '{manifest_url}' "
        f"CREDENTIALS 'aws_iam_role={spec.role_arn}' MANIFEST{options};"
    )
