"""Tables: create, describe, list, delete, and expiry of items."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.clock import ManualClock
from core.item import Item, to_item
from local.aws_error import AwsError
from local.dynamodb import DynamoDbService

Refusal = Callable[..., AwsError]
TTL: dict[str, Any] = {
    "TableName": "tallies",
    "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "expires"},
}
DAY_S = 86_400


def test_a_table_is_described_once_made(service: DynamoDbService, key: Item) -> None:
    service.put_item(TableName="tallies", Item=key)
    table = service.describe_table(TableName="tallies")["Table"]
    assert table["TableStatus"] == "ACTIVE"
    assert table["ItemCount"] == 1
    assert table["TableArn"] == "arn:aws:dynamodb:us-east-1:000000000000:table/tallies"
    assert [key["AttributeName"] for key in table["KeySchema"]] == ["pk", "sk"]


def test_a_second_table_of_one_name_is_refused(
    service: DynamoDbService, table_request: dict[str, Any], refusal: Refusal
) -> None:
    error = refusal(service.create_table, **table_request)
    assert (error.code, error.message) == (
        "ResourceInUseException",
        "Table already exists: tallies",
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"TableName": "a"}, "regular expression pattern"),
        ({"GlobalSecondaryIndexes": []}, "CreateTable.GlobalSecondaryIndexes is not implemented"),
        ({"LocalSecondaryIndexes": []}, "CreateTable.LocalSecondaryIndexes is not implemented"),
        ({"StreamSpecification": {}}, "CreateTable.StreamSpecification is not implemented"),
        ({"KeySchema": []}, "length greater than or equal to 1"),
        ({"KeySchema": [{"AttributeName": "x", "KeyType": "HASH"}]}, "are not defined"),
        ({"KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}]}, "does not exactly match"),
        ({"KeySchema": [{"AttributeName": "pk", "KeyType": "RANGE"}]}, "is not a HASH key type"),
        ({"AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "SS"}]}, "[B, N, S]"),
        ({"BillingMode": "PROVISIONED"}, "must both be specified"),
        ({"BillingMode": "FREE"}, "enum value set"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(
    service: DynamoDbService,
    table_request: dict[str, Any],
    refusal: Refusal,
    change: dict[str, Any],
    message: str,
) -> None:
    error = refusal(service.create_table, **{**table_request, "TableName": "other", **change})
    assert error.code == "ValidationException"
    assert message in error.message
    assert service.list_tables()["TableNames"] == ["tallies"]


def test_tables_are_listed_in_pages(
    service: DynamoDbService, table_request: dict[str, Any]
) -> None:
    for name in ("alpha", "omega"):
        service.create_table(**{**table_request, "TableName": name})
    first = service.list_tables(Limit=2)
    assert first == {"TableNames": ["alpha", "omega"], "LastEvaluatedTableName": "omega"}
    rest = service.list_tables(ExclusiveStartTableName="omega")
    assert rest == {"TableNames": ["tallies"]}


def test_a_deleted_table_is_gone_with_its_items(
    service: DynamoDbService, table_request: dict[str, Any], key: Item, refusal: Refusal
) -> None:
    service.put_item(TableName="tallies", Item=key)
    reply = service.delete_table(TableName="tallies")
    assert reply["TableDescription"]["TableStatus"] == "DELETING"
    error = refusal(service.describe_table, TableName="tallies")
    assert error.message == "Requested resource not found: Table: tallies not found"
    error = refusal(service.get_item, TableName="tallies", Key=key)
    assert (error.code, error.message) == (
        "ResourceNotFoundException",
        "Requested resource not found",
    )
    service.create_table(**table_request)
    assert service.scan(TableName="tallies")["Count"] == 0


@pytest.mark.parametrize(
    "operation",
    ["execute_statement", "batch_execute_statement", "execute_transaction", "update_table"],
)
def test_operations_that_are_not_there_are_refused_by_name(
    service: DynamoDbService, refusal: Refusal, operation: str
) -> None:
    error = refusal(getattr(service, operation))
    name = operation.title().replace("_", "")
    assert error.message == f"local engine: dynamodb {name} is not implemented"


def put(service: DynamoDbService, sk: str, **attributes: object) -> None:
    service.put_item(TableName="tallies", Item=to_item({"pk": "a", "sk": sk, **attributes}))


def left(service: DynamoDbService) -> set[str]:
    return {item["sk"]["S"] for item in service.scan(TableName="tallies")["Items"]}


def test_expired_items_show_until_they_are_swept(
    service: DynamoDbService, clock: ManualClock
) -> None:
    """D12: epoch seconds, a Number; expired items still show in reads."""
    now_s = clock.now_ms() // 1000
    service.update_time_to_live(**TTL)
    put(service, "soon", expires=now_s + 10)
    put(service, "later", expires=now_s + 100)
    put(service, "never")
    put(service, "text", expires=str(now_s - 10))
    put(service, "ancient", expires=now_s - 5 * 366 * DAY_S)
    assert service.sweep_expired() == 0
    clock.advance(10_000)
    assert left(service) == {"soon", "later", "never", "text", "ancient"}
    assert service.sweep_expired() == 1
    assert left(service) == {"later", "never", "text", "ancient"}


def test_an_expiry_that_is_moved_or_removed_counts_anew(
    service: DynamoDbService, clock: ManualClock
) -> None:
    """D12: the value at the time of the sweep decides."""
    now_s = clock.now_ms() // 1000
    service.update_time_to_live(**TTL)
    for sk in ("moved", "removed", "rewritten"):
        put(service, sk, expires=now_s - 1)
    put(service, "moved", expires=now_s + 100)
    put(service, "rewritten", expires=now_s - 1, n=1)
    service.update_item(
        TableName="tallies",
        Key=to_item({"pk": "a", "sk": "removed"}),
        UpdateExpression="REMOVE expires",
    )
    assert service.sweep_expired() == 1
    assert left(service) == {"moved", "removed"}


def test_a_sweep_of_many_items_ends_only_when_all_are_gone(
    service: DynamoDbService, clock: ManualClock
) -> None:
    """D12: one commit deletes a bounded number, the sweep goes on."""
    service.update_time_to_live(**TTL)
    for start in range(0, 2500, 25):
        puts = [
            {
                "PutRequest": {
                    "Item": to_item({"pk": "a", "sk": str(start + n), "expires": 1_789_999_999})
                }
            }
            for n in range(25)
        ]
        service.batch_write_item(RequestItems={"tallies": puts})
    assert service.sweep_expired() == 2500
    assert left(service) == set()


def test_time_to_live_takes_in_items_that_were_there(
    service: DynamoDbService, clock: ManualClock, refusal: Refusal
) -> None:
    """D12: enabling it later dates the items already stored; disabling stops the sweep."""
    put(service, "old", expires=clock.now_ms() // 1000 - 5)
    assert service.describe_time_to_live(TableName="tallies") == {
        "TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}
    }
    service.update_time_to_live(**TTL)
    assert service.describe_time_to_live(TableName="tallies") == {
        "TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}
    }
    assert "already enabled" in refusal(service.update_time_to_live, **TTL).message
    off = {**TTL, "TimeToLiveSpecification": {"Enabled": False, "AttributeName": "expires"}}
    service.update_time_to_live(**off)
    assert service.sweep_expired() == 0
    service.update_time_to_live(**TTL)
    assert service.sweep_expired() == 1


def test_tables_items_and_expiry_come_back_after_a_restart(
    tmp_path: Path, clock: ManualClock, table_request: dict[str, Any], refusal: Refusal
) -> None:
    """D2 and D12 hold across a restart: tokens and expiry are on disk."""
    path = tmp_path / "deep" / "tables.sqlite"
    first = DynamoDbService(path, clock)
    first.create_table(**table_request)
    first.update_time_to_live(**TTL)
    put(first, "gone", expires=clock.now_ms() // 1000 - 1)
    item = {**to_item({"pk": "a", "sk": "x"}), "b": {"B": b"\x00\xff"}, "n": {"N": "0.10"}}
    write = {"TransactItems": [{"Put": {"TableName": "tallies", "Item": item}}]}
    first.transact_write_items(**write, ClientRequestToken="t")
    first.close()
    again = DynamoDbService(path, clock)
    assert again.sweep_expired() == 1
    assert again.scan(TableName="tallies")["Items"] == [{**item, "n": {"N": "0.1"}}]
    other = {
        "TransactItems": [{"Put": {"TableName": "tallies", "Item": {**item, "z": {"N": "1"}}}}]
    }
    error = refusal(again.transact_write_items, **other, ClientRequestToken="t")
    assert error.code == "IdempotentParameterMismatchException"
    again.close()
