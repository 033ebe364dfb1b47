"""Whatever is sent, a whole and well-formed answer comes back in time, and the server lives on."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.clock import SystemClock
from local.dynamodb import DynamoDbService
from local.kinesis import KinesisService
from local.s3 import S3Service
from local.wire import build_app
from tests.local.wire.plain_http import Answer, call, connect, send
from tests.local.wire.running import running

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
MEMBERS = st.sampled_from(
    [
        *("StreamName", "StreamARN", "Records", "Data", "PartitionKey", "ExplicitHashKey"),
        *("ShardIterator", "Limit", "ShardId", "ShardIteratorType", "Timestamp", "TableName"),
        *("Item", "Key", "TransactItems", "KeyConditionExpression", "Delete", "NextToken"),
    ]
)
REQUEST = st.dictionaries(MEMBERS, JSON, max_size=4)
BODY = st.one_of(
    st.binary(max_size=200),
    REQUEST.map(lambda value: json.dumps(value).encode()),
    REQUEST.map(cbor2.dumps),
)
TARGET = st.one_of(
    st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=20),
    st.sampled_from(["Kinesis_20131202", "DynamoDB_20120810"]).flatmap(
        lambda prefix: st.sampled_from(
            [
                *("PutRecord", "PutRecords", "GetRecords", "GetShardIterator", "ListShards"),
                *("DescribeStream", "ListStreams", "UpdateShardCount", "AddTagsToStream"),
                *("PutItem", "GetItem", "Query", "TransactWriteItems", "BatchWriteItem", "Scan"),
            ]
        ).map(lambda name: f"{prefix}.{name}")
    ),
)
CONTENT_TYPE = st.sampled_from(
    [
        *("application/x-amz-json-1.1", "application/x-amz-json-1.0", "text/plain", ""),
        *("application/x-amz-cbor-1.1", "application/xml; charset=utf-8"),
    ]
)
PATH = st.one_of(
    st.just("/"),
    st.text("abc/%.?&=-+09", max_size=20).map(lambda text: "/" + text),
    st.sampled_from(["/cube-lake/k", "/cube-lake?list-type=2", "/cube-lake?delete", "/_cube/x"]),
    st.just("/2015-03-31/functions/f/invocations"),
)
HEADERS = st.dictionaries(
    st.sampled_from(
        [
            *("range", "content-md5", "content-encoding", "x-amz-content-sha256", "if-match"),
            *("x-amz-decoded-content-length", "x-amz-meta-a", "x-amz-checksum-crc32", "host"),
            *("authorization", "x-amz-invocation-type", "if-none-match", "x-amz-copy-source"),
        ]
    ),
    st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"))
    .map(str.strip)
    .filter(lambda text: not any(0x7F <= ord(char) < 0xA1 for char in text)),
    max_size=3,
)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        root, clock = Path(folder), SystemClock()
        (root / "kinesis").mkdir()
        kinesis = KinesisService(root / "kinesis", clock)
        dynamodb = DynamoDbService(None, clock)
        s3 = S3Service(root / "objects", clock)
        services = {"kinesis": kinesis, "dynamodb": dynamodb, "s3": s3}
        with running(build_app(services)) as address:
            send(address, method="PUT", path="/cube-lake")
            yield address
        kinesis.close()
        dynamodb.close()


def check(answer: Answer, method: str) -> None:
    """An answer is no fault of ours, and its body is what its content type says."""
    assert answer.status in {*range(200, 300), 304, *range(400, 500), 501}, answer
    kind = answer.headers.get("content-type", "")
    if method == "HEAD" or not answer.body:
        return
    if "cbor" in kind:
        assert isinstance(cbor2.loads(answer.body, semantic_decoders={1: lambda v, *_: v}), dict)
    elif "json" in kind:
        assert isinstance(json.loads(answer.body), dict)
    elif "xml" in kind and answer.status >= 400:
        ElementTree.fromstring(answer.body)


@settings(max_examples=150, deadline=None)
@given(target=TARGET, content_type=CONTENT_TYPE, body=BODY)
def test_any_target_and_body(url: str, target: str, content_type: str, body: bytes) -> None:
    headers = {"x-amz-target": target, "content-type": content_type}
    answer = send(url, headers=headers, body=body)
    check(answer, "POST")
    assert answer.body


@settings(max_examples=150, deadline=None)
@given(
    method=st.sampled_from(["GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS"]),
    path=PATH,
    headers=HEADERS,
    body=BODY,
)
def test_any_path_and_headers(
    url: str, method: str, path: str, headers: dict[str, str], body: bytes
) -> None:
    check(send(url, method=method, path=path, headers=headers, body=body), method)


@settings(max_examples=60, deadline=None)
@given(
    raw=st.binary(min_size=1, max_size=300)
    | st.sampled_from(
        [
            b"GET /\xff HTTP/1.1\r\nhost: x\r\n\r\n",
            b"GET http://x HTTP/1.1\r\n\r\n",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nnonsense that is no frame",
            b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n",
            b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
            b"GET / HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n",
            b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 10_000,
        ]
    )
)
def test_any_bytes_on_the_port(url: str, raw: bytes) -> None:
    with connect(url) as wire:
        wire.sendall(raw)
    assert call(url, "Kinesis_20131202.ListStreams", b"{}").status == 200
