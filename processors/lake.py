"""A bucket in, the row objects that lie in it, by time, out; and manifests into it."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import msgspec

from core.clients import LakeClient

ROWS_PREFIX: Final = "votes/"  # what Firehose delivers: votes/yyyy/MM/dd/HH/...
# With HistoryLoad=firehose failures lie among the rows: that destination has no prefix of its own.
FAILURES_AMONG_ROWS: Final = f"{ROWS_PREFIX}processing-failed/"
MANIFESTS_PREFIX: Final = "manifests/"


class LakeObject(NamedTuple):
    """One object of rows."""

    key: str
    bytes: int


class Lake:
    """The bucket of rows. Keys begin with the hour of their oldest row, so they sort by time."""

    def __init__(self, client: LakeClient, *, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def objects_after(self, key: str) -> Iterator[LakeObject]:
        """Yield the objects whose keys sort behind `key`, in order."""
        request: dict[str, Any] = {
            "Bucket": self._bucket,
            "Prefix": ROWS_PREFIX,
            "StartAfter": key,
        }
        while True:
            page = self._client.list_objects_v2(**request)
            for entry in page.get("Contents", ()):
                if not entry["Key"].startswith(FAILURES_AMONG_ROWS):
                    yield LakeObject(entry["Key"], entry["Size"])
            if not page.get("IsTruncated"):
                return
            request["ContinuationToken"] = page["NextContinuationToken"]

    def put_manifest(self, load_id: str, objects: Sequence[LakeObject]) -> str:
        """Write COPY's manifest of these objects and return its URL; all must be there (C53)."""
        entries = [
            {"url": f"s3://{self._bucket}/{each.key}", "mandatory": True} for each in objects
        ]
        key = f"{MANIFESTS_PREFIX}{load_id}.json"
        body = msgspec.json.encode({"entries": entries})
        self._client.put_object(Bucket=self._bucket, Key=key, Body=body)
        return f"s3://{self._bucket}/{key}"


def hour_key(ms: int) -> str:
    """Return what the keys of the hour of `ms` sort behind."""
    return ROWS_PREFIX + datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y/%m/%d/%H")
