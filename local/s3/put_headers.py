"""What came with a PutObject in, the headers to keep with the object out, or a refusal."""

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from local.aws_error import AwsError
from local.s3.checksum import checked
from local.s3.limits import USER_METADATA_BYTES_MAX
from local.s3.object_meta import ObjectMeta
from local.s3.refusal import not_implemented

_KEPT: Final = (
    "ContentType",
    "ContentEncoding",
    "ContentDisposition",
    "ContentLanguage",
    "CacheControl",
)
_CHECKSUMS: Final = (
    "ContentMD5",
    "ChecksumCRC32",
    "ChecksumCRC32C",
    "ChecksumCRC64NVME",
    "ChecksumSHA1",
    "ChecksumSHA256",
)
# Their meaning is taken from elsewhere: the body itself, the checksum that came, the local disk.
_NEEDLESS: Final = ("ContentLength", "ChecksumAlgorithm")


def meta_of_put(key: str, body: bytes, given: Mapping[str, Any]) -> ObjectMeta:
    """Return what to keep; AwsError for a wrong digest or a parameter that we do not have."""
    unknown = set(given) - {*_KEPT, *_CHECKSUMS, *_NEEDLESS, "Metadata"}
    if unknown:
        raise not_implemented(f"PutObject: the parameter {min(unknown)}")
    if given.get("ContentLength") not in (None, len(body)):
        message = "You did not provide the number of bytes specified by the Content-Length"
        raise AwsError("IncompleteBody", message)
    digest = hashlib.md5(body, usedforsecurity=False)
    checksums = checked(body, digest.digest(), {name: given.get(name) for name in _CHECKSUMS})
    headers = {"ContentType": "binary/octet-stream"}
    headers.update({name: given[name] for name in _KEPT if given.get(name)})
    return ObjectMeta(
        key=key,
        size=len(body),
        etag=digest.hexdigest(),
        headers=headers | checksums,
        metadata=_user_metadata(given.get("Metadata") or {}),
    )


def _user_metadata(metadata: Mapping[str, str]) -> dict[str, str]:
    size = sum(len(name.encode()) + len(value.encode()) for name, value in metadata.items())
    if size > USER_METADATA_BYTES_MAX:
        message = "Your metadata headers exceed the maximum allowed metadata size"
        raise AwsError("MetadataTooLarge", message)
    return {name.lower(): value for name, value in metadata.items()}
