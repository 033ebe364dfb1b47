"""The port itself: services we lack, bodies over the limit, clients that leave, our own routes."""

import json
import socket
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from core.clock import ManualClock
from core.errors import PollUnknown, PortTaken
from local.wire import build_app, listen
from local.wire.limits import BODY_BYTES_MAX
from tests.local.wire.conftest import Connect
from tests.local.wire.plain_http import connect as connect_raw
from tests.local.wire.plain_http import kinesis, send
from tests.local.wire.running import credentials, running
from tests.local.wire.test_kinesis import everything


@pytest.mark.parametrize(
    ("service", "method"),
    [("sqs", "list_queues"), ("sns", "list_topics"), ("cloudwatch", "list_metrics")],
)
def test_a_service_that_we_lack_is_refused_by_name(
    endpoint: str, service: str, method: str
) -> None:
    once = Config(retries={"max_attempts": 0})
    client = boto3.client(service, endpoint_url=endpoint, config=once, **credentials())  # noqa: TID251 - the test's client
    with pytest.raises(ClientError) as caught:
        getattr(client, method)()
    client.close()
    response: Any = caught.value.response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert response["Error"]["Code"] == "NotImplemented"
    assert "local engine: the service" in response["Error"]["Message"]


def test_lambda_is_refused_by_name_where_there_are_no_functions(endpoint: str) -> None:
    answer = send(endpoint, path="/2015-03-31/functions/f/invocations")
    assert answer.status == 501
    assert answer.json()["message"] == "local engine: the service lambda is not implemented"


def test_a_body_over_the_limit_is_refused_and_writes_nothing(
    endpoint: str, connect: Connect
) -> None:
    data = "A" * (BODY_BYTES_MAX + 4)
    request = {"StreamName": "votes", "Records": [{"Data": data, "PartitionKey": "a"}]}
    answer = kinesis(endpoint, "PutRecords", request)
    assert answer.status == 413
    assert answer.json()["__type"] == "RequestEntityTooLargeException"
    assert everything(connect("kinesis")) == []


def test_a_client_that_leaves_halfway_writes_nothing(endpoint: str, connect: Connect) -> None:
    body = json.dumps({"StreamName": "votes", "Data": "QQ==", "PartitionKey": "a"}).encode()
    head = (
        b"POST / HTTP/1.1\r\nhost: x\r\nx-amz-target: Kinesis_20131202.PutRecord\r\n"
        b"content-type: application/x-amz-json-1.1\r\ncontent-length: %d\r\n\r\n"
    )
    with connect_raw(endpoint) as wire:
        wire.sendall(head % (len(body) + 1) + body)  # one byte is missing
        wire.shutdown(socket.SHUT_WR)
        answer = wire.recv(65_536)  # none, or a refusal: which one depends on what is seen first
    assert not answer.startswith(b"HTTP/1.1 200")
    assert everything(connect("kinesis")) == []
    with connect_raw(endpoint) as wire:
        wire.sendall(head % len(body) + body)
        assert wire.recv(65_536).startswith(b"HTTP/1.1 200")
    assert everything(connect("kinesis")) == [b"A"]


class Broken:
    """A service with a bug."""

    def list_streams(self, **_request: Any) -> dict[str, Any]:
        raise RuntimeError("a fault of our own")

    def append_records(self, **_request: Any) -> dict[str, Any]:
        raise ZeroDivisionError

    def put_records(self, **_request: Any) -> dict[str, Any]:
        raise AssertionError("the endpoint appends and commits")

    def commit(self) -> None: ...


def test_a_fault_of_our_own_is_an_internal_failure_and_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with running(build_app({"kinesis": Broken()})) as url:
        for operation, request in (
            ("ListStreams", {}),
            ("PutRecords", {"StreamName": "s", "Records": [{"Data": "", "PartitionKey": "a"}]}),
        ):
            answer = kinesis(url, operation, request)
            assert answer.status == 500
            assert answer.json()["__type"] == "InternalFailure"
    assert "a fault of our own" in caplog.text


async def _poll(arguments: dict[str, Any]) -> Any:
    if arguments.get("poll") == "broken":
        raise RuntimeError("a fault of our own")
    if arguments.get("poll") != "cube":
        raise PollUnknown(f"reading polls: no poll {arguments.get('poll')!r}")
    return {"total": 7}


@pytest.fixture
def routed() -> Iterator[str]:
    with running(build_app({}, routes={"poll": _poll}, clock=ManualClock())) as url:
        yield url


def test_health_says_that_the_engine_answers(routed: str) -> None:
    answer = send(routed, method="GET", path="/_cube/health")
    assert answer.status == 200
    assert answer.json()["status"] == "ok"
    assert answer.json()["uptime_ms"] == 0


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/_cube/poll", b'{"poll":"cube"}', 200),
        ("/_cube/poll", b'{"poll":"x"}', 400),
        ("/_cube/poll", b"", 400),
        ("/_cube/poll", b"{", 400),
        ("/_cube/poll", b"[]", 400),
        ("/_cube/poll", b'{"poll":"broken"}', 500),
        ("/_cube/nope", b"", 404),
    ],
)
def test_routes_of_the_engine_answer_in_json(
    routed: str, path: str, body: bytes, status: int
) -> None:
    answer = send(routed, path=path, body=body)
    assert (answer.status, answer.headers["content-type"]) == (status, "application/json")
    assert isinstance(answer.json(), dict)


def test_a_web_page_cannot_use_the_engines_routes(routed: str) -> None:
    answer = send(routed, path="/_cube/poll", headers={"origin": "http://evil.example"})
    assert answer.status == 403


def test_a_taken_port_is_said_before_anything_starts() -> None:
    with listen(0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(PortTaken, match=f"opening port {port}"):
            listen(port)
