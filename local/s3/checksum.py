"""A body and the checksums sent with it in, the headers to remember out, or a refusal."""

import base64
import hashlib
import zlib
from collections.abc import Callable, Mapping
from typing import Final

from local.s3.refusal import bad_digest


def _crc32(body: bytes) -> bytes:
    return zlib.crc32(body).to_bytes(4, "big")


def _sha1(body: bytes) -> bytes:
    return hashlib.sha1(body, usedforsecurity=False).digest()


def _sha256(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()


# CRC-32C and CRC-64/NVME are kept as sent: Python has neither, and HTTP over loopback loses no bit.
_DIGESTS: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "ChecksumCRC32": _crc32,
    "ChecksumSHA1": _sha1,
    "ChecksumSHA256": _sha256,
}


def checked(body: bytes, md5: bytes, sent: Mapping[str, str | None]) -> dict[str, str]:
    """Return the checksums that were sent, by boto3's names; AwsError BadDigest if one is wrong.

    `sent` also carries `ContentMD5`. `md5` is the body's digest.
    """
    content_md5 = sent.get("ContentMD5")
    if content_md5 is not None and content_md5 != base64.b64encode(md5).decode():
        raise bad_digest("Content-MD5")
    kept = {name: value for name, value in sent.items() if value and name != "ContentMD5"}
    for name, value in kept.items():
        digest = _DIGESTS.get(name)
        if digest is not None and base64.b64encode(digest(body)).decode() != value:
            raise bad_digest(name.removeprefix("Checksum"))
    return kept
