"""Lambda's Invoke."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local.aws_error import AwsError
from local.invoke import Outcome
from local.wire import build_app
from tests.local.wire.plain_http import send
from tests.local.wire.running import credentials, running


class Functions:
    """Functions that do what their names say."""

    def __init__(self) -> None:
        self.events: list[tuple[str, bytes]] = []

    async def invoke(self, name: str, payload: bytes, *, affinity: str = "") -> Outcome:
        match name:
            case "echo":
                return Outcome("ok", payload, "id")
            case "fails":
                return Outcome("function_error", b'{"errorMessage":"no"}', "id")
            case "busy":
                return Outcome("throttled", b"", "id")
            case "broken":
                return Outcome("service_error", b"", "id")
            case "crashes":
                raise RuntimeError("a fault of our own")
        raise AwsError("ResourceNotFoundException", f"Function not found: {name}", status=404)

    async def invoke_async(self, name: str, payload: bytes) -> str:
        await self.invoke(name, payload)
        self.events.append((name, payload))
        return "id"


@pytest.fixture
def functions() -> Functions:
    return Functions()


@pytest.fixture
def url(functions: Functions) -> Iterator[str]:
    with running(build_app({}, invoker=functions, function_names=["echo"])) as address:
        yield address


@pytest.fixture
def client(url: str) -> Iterator[Any]:
    once = Config(retries={"max_attempts": 0})
    made = boto3.client("lambda", endpoint_url=url, config=once, **credentials())  # noqa: TID251 - the test's client
    yield made
    made.close()


@pytest.mark.parametrize(
    "name",
    [
        "echo",
        "echo:$LATEST",
        "000000000000:function:echo",
        "arn:aws:lambda:us-east-1:000000000000:function:echo",
    ],
)
def test_a_function_is_found_by_every_form_of_its_name(client: Any, name: str) -> None:
    reply = client.invoke(FunctionName=name, Payload=b'{"a":1}')
    assert (reply["StatusCode"], reply["Payload"].read()) == (200, b'{"a":1}')
    assert reply["ExecutedVersion"] == "$LATEST"
    assert "FunctionError" not in reply


def test_a_raising_handler_is_a_success_with_a_function_error(client: Any) -> None:
    """B49: 200, FunctionError `Unhandled`, the error as the body."""
    reply = client.invoke(FunctionName="fails")
    assert (reply["StatusCode"], reply["FunctionError"]) == (200, "Unhandled")
    assert reply["Payload"].read() == b'{"errorMessage":"no"}'


def test_an_event_is_queued(client: Any, functions: Functions) -> None:
    """B50: 202, no body."""
    reply = client.invoke(FunctionName="echo", InvocationType="Event", Payload=b"[1]")
    assert (reply["StatusCode"], reply["Payload"].read()) == (202, b"")
    assert functions.events == [("echo", b"[1]")]


def test_a_dry_run_runs_nothing(client: Any, functions: Functions) -> None:
    reply = client.invoke(FunctionName="echo", InvocationType="DryRun")
    assert (reply["StatusCode"], reply["Payload"].read()) == (204, b"")
    assert functions.events == []
    assert refused(client, FunctionName="gone", InvocationType="DryRun")[0] == 404


def refused(client: Any, **request: Any) -> tuple[int, str]:
    with pytest.raises(ClientError) as caught:
        client.invoke(**request)
    response: Any = caught.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]


def test_refusals_have_their_status_and_name(client: Any) -> None:
    """B49: a throttle is 429 TooManyRequestsException."""
    assert refused(client, FunctionName="gone") == (404, "ResourceNotFoundException")
    assert refused(client, FunctionName="busy") == (429, "TooManyRequestsException")
    assert refused(client, FunctionName="broken") == (500, "ServiceException")
    assert refused(client, FunctionName="echo", Payload=b"{") == (
        400,
        "InvalidRequestContentException",
    )


def test_a_fault_of_our_own_is_a_service_exception(
    client: Any, caplog: pytest.LogCaptureFixture
) -> None:
    assert refused(client, FunctionName="crashes") == (500, "ServiceException")
    assert "a fault of our own" in caplog.text


@pytest.mark.parametrize(
    ("kind", "size"), [("RequestResponse", 6 * 1024 * 1024), ("Event", 1024 * 1024)]
)
def test_a_payload_over_the_limit_is_refused(client: Any, kind: str, size: int) -> None:
    """B48: 6 MB synchronous, 1 MB asynchronous."""
    largest = b'"' + b"x" * (size - 2) + b'"'
    client.invoke(FunctionName="echo", InvocationType=kind, Payload=largest)["Payload"].read()
    answer = refused(client, FunctionName="echo", InvocationType=kind, Payload=largest + b" ")
    assert answer == (413, "RequestEntityTooLargeException")


def test_other_operations_are_refused_by_name(url: str) -> None:
    answer = send(url, method="GET", path="/2015-03-31/functions/echo")
    assert answer.status == 404
    assert "GET /2015-03-31/functions/echo is not implemented" in answer.json()["message"]
