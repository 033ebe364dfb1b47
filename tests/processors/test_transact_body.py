"""TransactWriteItems encoded in one go: on the wire it is what botocore itself would have sent."""

import json
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSRequest, AWSResponse
from hypothesis import given
from hypothesis import strategies as st

from core.item import to_item
from core.service_error import code_of, response_of
from processors.transact_body import TABLE_CONFIG, DirectTransact

EVENT = "dynamodb.TransactWriteItems"
VALUES = st.recursive(
    st.text(max_size=10) | st.integers() | st.booleans() | st.none(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
PUT = {"Put": {"TableName": "tallies", "Item": to_item({"pk": "a", "sk": "b"})}}


class Raw:
    """The body of a reply, as botocore reads it."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self) -> list[bytes]:
        return [self._body]


class Wire:
    """A real botocore client whose requests end before the socket; it answers what it is told."""

    def __init__(self) -> None:
        self.sent: list[AWSPreparedRequest] = []
        self.replies: list[tuple[int, bytes]] = []
        self.client: Any = boto3.client(  # noqa: TID251 - the client is what is tested
            "dynamodb",
            region_name="us-east-1",
            endpoint_url="http://127.0.0.1:1",
            aws_access_key_id="a",
            aws_secret_access_key="b",
            config=TABLE_CONFIG,
        )
        self.client.meta.events.register(f"before-send.{EVENT}", self._answer)

    def _answer(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        self.sent.append(request)
        status, body = self.replies.pop(0) if self.replies else (200, b"{}")
        return AWSResponse(request.url, status, {}, Raw(body))


@pytest.fixture(scope="module")
def shared() -> Any:
    wire = Wire()
    yield wire
    wire.client.close()


@pytest.fixture
def wire() -> Any:
    wire = Wire()
    yield wire
    wire.client.close()


@given(values=st.dictionaries(st.text(min_size=1, max_size=5), VALUES, max_size=4))
def test_the_body_is_botocores_own_but_for_the_token(shared: Wire, values: dict[str, Any]) -> None:
    action = {
        "Update": {
            "TableName": "tallies",
            "Key": to_item({"pk": "a", "sk": "b"}),
            "UpdateExpression": "ADD #0 :0",
            "ExpressionAttributeNames": {"#0": "c#red"},
            "ExpressionAttributeValues": to_item(values),
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
    }
    shared.sent.clear()
    shared.client.transact_write_items(TransactItems=[action, PUT])
    DirectTransact(shared.client).transact_write_items(TransactItems=[action, PUT])
    theirs, ours = (json.loads(request.body) for request in shared.sent)
    assert theirs.pop("ClientRequestToken")
    assert ours == theirs


def test_what_is_signed_is_what_is_sent(wire: Wire) -> None:
    signed: list[bytes] = []

    def before_sign(request: AWSRequest, **_: object) -> None:
        signed.append(request.body)

    wire.client.meta.events.register(f"before-sign.{EVENT}", before_sign)
    DirectTransact(wire.client).transact_write_items(TransactItems=[PUT])
    (request,) = wire.sent
    assert signed == [request.body]
    assert json.loads(request.body) == {"TransactItems": [PUT]}
    assert request.headers["Content-Length"] == str(len(request.body))
    assert request.headers["X-Amz-Target"] == b"DynamoDB_20120810.TransactWriteItems"
    assert request.headers["Authorization"].startswith(b"AWS4-HMAC-SHA256 ")


def test_a_call_that_botocore_tries_again_sends_the_same_bytes(wire: Wire) -> None:
    wire.replies = [(500, b'{"__type":"InternalServerError"}'), (200, b"{}")]
    DirectTransact(wire.client).transact_write_items(TransactItems=[PUT])
    first, second = wire.sent
    assert first.body == second.body


def test_a_refusal_is_raised_as_the_client_raises_it(wire: Wire) -> None:
    reasons = b'[{"Code":"ConditionalCheckFailed","Item":{"rev":{"N":"7"}}}]'
    kind = b"com.amazonaws.dynamodb.v20120810#TransactionCanceledException"
    wire.replies = [(400, b'{"__type":"%b","CancellationReasons":%b}' % (kind, reasons))]
    with pytest.raises(wire.client.exceptions.TransactionCanceledException) as refusal:
        DirectTransact(wire.client).transact_write_items(TransactItems=[PUT])
    assert code_of(refusal.value) == "TransactionCanceledException"
    assert response_of(refusal.value)["CancellationReasons"] == json.loads(reasons)


def test_the_body_of_one_call_is_not_sent_by_the_next(wire: Wire) -> None:
    DirectTransact(wire.client).transact_write_items(TransactItems=[PUT])
    wire.client.transact_write_items(TransactItems=[PUT, PUT])
    assert len(json.loads(wire.sent[1].body)["TransactItems"]) == 2
