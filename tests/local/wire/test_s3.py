"""S3 as REST and XML: what a client other than boto3 sends, and what we refuse."""

import base64
import hashlib
import zlib
from typing import Any
from xml.etree import ElementTree

import pytest
from botocore.exceptions import ClientError

from tests.local.wire.conftest import Connect
from tests.local.wire.plain_http import Answer, send


@pytest.fixture
def bucket(endpoint: str) -> str:
    assert send(endpoint, method="PUT", path="/cube-lake").status == 200
    return endpoint


def put(url: str, headers: dict[str, str], body: bytes) -> Answer:
    return send(url, method="PUT", path="/cube-lake/k", headers=headers, body=body)


def error_of(answer: Answer) -> tuple[int, str]:
    code = ElementTree.fromstring(answer.body).findtext("Code")
    assert code is not None
    return answer.status, code


def test_curl_without_credentials_reads_an_object(bucket: str) -> None:
    put(bucket, {"content-type": "text/plain"}, b"hello")
    answer = send(bucket, method="GET", path="/cube-lake/k")
    assert (answer.status, answer.body) == (200, b"hello")
    assert answer.headers["content-type"] == "text/plain"
    assert answer.headers["etag"] == f'"{hashlib.md5(b"hello").hexdigest()}"'


def test_the_bucket_may_stand_in_the_host(bucket: str) -> None:
    put(bucket, {}, b"hello")
    for host in ("cube-lake.localhost:4566", "cube-lake.s3.localhost"):
        answer = send(bucket, method="GET", path="/k", headers={"host": host})
        assert answer.body == b"hello"


def chunked(parts: list[bytes], trailer: bytes) -> bytes:
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)
    return chunks + b"0\r\n" + trailer + b"\r\n"


def upload(url: str, body: bytes, length: int) -> Answer:
    headers = {
        "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "content-encoding": "aws-chunked,gzip",
        "x-amz-decoded-content-length": str(length),
        "x-amz-trailer": "x-amz-checksum-crc32",
    }
    return put(url, headers, body)


def test_an_upload_in_chunks_is_put_together_and_checked(bucket: str) -> None:
    crc = base64.b64encode(zlib.crc32(b"hello world").to_bytes(4, "big"))
    body = chunked([b"hello", b" world"], b"x-amz-checksum-crc32:" + crc + b"\r\n")
    assert upload(bucket, body, 11).status == 200
    got = send(bucket, method="GET", path="/cube-lake/k")
    assert (got.body, got.headers["content-encoding"]) == (b"hello world", "gzip")
    head = send(
        bucket, method="HEAD", path="/cube-lake/k", headers={"x-amz-checksum-mode": "ENABLED"}
    )
    assert head.headers["x-amz-checksum-crc32"] == crc.decode()
    assert (head.headers["content-length"], head.body) == ("11", b"")


def test_signed_chunks_are_read_too(bucket: str) -> None:
    body = b"5;chunk-signature=abc\r\nhello\r\n0;chunk-signature=def\r\n\r\n"
    assert upload(bucket, body, 5).status == 200
    assert send(bucket, method="GET", path="/cube-lake/k").body == b"hello"


@pytest.mark.parametrize(
    ("body", "length"),
    [
        (b"5\r\nhel", 5),
        (b"5\r\nhello\r\n", 5),
        (b"zz\r\nhello\r\n0\r\n\r\n", 5),
        (b"-5\r\nhello\r\n0\r\n\r\n", 5),
        (b"5\r\nhello\r\n0\r\n\r\n", 6),
        (b"", 5),
    ],
)
def test_a_broken_upload_is_refused_and_writes_nothing(
    bucket: str, body: bytes, length: int
) -> None:
    assert error_of(upload(bucket, body, length)) == (400, "IncompleteBody")
    assert send(bucket, method="GET", path="/cube-lake/k").status == 404


def test_a_wrong_checksum_is_refused_and_writes_nothing(bucket: str) -> None:
    body = chunked([b"hello"], b"x-amz-checksum-crc32:AAAAAA==\r\n")
    assert error_of(upload(bucket, body, 5)) == (400, "BadDigest")
    wrong = {"content-md5": base64.b64encode(hashlib.md5(b"other").digest()).decode()}
    assert error_of(put(bucket, wrong, b"hello")) == (400, "BadDigest")
    assert send(bucket, method="GET", path="/cube-lake/k").status == 404


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("POST", "/cube-lake/k?uploads", "CreateMultipartUpload"),
        ("PUT", "/cube-lake/k?partNumber=1&uploadId=x", "UploadPart"),
        ("PUT", "/cube-lake?versioning", "PutBucketVersioning"),
        ("GET", "/cube-lake", "ListObjects"),
        ("GET", "/cube-lake/k?tagging", "GetObjectTagging"),
        ("DELETE", "/cube-lake", "DeleteBucket"),
        ("GET", "/cube-lake/k?versionId=1", "GetObject: the parameter VersionId"),
    ],
)
def test_what_the_engine_lacks_is_refused_by_name(
    bucket: str, method: str, path: str, name: str
) -> None:
    answer = send(bucket, method=method, path=path)
    assert error_of(answer) == (501, "NotImplemented")
    assert f"local engine: s3.{name} is not implemented" in answer.body.decode()


def test_boto3_names_multipart_too(bucket: str, connect: Connect) -> None:
    with pytest.raises(ClientError, match=r"s3\.CreateMultipartUpload is not implemented"):
        connect("s3").create_multipart_upload(Bucket="cube-lake", Key="k")


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/cube-lake/%FF", (400, "InvalidURI")),
        ("GET", "/cube-lake?list-type=2&max-keys=x", (400, "InvalidArgument")),
        ("GET", "/cube-lake?list-type=2&max-keys=-1", (400, "InvalidArgument")),
        ("PATCH", "/cube-lake/k", (405, "MethodNotAllowed")),
        ("PUT", "/Not_Good", (400, "InvalidBucketName")),
        ("GET", "/..%2f..%2fetc/passwd", (400, "InvalidBucketName")),
        ("GET", "/.meta/k", (400, "InvalidBucketName")),
        ("PUT", "/cube-lake/" + "a" * 1025, (400, "KeyTooLongError")),
        ("POST", "/cube-lake?delete", (400, "MalformedXML")),
    ],
)
def test_bad_requests_are_refused(
    bucket: str, method: str, path: str, expected: tuple[int, str]
) -> None:
    body = b"<x" if method == "POST" else b""
    assert error_of(send(bucket, method=method, path=path, body=body)) == expected


@pytest.mark.parametrize("body", [b"", b"<Delete/>", b"<Delete><Object></Object></Delete>", b"<x"])
def test_a_deletion_that_names_no_key_is_malformed(bucket: str, body: bytes) -> None:
    assert error_of(send(bucket, path="/cube-lake?delete", body=body)) == (400, "MalformedXML")


def test_a_document_type_is_refused(bucket: str) -> None:
    body = b'<!DOCTYPE a [<!ENTITY b "c">]><Delete><Object><Key>&b;</Key></Object></Delete>'
    answer = send(bucket, path="/cube-lake?delete", body=body)
    assert error_of(answer) == (400, "MalformedXML")


@pytest.mark.parametrize("key", ["a&b <c>", "..", "../../x", "a\x01b", "ü/日本", "%41", "a+b"])
def test_every_key_survives_boto3(bucket: str, connect: Connect, key: str) -> None:
    client: Any = connect("s3")
    client.put_object(Bucket="cube-lake", Key=key, Body=key.encode())
    assert client.get_object(Bucket="cube-lake", Key=key)["Body"].read() == key.encode()
    listing = client.list_objects_v2(Bucket="cube-lake")
    assert [entry["Key"] for entry in listing["Contents"]] == [key]
