"""boto3's S3 calls in, boto3's reply dicts out, over a folder a bucket (thread-safe).

A bucket is a folder, an object is a file named like its key; headers live under `.meta/`, out of
the way of `ls` and `zcat`. A put is on disk when it returns, and is never seen half done.
"""

import io
import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

from core.clock import Clock
from local.aws_error import AwsError
from local.s3 import refusal
from local.s3.bucket_folder import BucketFolder
from local.s3.bucket_name import valid_bucket_name
from local.s3.byte_range import byte_range
from local.s3.description import describe, listed, utc
from local.s3.limits import DELETE_KEYS_MAX, LIST_KEYS_MAX
from local.s3.listing import list_page, position_of, token_of
from local.s3.put_headers import meta_of_put

Reply = dict[str, Any]


class S3Service:
    """The buckets below one folder."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self._buckets: dict[str, BucketFolder] = {}
        self._buckets_lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(folder / ".meta" / ".drafts", ignore_errors=True)  # what a crash left

    def create_bucket(
        self, *, Bucket: str, CreateBucketConfiguration: Mapping[str, Any] | None = None
    ) -> Reply:
        """Make a bucket; one that exists is no error, as in us-east-1."""
        with _disk_faults():
            self._at(valid_bucket_name(Bucket)).create()
        return {"Location": f"/{Bucket}"}

    def list_buckets(self) -> Reply:
        names = sorted(
            entry.name
            for entry in self._folder.iterdir()
            if entry.is_dir() and not entry.name.startswith(".")
        )
        buckets = [
            {"Name": name, "CreationDate": utc((self._folder / name).stat().st_ctime_ns)}
            for name in names
        ]
        return {"Buckets": buckets, "Owner": {"ID": "000000000000"}}

    def head_bucket(self, *, Bucket: str) -> Reply:
        if not self._at(Bucket).exists():
            raise refusal.head_not_found()
        return {"BucketRegion": "us-east-1"}

    def get_bucket_location(self, *, Bucket: str) -> Reply:
        self._bucket(Bucket)
        return {"LocationConstraint": None}

    def put_object(
        self,
        *,
        Bucket: str,
        Key: str,
        Body: bytes | BinaryIO = b"",
        IfNoneMatch: str | None = None,
        **headers: Any,
    ) -> Reply:
        """Store an object with the `headers` that `put_headers` names; IfNoneMatch="*": if new.

        AwsError InternalError (500) when the disk refuses: safe to repeat, nothing is half done.
        """
        if IfNoneMatch not in (None, "*"):
            raise refusal.not_implemented("PutObject: IfNoneMatch other than *")
        bucket = self._bucket(Bucket)
        body = Body if isinstance(Body, bytes) else Body.read()
        meta = meta_of_put(Key, body, headers)
        with _disk_faults():
            now_ms = self._clock.now_ms()
            if not bucket.put(body, meta, now_ms=now_ms, replace=IfNoneMatch is None):
                raise refusal.precondition_failed()
        checksums = {name: v for name, v in meta.headers.items() if name.startswith("Checksum")}
        return {"ETag": f'"{meta.etag}"', **checksums}

    def get_object(
        self,
        *,
        Bucket: str,
        Key: str,
        Range: str | None = None,
        IfMatch: str | None = None,
        IfNoneMatch: str | None = None,
        ChecksumMode: str | None = None,
    ) -> Reply:
        """Return an object with `Body` to read from; a Range gives that part (206 on the wire)."""
        with _disk_faults():
            found = self._bucket(Bucket).read(Key)
        if found is None:
            raise refusal.no_such_key()
        stored, body = found
        part = byte_range(Range, len(body)) if Range else None
        reply = describe(
            stored,
            if_match=IfMatch,
            if_none_match=IfNoneMatch,
            checksums=ChecksumMode == "ENABLED" and part is None,  # they are of the whole
        )
        if part is not None:
            first, last = part
            reply["ContentRange"] = f"bytes {first}-{last}/{len(body)}"
            body = body[first : last + 1]
        return {**reply, "ContentLength": len(body), "Body": io.BytesIO(body)}

    def head_object(
        self,
        *,
        Bucket: str,
        Key: str,
        IfMatch: str | None = None,
        IfNoneMatch: str | None = None,
        ChecksumMode: str | None = None,
    ) -> Reply:
        bucket = self._at(Bucket)
        with _disk_faults():
            stored = bucket.find(Key) if bucket.exists() else None
        if stored is None:
            raise refusal.head_not_found()
        return describe(
            stored,
            if_match=IfMatch,
            if_none_match=IfNoneMatch,
            checksums=ChecksumMode == "ENABLED",
        )

    def delete_object(self, *, Bucket: str, Key: str) -> Reply:
        with _disk_faults():
            self._bucket(Bucket).delete(Key)
        return {}

    def delete_objects(
        self, *, Bucket: str, Delete: Mapping[str, Any], ChecksumAlgorithm: str | None = None
    ) -> Reply:
        bucket = self._bucket(Bucket)
        keys = [str(entry["Key"]) for entry in Delete["Objects"]]
        if len(keys) > DELETE_KEYS_MAX:
            raise AwsError("MalformedXML", "The XML you provided was not well-formed")
        with _disk_faults():
            for key in keys:
                bucket.delete(key)
        return {} if Delete.get("Quiet") else {"Deleted": [{"Key": key} for key in keys]}

    def list_objects_v2(
        self,
        *,
        Bucket: str,
        Prefix: str = "",
        Delimiter: str = "",
        MaxKeys: int = LIST_KEYS_MAX,
        ContinuationToken: str | None = None,
        StartAfter: str = "",
        EncodingType: str | None = None,
        FetchOwner: bool | None = None,
    ) -> Reply:
        """Return one page of at most 1,000 keys and common prefixes, in UTF-8 order."""
        bucket = self._bucket(Bucket)
        if MaxKeys < 0:
            raise refusal.invalid_argument("Argument maxKeys must be an integer between 0 and 1000")
        page = list_page(
            lambda after: bucket.keys(prefix=Prefix, after=after),
            prefix=Prefix,
            delimiter=Delimiter,
            after=StartAfter if ContinuationToken is None else position_of(ContinuationToken),
            count_max=min(MaxKeys, LIST_KEYS_MAX),
        )

        def text(value: str) -> str:
            return quote(value, safe="/") if EncodingType == "url" else value

        stored = [bucket.find(key) for key in page.keys]
        reply: Reply = {
            "Name": Bucket,
            "Prefix": text(Prefix),
            "MaxKeys": MaxKeys,
            "IsTruncated": page.next_after is not None,
            "KeyCount": len(page.keys) + len(page.common_prefixes),
            "Contents": [listed(found, text(found.meta.key)) for found in stored if found],
            "CommonPrefixes": [{"Prefix": text(prefix)} for prefix in page.common_prefixes],
        }
        optional = {
            "Delimiter": text(Delimiter),
            "StartAfter": text(StartAfter),
            "ContinuationToken": ContinuationToken,
            "EncodingType": EncodingType,
            "NextContinuationToken": token_of(page.next_after) if page.next_after else None,
        }
        reply.update({name: value for name, value in optional.items() if value})
        return {name: value for name, value in reply.items() if value != []}

    def close(self) -> None:
        """Release nothing: every call leaves the folder complete."""

    def _at(self, name: str) -> BucketFolder:
        with self._buckets_lock:
            if name not in self._buckets:
                self._buckets[name] = BucketFolder(self._folder, valid_bucket_name(name))
            return self._buckets[name]

    def _bucket(self, name: str) -> BucketFolder:
        bucket = self._at(name)
        if not bucket.exists():
            raise refusal.no_such_bucket()
        return bucket


@contextmanager
def _disk_faults() -> Iterator[None]:
    """Answer what the disk refuses (full, read-only) as S3's own fault: callers retry."""
    try:
        yield
    except OSError:
        raise refusal.internal_error() from None
