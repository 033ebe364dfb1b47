"""DynamoDB over AWS JSON 1.0."""

import json
import zlib
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.wire.conftest import Connect
from tests.local.wire.plain_http import Answer, call

ITEM = {
    "pk": {"S": "a"},
    "raw": {"B": b"\x00\xff"},
    "raws": {"BS": [b"1", b"2"]},
    "map": {"M": {"list": {"L": [{"N": "1.5"}, {"NULL": True}, {"BOOL": False}]}}},
    "names": {"SS": ["x", "ü"]},
}


def dynamodb(url: str, operation: str, request: Any) -> Answer:
    body = request if isinstance(request, bytes) else json.dumps(request).encode()
    return call(url, f"DynamoDB_20120810.{operation}", body, "application/x-amz-json-1.0")


@pytest.fixture
def client(connect: Connect) -> Any:
    made = connect("dynamodb")
    made.create_table(
        TableName="tallies",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return made


def test_an_item_of_every_type_comes_back(client: Any) -> None:
    client.put_item(TableName="tallies", Item=ITEM)
    found = client.get_item(TableName="tallies", Key={"pk": {"S": "a"}})["Item"]
    assert found == ITEM


def test_a_failed_condition_shows_the_item(client: Any) -> None:
    client.put_item(TableName="tallies", Item=ITEM)
    with pytest.raises(ClientError) as caught:
        client.put_item(
            TableName="tallies",
            Item={"pk": {"S": "a"}},
            ConditionExpression="attribute_not_exists(pk)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    response: Any = caught.value.response
    assert response["Error"]["Code"] == "ConditionalCheckFailedException"
    assert response["Item"] == ITEM


def test_a_cancelled_transaction_gives_its_reasons(client: Any) -> None:
    client.put_item(TableName="tallies", Item=ITEM)
    puts = [
        {
            "Put": {
                "TableName": "tallies",
                "Item": {"pk": {"S": key}},
                "ConditionExpression": "attribute_not_exists(pk)",
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        }
        for key in ("new", "a")
    ]
    with pytest.raises(ClientError) as caught:
        client.transact_write_items(TransactItems=puts)
    response: Any = caught.value.response
    codes = [reason["Code"] for reason in response["CancellationReasons"]]
    assert codes == ["None", "ConditionalCheckFailed"]
    assert response["CancellationReasons"][1]["Item"] == ITEM


def test_answers_carry_their_checksum_and_the_names_of_errors_their_space(client: Any) -> None:
    answer = dynamodb(client.meta.endpoint_url, "DescribeTable", {"TableName": "nope"})
    assert int(answer.headers["x-amz-crc32"]) == zlib.crc32(answer.body)
    assert answer.headers["content-type"] == "application/x-amz-json-1.0"
    assert answer.json() == {
        "__type": "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException",
        "message": "Requested resource not found: Table: nope not found",
    }


@pytest.mark.parametrize(
    ("request_", "name"),
    [
        ({"TableName": "tallies"}, "com.amazon.coral.validate#ValidationException"),
        (
            {"TableName": "tallies", "Item": {"pk": {"S": 7}}},
            "com.amazon.coral.service#SerializationException",
        ),
        (b"{", "com.amazon.coral.service#SerializationException"),
    ],
)
def test_a_request_that_does_not_fit_is_refused(client: Any, request_: Any, name: str) -> None:
    answer = dynamodb(client.meta.endpoint_url, "PutItem", request_)
    assert (answer.status, answer.json()["__type"]) == (400, name)


@pytest.mark.parametrize("inmost", ['{"S":"x"}', '{"S":7}'])
def test_an_item_nested_beyond_any_limit_is_refused(client: Any, inmost: str) -> None:
    deep = '{"L":[' * 400 + inmost + "]}" * 400
    body = f'{{"TableName":"tallies","Item":{{"pk":{{"S":"a"}},"deep":{deep}}}}}'.encode()
    answer = dynamodb(client.meta.endpoint_url, "PutItem", body)
    assert answer.status == 400


def test_what_the_engine_lacks_is_refused_by_name(client: Any) -> None:
    answer = dynamodb(client.meta.endpoint_url, "CreateBackup", {})
    assert answer.json()["message"] == "local engine: dynamodb.CreateBackup is not implemented"
