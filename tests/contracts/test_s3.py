"""What every S3 must do for us, through boto3: the local one over HTTP and moto answer alike."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from moto import mock_aws

from core.clock import SystemClock
from local.s3 import S3Service
from local.wire import build_app
from tests.local.wire.running import credentials, running

BUCKET = "cube-lake"


@pytest.fixture(params=["local", "moto"])
def s3(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    once = Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"})
    if request.param == "moto":
        with mock_aws():
            client = boto3.client("s3", config=once, **credentials())  # noqa: TID251 - the test's
            client.create_bucket(Bucket=BUCKET)
            yield client
            client.close()
        return
    with running(build_app({"s3": S3Service(tmp_path, SystemClock())})) as url:
        client = boto3.client("s3", endpoint_url=url, config=once, **credentials())  # noqa: TID251 - the test's client
        client.create_bucket(Bucket=BUCKET)
        yield client
        client.close()


def refusal(call: Any, **request: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        call(**request)
    response: Any = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_an_object_comes_back_with_its_headers(s3: Any) -> None:
    put = s3.put_object(
        Bucket=BUCKET,
        Key="votes/2026/a b+ü.json",
        Body=b'{"colour":"red"}',
        ContentType="application/json",
        ContentEncoding="identity",
        CacheControl="no-cache",
        Metadata={"poll": "cube"},
    )
    got = s3.get_object(Bucket=BUCKET, Key="votes/2026/a b+ü.json")
    assert got["Body"].read() == b'{"colour":"red"}'
    assert got["ETag"] == put["ETag"]
    assert got["ContentType"] == "application/json"
    assert got["CacheControl"] == "no-cache"
    assert got["Metadata"] == {"poll": "cube"}


def test_the_etag_is_the_md5(s3: Any) -> None:
    put = s3.put_object(Bucket=BUCKET, Key="k", Body=b"abc")
    assert put["ETag"] == f'"{hashlib.md5(b"abc").hexdigest()}"'


def test_head_says_what_get_says(s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"abc", Metadata={"a": "b"})
    head = s3.head_object(Bucket=BUCKET, Key="k")
    got = s3.get_object(Bucket=BUCKET, Key="k")
    for name in ("ETag", "ContentLength", "ContentType", "LastModified", "Metadata"):
        assert head[name] == got[name]
    got["Body"].close()


def test_an_object_without_a_type_is_bytes(s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"abc")
    assert s3.head_object(Bucket=BUCKET, Key="k")["ContentType"] == "binary/octet-stream"


@pytest.mark.parametrize(
    ("wanted", "body", "content_range"),
    [
        ("bytes=0-1", b"01", "bytes 0-1/10"),
        ("bytes=8-", b"89", "bytes 8-9/10"),
        ("bytes=-2", b"89", "bytes 8-9/10"),
        ("bytes=5-99", b"56789", "bytes 5-9/10"),
    ],
)
def test_a_range_gives_a_part(s3: Any, wanted: str, body: bytes, content_range: str) -> None:
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"0123456789")
    got = s3.get_object(Bucket=BUCKET, Key="k", Range=wanted)
    assert got["Body"].read() == body
    assert got["ContentRange"] == content_range
    assert got["ResponseMetadata"]["HTTPStatusCode"] == 206


def test_a_range_behind_the_end_is_refused(s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"0123456789")
    answer = refusal(s3.get_object, Bucket=BUCKET, Key="k", Range="bytes=10-")
    assert answer == ("InvalidRange", 416)


def test_what_is_not_there_is_refused_by_name(s3: Any) -> None:
    assert refusal(s3.get_object, Bucket=BUCKET, Key="no") == ("NoSuchKey", 404)
    assert refusal(s3.head_object, Bucket=BUCKET, Key="no") == ("404", 404)
    assert refusal(s3.get_object, Bucket="no-bucket", Key="k") == ("NoSuchBucket", 404)
    assert refusal(s3.put_object, Bucket="no-bucket", Key="k") == ("NoSuchBucket", 404)
    assert refusal(s3.head_bucket, Bucket="no-bucket") == ("404", 404)
    assert refusal(s3.list_objects_v2, Bucket="no-bucket") == ("NoSuchBucket", 404)


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
def test_checksums_are_kept_and_given_back(s3: Any, algorithm: str) -> None:
    name = f"Checksum{algorithm}"
    put = s3.put_object(Bucket=BUCKET, Key="k", Body=b"abc", ChecksumAlgorithm=algorithm)
    head = s3.head_object(Bucket=BUCKET, Key="k", ChecksumMode="ENABLED")
    assert put[name] == head[name]


def test_a_put_replaces_the_object(s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"old", Metadata={"a": "1"})
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"newer")
    got = s3.get_object(Bucket=BUCKET, Key="k")
    assert (got["Body"].read(), got["Metadata"]) == (b"newer", {})


def test_a_put_of_new_keys_only_is_refused_for_an_old_one(s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"old", IfNoneMatch="*")
    answer = refusal(s3.put_object, Bucket=BUCKET, Key="k", Body=b"new", IfNoneMatch="*")
    assert answer == ("PreconditionFailed", 412)
    assert s3.get_object(Bucket=BUCKET, Key="k")["Body"].read() == b"old"


def test_deleting_is_safe_to_repeat(s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"")
    for _ in range(2):
        status = s3.delete_object(Bucket=BUCKET, Key="k")["ResponseMetadata"]["HTTPStatusCode"]
        assert status == 204
    assert refusal(s3.head_object, Bucket=BUCKET, Key="k") == ("404", 404)


def test_many_are_deleted_in_one_call(s3: Any) -> None:
    for key in ("a", "b/<&>", "c"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"")
    entries = [{"Key": key} for key in ("a", "b/<&>", "not-there")]
    reply = s3.delete_objects(Bucket=BUCKET, Delete={"Objects": entries})
    assert sorted(entry["Key"] for entry in reply["Deleted"]) == ["a", "b/<&>", "not-there"]
    assert [entry["Key"] for entry in s3.list_objects_v2(Bucket=BUCKET)["Contents"]] == ["c"]


def test_a_listing_has_every_key_in_order(s3: Any) -> None:
    for key in ("b", "a/2", "a/1", "a", "ü", "a-b", "a//x"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"12")
    listing = s3.list_objects_v2(Bucket=BUCKET)
    assert [entry["Key"] for entry in listing["Contents"]] == [
        *("a", "a-b", "a//x", "a/1", "a/2", "b", "ü")
    ]
    assert {entry["Size"] for entry in listing["Contents"]} == {2}
    assert (listing["KeyCount"], listing["IsTruncated"]) == (7, False)


def test_a_delimiter_rolls_keys_up(s3: Any) -> None:
    for key in ("votes/1/a", "votes/1/b", "votes/2/a", "votes/x", "errors/1"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"")
    listing = s3.list_objects_v2(Bucket=BUCKET, Prefix="votes/", Delimiter="/")
    assert [entry["Key"] for entry in listing["Contents"]] == ["votes/x"]
    assert [entry["Prefix"] for entry in listing["CommonPrefixes"]] == ["votes/1/", "votes/2/"]


def test_pages_follow_each_other(s3: Any) -> None:
    keys = [f"k{number:02}" for number in range(7)]
    for key in keys:
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"")
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=BUCKET, PaginationConfig={"PageSize": 3}
    )
    found = [[entry["Key"] for entry in page["Contents"]] for page in pages]
    assert found == [keys[:3], keys[3:6], keys[6:]]


def test_a_listing_starts_after_a_key(s3: Any) -> None:
    for key in ("a", "b", "c"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"")
    listing = s3.list_objects_v2(Bucket=BUCKET, StartAfter="a")
    assert [entry["Key"] for entry in listing["Contents"]] == ["b", "c"]


def test_an_empty_bucket_lists_nothing(s3: Any) -> None:
    listing = s3.list_objects_v2(Bucket=BUCKET)
    assert "Contents" not in listing
    assert listing["KeyCount"] == 0


def test_buckets_are_listed_and_made_twice_without_harm(s3: Any) -> None:
    s3.create_bucket(Bucket="another")
    s3.create_bucket(Bucket=BUCKET)
    names = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    assert sorted(names) == ["another", BUCKET]
    s3.head_bucket(Bucket=BUCKET)
