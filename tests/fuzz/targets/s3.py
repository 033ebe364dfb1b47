"""Any method, path, query, headers and body for S3 in: it is answered or refused as S3 does."""

from pathlib import Path
from typing import Final

from core.clock import ManualClock
from local.s3 import S3Service
from tests.fuzz.slices import Slices
from tests.fuzz.wire_desk import WireDesk

_METHODS: Final = ("GET", "PUT", "POST", "DELETE", "HEAD")
_HEADERS: Final = (
    *("range", "content-md5", "content-encoding", "x-amz-content-sha256", "if-match", "host"),
    *("x-amz-decoded-content-length", "x-amz-meta-a", "x-amz-checksum-crc32", "authorization"),
    *("if-none-match", "x-amz-copy-source", "content-type", "x-amz-tagging", "x-amz-trailer"),
    *("x-amz-sdk-checksum-algorithm", "x-amz-checksum-sha256", "if-modified-since"),
)
_DELETE: Final = b"<Delete><Object><Key>k</Key></Object><Quiet>true</Quiet></Delete>"


def _request(method: str, target: str, headers: bytes = b"", body: bytes = b"") -> bytes:
    return bytes([_METHODS.index(method)]) + target.encode() + b"\0" + headers + b"\0" + body


_CHUNKED: Final = bytes([3]) + b"STREAMING-UNSIGNED-PAYLOAD-TRAILER"
SEEDS: Final = (
    _request("GET", "/lake/k", b"\0bytes=0-1"),
    _request("PUT", "/lake/a/b%20c", b"\7value", b"body"),
    _request(
        "PUT", "/lake/c", _CHUNKED, b"4\r\nbody\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n"
    ),
    _request("GET", "/lake?list-type=2&prefix=a%2F&delimiter=/&max-keys=1&encoding-type=url"),
    _request("GET", "/lake?list-type=2&continuation-token=abc&start-after=k"),
    _request("POST", "/lake?delete", b"", _DELETE),
    _request("DELETE", "/lake/k"),
    _request("HEAD", "/lake/k", b"\4*\n\nW/x"),
    _request("PUT", "/two", b"", b"<CreateBucketConfiguration/>"),
    _request("GET", "/"),
    _request("GET", "/lake?location"),
    _request("GET", "/lake?versioning"),
)
WORDS: Final = (
    *(
        b"/lake/",
        b"list-type=2",
        b"&prefix=",
        b"&delimiter=",
        b"&max-keys=",
        b"continuation-token=",
    ),
    *(
        b"?delete",
        b"?uploads",
        b"?tagging",
        b"%2F",
        b"%00",
        b"%ff",
        b"..",
        b"/.meta/",
        b"bytes=-",
        b"+",
    ),
    *(
        b"<Delete>",
        b"<Object>",
        b"<Key>",
        b"</Key>",
        b"<!DOCTYPE",
        b"&#0;",
        b"&#xD800;",
        b"<![CDATA[",
    ),
    *(
        b"aws-chunked",
        b"STREAMING-",
        b"\r\n",
        b"0\r\n\r\n",
        b"ffffffffffffffff",
        b"<?xml version='1.1'?>",
    ),
    *(
        b'<?xml version="1.0" encoding="utf-16"?>',
        b"%",
        b"99999999999999999999",
        b"lake.s3.localhost",
    ),
)
BYTES_MAX: Final = 1_500


def _make(folder: Path) -> S3Service:
    service = S3Service(folder / "objects", ManualClock())
    service.create_bucket(Bucket="lake")
    service.put_object(Bucket="lake", Key="k", Body=b"hello")
    return service


_desk: Final = WireDesk("s3", S3Service, _make)


def one_input(data: bytes) -> None:
    slices = Slices(data)
    method = slices.choice(_METHODS)
    target, _, rest = slices.rest().partition(b"\0")
    heads, _, body = rest.partition(b"\0")
    path, _, query = target.partition(b"?")
    headers = {}
    for line in heads.split(b"\n")[:4]:
        value = "".join(chr(byte) for byte in line[1:] if 32 <= byte < 127)
        if line:
            headers[_HEADERS[line[0] % len(_HEADERS)]] = value.strip()
    request = {
        "method": method,
        "path": b"/" + bytes(byte for byte in path if byte > 32).lstrip(b"/"),
        "query": bytes(byte for byte in query if byte > 32),
        "headers": headers,
        "body": body,
    }
    with _desk.fresh() as folder:
        _desk.ask([request])
        outside = [path.name for path in folder.iterdir() if path.name != "objects"]
        assert outside == [], "nothing is written beside the buckets"
