"""A bucket and a prefix in, its objects' keys and bodies out: how the lake is read on a desk."""

import gzip
import zlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any, Final

from core.errors import ServiceRefused
from core.service_error import code_of
from processors.lake import FAILURES_AMONG_ROWS, ROWS_PREFIX, LakeObject

READS_AT_ONCE: Final = 8  # a client has 16 connections
_GZIP_MAGIC: Final = b"\x1f\x8b"


def objects_after(client: Any, bucket: str, prefix: str, after: str = "") -> Iterator[LakeObject]:
    """Yield the objects below a prefix whose keys sort behind `after`, in order."""
    request: dict[str, Any] = {"Bucket": bucket, "Prefix": prefix}
    if after:
        request["StartAfter"] = after
    while True:
        page = client.list_objects_v2(**request)
        for entry in page.get("Contents", ()):
            yield LakeObject(entry["Key"], entry["Size"])
        if not page.get("IsTruncated"):
            return
        request["ContinuationToken"] = page["NextContinuationToken"]


def row_objects_after(client: Any, bucket: str, after: str = "") -> Iterator[LakeObject]:
    """Yield the objects of rows whose keys sort behind `after`, without failures among them."""
    for each in objects_after(client, bucket, ROWS_PREFIX, after):
        if not each.key.startswith(FAILURES_AMONG_ROWS):
            yield each


def read_object(client: Any, bucket: str, key: str) -> bytes:
    """Return an object as it is stored; raise ServiceRefused when it breaks off."""
    try:
        body: bytes = client.get_object(Bucket=bucket, Key=key)["Body"].read()
    except OSError as error:
        raise ServiceRefused(f"reading lake: {key}: {error}") from error
    return body


def read_objects(client: Any, bucket: str, keys: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    """Yield (key, body) of each object that is still there, in order, a few at a time."""

    def read(key: str) -> tuple[str, bytes | None]:
        try:
            return key, read_object(client, bucket, key)
        except Exception as error:
            if code_of(error) != "NoSuchKey":
                raise
            return key, None  # deleted meanwhile

    waiting = iter(keys)
    with ThreadPoolExecutor(READS_AT_ONCE) as threads:
        while some := list(islice(waiting, READS_AT_ONCE)):
            for key, body in threads.map(read, some):
                if body is not None:
                    yield key, body


def unpacked(body: bytes) -> bytes:
    """Return what an object says, GZIP or not; raise ValueError for GZIP that is broken."""
    if not body.startswith(_GZIP_MAGIC):
        return body
    try:
        return gzip.decompress(body)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"unpacking an object: {error}") from error
