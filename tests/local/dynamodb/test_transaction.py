"""TransactWriteItems: all or nothing, reasons in order, tokens, costs."""

from collections.abc import Callable
from typing import Any

import pytest

from core.clients import TableClient
from core.clock import ManualClock
from core.item import Item, to_item
from local.aws_error import AwsError
from local.dynamodb import DynamoDbService

Refusal = Callable[..., AwsError]
Get = Callable[[Item], Item | None]


def update(sk: str, name: str = "n", amount: str = "1", **extra: Any) -> dict[str, Any]:
    return {
        "Update": {
            "TableName": "tallies",
            "Key": to_item({"pk": "a", "sk": sk}),
            "UpdateExpression": "ADD #n :n",
            "ExpressionAttributeNames": {"#n": name},
            "ExpressionAttributeValues": {":n": {"N": amount}},
            **extra,
        }
    }


def new_mark(sk: str) -> dict[str, Any]:
    return {
        "Put": {
            "TableName": "tallies",
            "Item": to_item({"pk": "mark", "sk": sk}),
            "ConditionExpression": "attribute_not_exists(pk)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
    }


def counted(service: DynamoDbService, sk: str) -> str | None:
    item = service.get_item(TableName="tallies", Key=to_item({"pk": "a", "sk": sk})).get("Item")
    return None if item is None else str(item["n"]["N"])


def test_a_vote_is_counted_once_however_often_it_comes(
    service: DynamoDbService, refusal: Refusal
) -> None:
    """D6: a marker that must not exist and an ADD, in one transaction."""
    actions = [new_mark("vote-1"), update("total")]
    service.transact_write_items(TransactItems=actions)
    error = refusal(service.transact_write_items, TransactItems=actions)
    assert error.code == "TransactionCanceledException"
    assert counted(service, "total") == "1"


def test_a_cancelled_transaction_applies_nothing_and_gives_a_reason_an_action(
    service: DynamoDbService, refusal: Refusal
) -> None:
    """D3: reasons in the order of the actions; the innocent have Code None and no message."""
    service.transact_write_items(TransactItems=[new_mark("seen")])
    service.put_item(TableName="tallies", Item=to_item({"pk": "a", "sk": "text", "n": "word"}))
    error = refusal(
        service.transact_write_items,
        TransactItems=[
            update("total"),
            new_mark("seen"),
            new_mark("fresh"),
            update("text"),
            update("high", ConditionExpression="attribute_exists(pk)"),
        ],
    )
    assert error.response["CancellationReasons"] == [
        {"Code": "None"},
        {
            "Code": "ConditionalCheckFailed",
            "Message": "The conditional request failed",
            "Item": to_item({"pk": "mark", "sk": "seen"}),
        },
        {"Code": "None"},
        {
            "Code": "ValidationError",
            "Message": "An operand in the update expression has an incorrect data type",
        },
        {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"},
    ]
    assert error.message == (
        "Transaction cancelled, please refer cancellation reasons for specific reasons"
        " [None, ConditionalCheckFailed, None, ValidationError, ConditionalCheckFailed]"
    )
    assert counted(service, "total") is None
    fresh = to_item({"pk": "mark", "sk": "fresh"})
    assert "Item" not in service.get_item(TableName="tallies", Key=fresh)


def test_all_four_kinds_of_action_work_together(service: DynamoDbService, key: Item) -> None:
    """D1: Put, Update, Delete and ConditionCheck in one transaction."""
    service.put_item(TableName="tallies", Item=key)
    service.put_item(TableName="tallies", Item=to_item({"pk": "b", "sk": "1"}))
    check = {
        "TableName": "tallies",
        "Key": to_item({"pk": "b", "sk": "1"}),
        "ConditionExpression": "attribute_exists(pk)",
    }
    service.transact_write_items(
        TransactItems=[
            {"Delete": {"TableName": "tallies", "Key": key}},
            {"ConditionCheck": check},
            new_mark("x"),
            update("total"),
        ]
    )
    scanned = service.scan(TableName="tallies")["Items"]
    assert {(item["pk"]["S"], item["sk"]["S"]) for item in scanned} == {
        ("a", "total"),
        ("b", "1"),
        ("mark", "x"),
    }


@pytest.mark.parametrize(
    ("actions", "message"),
    [
        ([], "greater than or equal to 1"),
        ([update(str(n)) for n in range(101)], "less than or equal to 100"),
        ([update("1"), update("1", "other")], "cannot include multiple operations on one item"),
        ([{**update("1"), **new_mark("1")}], "can only contain one of Check, Put, Update or"),
        ([{}], "can only contain one of Check, Put, Update or"),
        ([{"Get": {}}], "TransactWriteItems.TransactItems.Get is not implemented"),
        ([update("1", ReturnValues="ALL_NEW")], "Update.ReturnValues is not implemented"),
    ],
)
def test_a_malformed_transaction_is_refused(
    service: DynamoDbService, refusal: Refusal, actions: list[dict[str, Any]], message: str
) -> None:
    """D1: 1 to 100 actions, no two on one item."""
    error = refusal(service.transact_write_items, TransactItems=actions)
    assert error.code == "ValidationException"
    assert message in error.message
    assert service.scan(TableName="tallies")["Count"] == 0


def test_a_condition_check_and_an_update_of_one_item_are_refused(
    service: DynamoDbService, refusal: Refusal
) -> None:
    """D1: no two actions on the same item, not even a check."""
    check = {
        "TableName": "tallies",
        "Key": to_item({"pk": "a", "sk": "1"}),
        "ConditionExpression": "attribute_not_exists(pk)",
    }
    error = refusal(
        service.transact_write_items, TransactItems=[{"ConditionCheck": check}, update("1")]
    )
    assert "multiple operations on one item" in error.message


def test_100_actions_are_taken(service: DynamoDbService) -> None:
    """D1: 100 actions commit together."""
    service.transact_write_items(TransactItems=[update(str(n)) for n in range(100)])
    assert service.scan(TableName="tallies", Select="COUNT")["Count"] == 100


def test_a_transaction_holds_4_mb(service: DynamoDbService, refusal: Refusal) -> None:
    """D1: 4 MB in total."""

    def puts(count: int) -> list[dict[str, Any]]:
        items = [{"pk": "a", "sk": f"{n:02}", "text": "x" * 399_000} for n in range(count)]
        return [{"Put": {"TableName": "tallies", "Item": to_item(item)}} for item in items]

    service.transact_write_items(TransactItems=puts(10))
    error = refusal(service.transact_write_items, TransactItems=puts(11))
    assert error.code == "ValidationException"
    assert service.scan(TableName="tallies", Select="COUNT")["Count"] < 11


def test_a_token_makes_a_repeated_transaction_count_once(
    service: DynamoDbService, clock: ManualClock, refusal: Refusal
) -> None:
    """D2: idempotent for ten minutes after completion, then a new transaction."""
    request: dict[str, Any] = {"TransactItems": [update("total")], "ClientRequestToken": "t" * 36}
    service.transact_write_items(**request)
    clock.advance(599_999)
    service.transact_write_items(**request)
    assert counted(service, "total") == "1"
    clock.advance(1)
    service.transact_write_items(**request)
    assert counted(service, "total") == "2"
    refusal(service.transact_write_items, **{**request, "ClientRequestToken": "t" * 37})
    refusal(service.transact_write_items, **{**request, "ClientRequestToken": ""})


def test_a_token_with_other_content_is_a_mismatch(
    service: DynamoDbService, refusal: Refusal
) -> None:
    """D2: IdempotentParameterMismatchException; the order of names in a request is no content."""
    service.transact_write_items(TransactItems=[update("total")], ClientRequestToken="t")
    error = refusal(
        service.transact_write_items,
        TransactItems=[update("total", amount="2")],
        ClientRequestToken="t",
    )
    assert error.code == "IdempotentParameterMismatchException"
    turned = {"Update": dict(reversed(update("total")["Update"].items()))}
    service.transact_write_items(TransactItems=[turned], ClientRequestToken="t")
    assert counted(service, "total") == "1"


def test_a_cancelled_transaction_leaves_its_token_free(
    service: DynamoDbService, key: Item, refusal: Refusal
) -> None:
    """D2: only what completed is remembered."""
    request: dict[str, Any] = {
        "TransactItems": [update("total"), update("1", ConditionExpression="attribute_exists(pk)")],
        "ClientRequestToken": "t",
    }
    refusal(service.transact_write_items, **request)
    service.put_item(TableName="tallies", Item=key)
    service.transact_write_items(**request)
    assert counted(service, "total") == "1"


def test_a_transaction_costs_two_units_a_kilobyte_and_its_replay_costs_reads(
    service: DynamoDbService,
) -> None:
    """D4: two writes an item; D2: a replay reports read capacity."""
    big = {"pk": "a", "sk": "big", "text": "x" * 5000}
    request: dict[str, Any] = {
        "TransactItems": [
            update("small"),
            {"Put": {"TableName": "tallies", "Item": to_item(big)}},
        ],
        "ClientRequestToken": "t",
        "ReturnConsumedCapacity": "TOTAL",
    }
    reply = service.transact_write_items(**request)
    assert reply["ConsumedCapacity"] == [
        {"TableName": "tallies", "CapacityUnits": 12.0, "WriteCapacityUnits": 12.0}
    ]
    reply = service.transact_write_items(**request)
    assert reply["ConsumedCapacity"] == [
        {"TableName": "tallies", "CapacityUnits": 6.0, "ReadCapacityUnits": 6.0}
    ]


def test_the_service_is_a_client_that_stages_can_call(service: DynamoDbService) -> None:
    client: TableClient = service
    client.transact_write_items(TransactItems=[update("total")])
    reply = client.query(
        TableName="tallies",
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": "a"}},
    )
    assert reply["Count"] == 1
