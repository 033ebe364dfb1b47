"""An object's headers in, a small JSON file beside the buckets out, tied to one version of it.

The file's name carries the object's modification time in nanoseconds, so an object and its
headers always fit together: writing the headers first and then renaming the object into place
needs no second atomic step. An object without such a file (a person put it there, or changed it)
gets its ETag from its bytes.
"""

import hashlib
import os
from pathlib import Path

import msgspec


class ObjectMeta(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What S3 remembers of an object besides its bytes; `headers` uses boto3's names."""

    key: str
    size: int
    etag: str  # hexadecimal MD5, without quotes
    headers: dict[str, str] = {}
    metadata: dict[str, str] = {}


def meta_path(folder: Path, key: str, modified_ns: int) -> Path:
    """Return where the headers of `key`, last modified at `modified_ns`, are kept."""
    digest = hashlib.sha256(key.encode()).hexdigest()
    return folder / digest[:2] / f"{digest[2:]}-{modified_ns}.json"


def read_meta(folder: Path, key: str, status: os.stat_result) -> ObjectMeta | None:
    """Return the headers that belong to this version of the object, if any are kept."""
    try:
        raw = meta_path(folder, key, status.st_mtime_ns).read_bytes()
        meta = msgspec.json.decode(raw, type=ObjectMeta)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
    return meta if meta.key == key and meta.size == status.st_size else None


def meta_of_bytes(key: str, path: Path, size: int) -> ObjectMeta:
    """Return the headers of an object that came without any."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False))
    headers = {"ContentType": "binary/octet-stream"}
    return ObjectMeta(key=key, size=size, etag=digest.hexdigest(), headers=headers)
