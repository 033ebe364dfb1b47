"""Items, transactions and tables that the local DynamoDB and moto must treat alike."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from core.item import to_item
from core.service_error import code_of, response_of
from local.aws_error import AwsError


def key(sk: str, pk: str = "a") -> dict[str, Any]:
    return to_item({"pk": pk, "sk": sk})


def put(client: Any, sk: str, pk: str = "a", **attributes: object) -> None:
    client.put_item(TableName="tallies", Item={**key(sk, pk), **to_item(attributes)})


def got(client: Any, sk: str) -> Any:
    return client.get_item(TableName="tallies", Key=key(sk), ConsistentRead=True).get("Item")


def refusal(call: Callable[..., Any], **request: Any) -> Exception:
    with pytest.raises((AwsError, ClientError)) as caught:
        call(**request)
    error: Exception = caught.value
    return error


def test_an_item_comes_back_as_it_was_put(client: Any) -> None:
    item = {
        **key("1"),
        "n": {"N": "12.5"},
        "b": {"B": b"\x00\xff"},
        "list": {"L": [{"BOOL": True}, {"NULL": True}, {"M": {"x": {"S": ""}}}]},
        "set": {"SS": ["a"]},
    }
    client.put_item(TableName="tallies", Item=item)
    assert got(client, "1") == item
    assert got(client, "2") is None


def test_a_failed_condition_can_show_the_item(client: Any) -> None:
    """D7: ReturnValuesOnConditionCheckFailure=ALL_OLD."""
    put(client, "1", n=5)
    error = refusal(
        client.put_item,
        TableName="tallies",
        Item=key("1"),
        ConditionExpression="attribute_not_exists(pk)",
        ReturnValuesOnConditionCheckFailure="ALL_OLD",
    )
    assert response_of(error)["Item"] == {**key("1"), "n": {"N": "5"}}


def test_a_query_pages_through_a_span(client: Any) -> None:
    for n in range(7):
        put(client, f"second#{n}", n=n)
    put(client, "total", n=99)
    seen: list[str] = []
    start: dict[str, Any] = {}
    while True:
        reply = client.query(
            TableName="tallies",
            KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
            ExpressionAttributeValues={":pk": {"S": "a"}, ":prefix": {"S": "second#"}},
            ProjectionExpression="n",
            ScanIndexForward=False,
            Limit=3,
            **start,
        )
        seen += [item["n"]["N"] for item in reply["Items"]]
        if "LastEvaluatedKey" not in reply:
            break
        start = {"ExclusiveStartKey": reply["LastEvaluatedKey"]}
    assert seen == ["6", "5", "4", "3", "2", "1", "0"]


def test_batches_write_and_read(client: Any) -> None:
    client.batch_write_item(
        RequestItems={"tallies": [{"PutRequest": {"Item": key(str(n))}} for n in range(3)]}
    )
    client.batch_write_item(RequestItems={"tallies": [{"DeleteRequest": {"Key": key("0")}}]})
    reply = client.batch_get_item(
        RequestItems={"tallies": {"Keys": [key(str(n)) for n in range(4)]}}
    )
    assert sorted(item["sk"]["S"] for item in reply["Responses"]["tallies"]) == ["1", "2"]
    assert reply["UnprocessedKeys"] == {}


def _transaction(sk: str) -> list[dict[str, Any]]:
    return [
        {
            "Put": {
                "TableName": "tallies",
                "Item": key(sk, "mark"),
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        },
        {
            "Update": {
                "TableName": "tallies",
                "Key": key("total"),
                "UpdateExpression": "ADD n :n",
                "ExpressionAttributeValues": {":n": {"N": "1"}},
            }
        },
    ]


def test_a_transaction_counts_a_marked_vote_once(client: Any) -> None:
    """D6: marker and counter together; D3: the reasons name the action that failed."""
    client.transact_write_items(TransactItems=_transaction("vote"))
    error = refusal(client.transact_write_items, TransactItems=_transaction("vote"))
    assert code_of(error) == "TransactionCanceledException"
    codes = [reason["Code"] for reason in response_of(error)["CancellationReasons"]]
    assert codes == ["ConditionalCheckFailed", "None"]
    message = response_of(error)["Error"]["Message"]
    assert message.endswith("[ConditionalCheckFailed, None]")
    assert got(client, "total")["n"] == {"N": "1"}


def test_a_transaction_touches_an_item_once(client: Any) -> None:
    """D1: no two actions on the same item."""
    (_, update) = _transaction("x")
    error = refusal(client.transact_write_items, TransactItems=[update, update])
    assert code_of(error) == "ValidationException"
    assert "multiple operations on one item" in response_of(error)["Error"]["Message"]


def test_a_transaction_reads_several_items(client: Any) -> None:
    put(client, "1", n=1)
    reply = client.transact_get_items(
        TransactItems=[{"Get": {"TableName": "tallies", "Key": key(sk)}} for sk in ("1", "2")]
    )
    assert [one.get("Item") for one in reply["Responses"]] == [{**key("1"), "n": {"N": "1"}}, None]


def test_a_missing_table_is_not_found(client: Any) -> None:
    error = refusal(client.describe_table, TableName="none")
    assert code_of(error) == "ResourceNotFoundException"
    error = refusal(client.query, TableName="none", KeyConditionExpression="pk = :p",
                    ExpressionAttributeValues={":p": {"S": "a"}})  # fmt: skip
    assert code_of(error) == "ResourceNotFoundException"


def test_tables_come_and_go(client: Any) -> None:
    assert client.list_tables()["TableNames"] == ["tallies"]
    assert client.describe_table(TableName="tallies")["Table"]["TableStatus"] == "ACTIVE"
    client.update_time_to_live(
        TableName="tallies",
        TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"},
    )
    described = client.describe_time_to_live(TableName="tallies")["TimeToLiveDescription"]
    assert described == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}
    client.delete_table(TableName="tallies")
    assert client.list_tables()["TableNames"] == []


def test_consumed_capacity_has_a_shape(client: Any) -> None:
    """D4: units are reported where asked for."""
    reply = client.put_item(TableName="tallies", Item=key("1"), ReturnConsumedCapacity="TOTAL")
    assert reply["ConsumedCapacity"] == {"TableName": "tallies", "CapacityUnits": 1.0}
