"""An object's content in, the object in S3 out, with the headers that Firehose sets (C36)."""

from collections.abc import Mapping
from typing import Any, Final, Protocol

from local.firehose.action import StoreObject

CONTENT_TYPE: Final = "application/octet-stream"


class ObjectStore(Protocol):
    """The slice of boto3's S3 that a delivery stream calls."""

    def put_object(
        self, *, Bucket: str, Key: str, Body: bytes, ContentType: str, **headers: str
    ) -> Mapping[str, Any]: ...


def put(store: ObjectStore, action: StoreObject) -> None:
    """Put the object; blocks, and lets other threads run meanwhile."""
    encoding = {"ContentEncoding": "gzip"} if action.compression == "GZIP" else {}
    store.put_object(
        Bucket=action.bucket,
        Key=action.key,
        Body=b"".join(action.chunks),
        ContentType=CONTENT_TYPE,
        **encoding,
    )
