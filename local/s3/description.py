"""A stored object in, the members that Get, Head and List say about it out."""

from datetime import UTC, datetime, timedelta
from typing import Any

from local.s3.bucket_folder import StoredObject
from local.s3.refusal import not_modified, precondition_failed

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def describe(
    stored: StoredObject, *, if_match: str | None, if_none_match: str | None, checksums: bool
) -> dict[str, Any]:
    """Return boto3's members; AwsError 412 or 304 when a condition says so."""
    etag = stored.meta.etag
    if if_match is not None and if_match.strip('"') not in (etag, "*"):
        raise precondition_failed()
    if if_none_match is not None and if_none_match.strip('"') in (etag, "*"):
        raise not_modified()
    headers = {
        name: value
        for name, value in stored.meta.headers.items()
        if checksums or not name.startswith("Checksum")
    }
    return {
        "AcceptRanges": "bytes",
        "LastModified": utc(stored.modified_ns),
        "ContentLength": stored.meta.size,
        "ETag": f'"{etag}"',
        **headers,
        "Metadata": dict(stored.meta.metadata),
    }


def listed(stored: StoredObject, key: str) -> dict[str, Any]:
    """Return an entry of a listing; `key` is how the caller wants it written."""
    return {
        "Key": key,
        "LastModified": utc(stored.modified_ns),
        "ETag": f'"{stored.meta.etag}"',
        "Size": stored.meta.size,
        "StorageClass": "STANDARD",
    }


def utc(ns: int) -> datetime:
    """Return nanoseconds since 1970 as a datetime, to the millisecond."""
    return _EPOCH + timedelta(milliseconds=ns // 1_000_000)
