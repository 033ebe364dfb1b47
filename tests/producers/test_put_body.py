"""PutRecords put together by hand: on the wire it is what botocore itself would have sent."""

import json
import threading
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSRequest, AWSResponse
from botocore.config import Config
from hypothesis import given
from hypothesis import strategies as st

from producers.put_body import DirectPut, encode_body

RECORDS = st.lists(
    st.fixed_dictionaries(
        {"Data": st.binary(max_size=50), "PartitionKey": st.text(min_size=1, max_size=20)},
        optional={"ExplicitHashKey": st.integers(0, 2**128 - 1).map(str)},
    ),
    min_size=1,
    max_size=5,
)


class Raw:
    """The body of a reply, as botocore reads it."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self) -> list[bytes]:
        return [self._body]


@pytest.fixture
def sent() -> list[AWSPreparedRequest]:
    return []


@pytest.fixture
def client(sent: list[AWSPreparedRequest]) -> Any:
    """A real botocore client whose requests end before the socket."""
    client = boto3.client(  # noqa: TID251 - the client is what is tested
        "kinesis",
        region_name="us-east-1",
        endpoint_url="http://127.0.0.1:1",
        aws_access_key_id="a",
        aws_secret_access_key="b",
        config=Config(parameter_validation=False, retries={"total_max_attempts": 1}),
    )
    reply = b'{"FailedRecordCount":0,"Records":[{"SequenceNumber":"1","ShardId":"s"}]}'

    def answer(request: AWSPreparedRequest, **_: object) -> AWSResponse:
        sent.append(request)
        return AWSResponse(request.url, 200, {}, Raw(reply))

    client.meta.events.register("before-send.kinesis.PutRecords", answer)
    yield client
    client.close()


@given(records=RECORDS, stream=st.text(min_size=1, max_size=10))
def test_the_body_says_what_was_asked(records: list[dict[str, Any]], stream: str) -> None:
    body = json.loads(encode_body(stream, records))
    assert body["StreamName"] == stream
    decoded = [{**entry, "Data": b64decode(entry["Data"])} for entry in body["Records"]]
    assert decoded == records


def test_the_request_is_botocores_own(client: Any, sent: list[AWSPreparedRequest]) -> None:
    records = [{"Data": b"\x00\xff", "PartitionKey": "k", "ExplicitHashKey": "7"}] * 3
    client.put_records(StreamName="votes", Records=records)
    reply = DirectPut(client).put_records(StreamName="votes", Records=records)
    theirs, ours = sent
    assert json.loads(ours.body) == json.loads(theirs.body)
    for name in ("X-Amz-Target", "Content-Type"):
        assert ours.headers[name] == theirs.headers[name]
    assert ours.headers["Content-Length"] == str(len(ours.body))
    assert ours.headers["Authorization"].startswith(b"AWS4-HMAC-SHA256 ")
    assert reply["Records"] == [{"SequenceNumber": "1", "ShardId": "s"}]


def test_what_is_signed_is_what_is_sent(client: Any, sent: list[AWSPreparedRequest]) -> None:
    signed: list[bytes] = []

    def before_sign(request: AWSRequest, **_: object) -> None:
        signed.append(request.body)

    client.meta.events.register("before-sign.kinesis.PutRecords", before_sign)
    records = [{"Data": b"x" * 100, "PartitionKey": "k"}]
    DirectPut(client).put_records(StreamName="votes", Records=records)
    assert signed == [sent[0].body] == [encode_body("votes", records)]


def test_threads_that_share_the_client_send_their_own_bodies(
    client: Any, sent: list[AWSPreparedRequest]
) -> None:
    """All are inside a call at once, so a body that is shared would be sent by several."""
    together = threading.Barrier(4, timeout=20)

    def meet(**_: object) -> None:
        together.wait()

    client.meta.events.register_first("before-call.kinesis.PutRecords", meet)
    direct = DirectPut(client)

    def put(number: int) -> None:
        record = {"Data": b"%d" % number, "PartitionKey": "k"}
        direct.put_records(StreamName=f"votes-{number}", Records=[record])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(put, range(4)))
    names = {json.loads(request.body)["StreamName"] for request in sent}
    assert names == {f"votes-{number}" for number in range(4)}
