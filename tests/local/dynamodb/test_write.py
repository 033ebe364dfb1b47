"""PutItem, DeleteItem, BatchWriteItem and the limits of an item."""

from collections.abc import Callable
from typing import Any

import pytest

from core.item import Item, to_item
from local.aws_error import AwsError
from local.dynamodb import DynamoDbService

Refusal = Callable[..., AwsError]
Get = Callable[[Item], Item | None]


def test_a_put_item_replaces_the_whole_item(service: DynamoDbService, key: Item, get: Get) -> None:
    service.put_item(TableName="tallies", Item={**key, "a": {"N": "1"}})
    reply = service.put_item(
        TableName="tallies", Item={**key, "b": {"N": "2.0"}}, ReturnValues="ALL_OLD"
    )
    assert reply == {"Attributes": {**key, "a": {"N": "1"}}}
    assert get(key) == {**key, "b": {"N": "2"}}


def test_a_deleted_item_is_gone(service: DynamoDbService, key: Item, get: Get) -> None:
    service.put_item(TableName="tallies", Item=key)
    assert service.delete_item(TableName="tallies", Key=key, ReturnValues="ALL_OLD") == {
        "Attributes": key
    }
    assert get(key) is None
    assert service.delete_item(TableName="tallies", Key=key, ReturnValues="ALL_OLD") == {}


def test_a_failed_condition_changes_nothing_and_shows_the_item(
    service: DynamoDbService, key: Item, get: Get, refusal: Refusal
) -> None:
    """D7: ConditionalCheckFailedException; ALL_OLD shows the item that stands in the way."""
    service.put_item(TableName="tallies", Item=key)
    request: dict[str, Any] = {
        "TableName": "tallies",
        "Item": {**key, "n": {"N": "1"}},
        "ConditionExpression": "attribute_not_exists(pk)",
    }
    error = refusal(service.put_item, **request)
    assert (error.code, error.message) == (
        "ConditionalCheckFailedException",
        "The conditional request failed",
    )
    assert "Item" not in error.response
    error = refusal(service.put_item, **request, ReturnValuesOnConditionCheckFailure="ALL_OLD")
    assert error.response["Item"] == key
    assert get(key) == key


def test_a_condition_on_what_changes_makes_a_write_idempotent(
    service: DynamoDbService, key: Item, get: Get, refusal: Refusal
) -> None:
    """D7: the second try of the same conditional write fails and applies nothing."""
    request: dict[str, Any] = {
        "TableName": "tallies",
        "Key": key,
        "UpdateExpression": "ADD n :one SET high = :new",
        "ConditionExpression": "attribute_not_exists(high) OR high < :new",
        "ExpressionAttributeValues": {":one": {"N": "1"}, ":new": {"N": "5"}},
    }
    service.update_item(**request)
    assert refusal(service.update_item, **request).code == "ConditionalCheckFailedException"
    assert get(key) == {**key, "n": {"N": "1"}, "high": {"N": "5"}}


def test_an_item_holds_400_kb_with_its_names_and_no_byte_more(
    service: DynamoDbService, key: Item, refusal: Refusal
) -> None:
    """D10: 400 KB including attribute names."""
    room = 400 * 1024 - len("pkask1text")
    service.put_item(TableName="tallies", Item={**key, "text": {"S": "x" * room}})
    error = refusal(
        service.put_item, TableName="tallies", Item={**key, "text": {"S": "x" * (room + 1)}}
    )
    assert error.message == "Item size has exceeded the maximum allowed size"
    error = refusal(
        service.update_item,
        TableName="tallies",
        Key=key,
        UpdateExpression="SET n = :n",
        ExpressionAttributeValues={":n": {"N": "1"}},
    )
    assert error.message == "Item size to update has exceeded the maximum allowed size"


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"pk": {"S": "a"}}, "Missing the key sk in the item"),
        ({"pk": {"S": "a"}, "sk": {"N": "1"}}, "Type mismatch for key sk expected: S actual: N"),
        ({"pk": {"S": ""}, "sk": {"S": "1"}}, "cannot contain an empty string value. Key: pk"),
        ({"pk": {"S": "a" * 2049}, "sk": {"S": "1"}}, "maximum size limit of2048 bytes"),
        ({"pk": {"S": "a"}, "sk": {"S": "1" * 1025}}, "size limit of 1024 bytes"),
    ],
)
def test_keys_are_checked_on_put(
    service: DynamoDbService, refusal: Refusal, item: Item, message: str
) -> None:
    """D10: a partition key has at most 2,048 bytes."""
    error = refusal(service.put_item, TableName="tallies", Item=item)
    assert error.code == "ValidationException"
    assert message in error.message


@pytest.mark.parametrize(
    "key",
    [
        {},
        {"pk": {"S": "a"}},
        {"pk": {"S": "a"}, "sk": {"N": "1"}},
        {"pk": {"S": "a"}, "x": {"S": "1"}},
        {"pk": {"S": "a"}, "sk": {"S": "1"}, "x": {"S": "1"}},
    ],
)
def test_a_key_that_is_not_the_tables_is_refused(
    service: DynamoDbService, refusal: Refusal, key: Item
) -> None:
    for call in (service.get_item, service.delete_item, service.update_item):
        error = refusal(call, TableName="tallies", Key=key)
        assert error.message == "The provided key element does not match the schema"


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        (
            {"ExpressionAttributeNames": {"#n": "n"}},
            "ExpressionAttributeNames can only be specified when using expressions",
        ),
        (
            {"ConditionExpression": "#n = :n", "ExpressionAttributeValues": {":n": {"N": "1"}}},
            "Invalid ConditionExpression: An expression attribute name used in the document path"
            " is not defined; attribute name: #n",
        ),
        (
            {"ConditionExpression": "n = :n"},
            "Invalid ConditionExpression: An expression attribute value used in expression is not"
            " defined; attribute value: :n",
        ),
        (
            {"ConditionExpression": "attribute_exists(n)", "ExpressionAttributeNames": {"#n": "n"}},
            "Value provided in ExpressionAttributeNames unused in expressions: keys: {#n}",
        ),
        (
            {
                "ConditionExpression": "attribute_exists(n)",
                "ExpressionAttributeValues": {":n": {"N": "1"}},
            },
            "Value provided in ExpressionAttributeValues unused in expressions: keys: {:n}",
        ),
        (
            {"ConditionExpression": "attribute_exists(n)", "ExpressionAttributeNames": {}},
            "ExpressionAttributeNames must not be empty",
        ),
        (
            {"ConditionExpression": "attribute_exists(n)", "ExpressionAttributeNames": {"n": "n"}},
            'ExpressionAttributeNames contains invalid key: Syntax error; key: "n"',
        ),
        ({"ReturnValues": "ALL_NEW"}, "ReturnValues can only be ALL_OLD or NONE"),
        (
            {"ReturnConsumedCapacity": "ALL"},
            "1 validation error detected: Value 'ALL' at 'returnConsumedCapacity' failed to satisfy"
            " constraint: Member must satisfy enum value set: [INDEXES, TOTAL, NONE]",
        ),
        ({"Expected": {}}, "local engine: dynamodb PutItem.Expected is not implemented"),
    ],
)
def test_bad_requests_are_refused_with_awss_words(
    service: DynamoDbService,
    key: Item,
    get: Get,
    refusal: Refusal,
    extra: dict[str, Any],
    message: str,
) -> None:
    error = refusal(service.put_item, TableName="tallies", Item=key, **extra)
    assert (error.code, error.message) == ("ValidationException", message)
    assert get(key) is None


def test_half_a_surrogate_pair_is_refused(
    service: DynamoDbService, key: Item, refusal: Refusal
) -> None:
    error = refusal(service.put_item, TableName="tallies", Item={**key, "t": {"S": "\ud800"}})
    assert error.code == "SerializationException"


def test_a_batch_puts_and_deletes(service: DynamoDbService, key: Item, get: Get) -> None:
    other = to_item({"pk": "a", "sk": "2"})
    service.put_item(TableName="tallies", Item=key)
    reply = service.batch_write_item(
        RequestItems={
            "tallies": [{"DeleteRequest": {"Key": key}}, {"PutRequest": {"Item": other}}]
        },
        ReturnConsumedCapacity="TOTAL",
    )
    assert reply["UnprocessedItems"] == {}
    assert reply["ConsumedCapacity"] == [{"TableName": "tallies", "CapacityUnits": 2.0}]
    assert get(key) is None
    assert get(other) == other


def test_a_batch_has_at_most_25_items_and_none_twice(
    service: DynamoDbService, key: Item, refusal: Refusal
) -> None:
    puts = [{"PutRequest": {"Item": to_item({"pk": "a", "sk": str(n)})}} for n in range(26)]
    error = refusal(service.batch_write_item, RequestItems={"tallies": puts})
    assert error.message == "Too many items requested for the BatchWriteItem call"
    error = refusal(service.batch_write_item, RequestItems={"tallies": [puts[0], puts[0]]})
    assert error.message == "Provided list of item keys contains duplicates"
    assert service.scan(TableName="tallies")["Count"] == 0


@pytest.mark.parametrize(("size", "units"), [(1, 1), (1024, 1), (1025, 2), (3 * 1024 + 1, 4)])
def test_a_write_costs_a_unit_a_kilobyte(
    service: DynamoDbService, key: Item, size: int, units: int
) -> None:
    """D4: outside a transaction, one write unit per KB begun, of the larger of old and new."""
    item = {**key, "t": {"S": "x" * (size - len("pkask1t"))}} if size > 7 else key
    reply = service.put_item(TableName="tallies", Item=item, ReturnConsumedCapacity="TOTAL")
    assert reply["ConsumedCapacity"] == {"TableName": "tallies", "CapacityUnits": float(units)}
    reply = service.delete_item(TableName="tallies", Key=key, ReturnConsumedCapacity="INDEXES")
    assert reply["ConsumedCapacity"]["Table"] == {"CapacityUnits": float(units)}
