"""Full disks, foreign files, injected faults and sudden death."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.clock import ManualClock
from core.errors import DataFolderUnusable
from core.item import Item, to_item
from local.aws_error import AwsError
from local.dynamodb import DynamoDbService

Refusal = Callable[..., AwsError]

# Commits one transaction after another and says so after each, until it is killed.
WRITER = """
import sys
from pathlib import Path
from core.clock import SystemClock
from core.item import to_item
from local.dynamodb import DynamoDbService

service = DynamoDbService(Path(sys.argv[1]), SystemClock())
number = int(sys.argv[2])
while True:
    service.transact_write_items(TransactItems=[
        {"Put": {"TableName": "tallies", "Item": to_item({"pk": "mark", "sk": f"{number:06}"})}},
        *({"Update": {
            "TableName": "tallies",
            "Key": to_item({"pk": "total", "sk": str(slot)}),
            "UpdateExpression": "ADD n :one SET filler = :filler",
            "ExpressionAttributeValues": {":one": {"N": "1"}, ":filler": {"S": "x" * 5000}},
        }} for slot in range(5)),
    ])
    print(number, flush=True)
    number += 1
"""


def test_a_killed_process_loses_nothing_it_acknowledged(
    tmp_path: Path, clock: ManualClock, table_request: dict[str, Any]
) -> None:
    """D1: after SIGKILL amid commits every acknowledged transaction is there, and is whole."""
    path = tmp_path / "tables.sqlite"
    service = DynamoDbService(path, clock)
    service.create_table(**table_request)
    service.close()
    committed = 0
    for round_number in range(4):
        command = [sys.executable, "-c", WRITER, str(path), str(committed)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            for _ in range(20 + 7 * round_number):
                acknowledged = int(writer.stdout.readline())
            writer.kill()
            acknowledged = max([acknowledged, *map(int, writer.stdout.read().split("\n")[:-1])])
        service = DynamoDbService(path, clock)
        items = service.scan(TableName="tallies", ProjectionExpression="pk, sk, n")["Items"]
        service.close()
        marks = [item["sk"]["S"] for item in items if item["pk"]["S"] == "mark"]
        totals = [int(item["n"]["N"]) for item in items if item["pk"]["S"] == "total"]
        committed = len(marks)
        assert committed > acknowledged, "an acknowledged transaction is missing"
        assert totals == [committed] * 5, "a transaction was applied in part"


def test_commits_are_synced_to_disk(tmp_path: Path, clock: ManualClock) -> None:
    service = DynamoDbService(tmp_path / "tables.sqlite", clock)
    connection = service._connection
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
    service.close()


def test_a_full_disk_is_a_500_with_nothing_applied(
    tmp_path: Path, clock: ManualClock, table_request: dict[str, Any], refusal: Refusal
) -> None:
    service = DynamoDbService(tmp_path / "tables.sqlite", clock)
    service.create_table(**table_request)
    connection = service._connection
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count={pages + 20}")
    puts = [
        {
            "Put": {
                "TableName": "tallies",
                "Item": to_item({"pk": "a", "sk": str(n), "t": "x" * 5000}),
            }
        }
        for n in range(30)
    ]
    service.transact_write_items(TransactItems=puts[:2])
    request = {"TransactItems": puts[2:], "ClientRequestToken": "t"}
    error = refusal(service.transact_write_items, **request)
    assert (error.code, error.response["ResponseMetadata"]["HTTPStatusCode"]) == (
        "InternalServerError",
        500,
    )
    assert service.scan(TableName="tallies")["Count"] == 2
    connection.execute("PRAGMA max_page_count=100000")
    service.transact_write_items(**request)
    assert service.scan(TableName="tallies")["Count"] == 30
    service.close()


def test_a_write_that_fails_midway_undoes_the_rest(
    service: DynamoDbService, key: Item, refusal: Refusal
) -> None:
    """D1: all or nothing, also when the disk gives up between two items."""
    service._connection.execute(
        "CREATE TEMP TRIGGER bad_sector BEFORE INSERT ON items WHEN new.range = CAST('2' AS BLOB)"
        " BEGIN SELECT RAISE(FAIL, 'bad sector'); END"
    )
    puts = [
        {"Put": {"TableName": "tallies", "Item": to_item({"pk": "a", "sk": sk})}} for sk in "123"
    ]
    error = refusal(service.transact_write_items, TransactItems=puts)
    assert error.code == "InternalServerError"
    assert service.scan(TableName="tallies")["Count"] == 0
    service.put_item(TableName="tallies", Item=key)
    assert service.scan(TableName="tallies")["Count"] == 1


def test_an_expiry_that_could_not_be_stored_is_not_in_force(
    service: DynamoDbService, key: Item, refusal: Refusal
) -> None:
    """D12: a table is as its last commit left it."""
    service.put_item(TableName="tallies", Item=key)
    service._connection.execute(
        "CREATE TEMP TRIGGER bad_sector BEFORE UPDATE ON items"
        " BEGIN SELECT RAISE(FAIL, 'bad sector'); END"
    )
    specification = {"Enabled": True, "AttributeName": "expires"}
    error = refusal(
        service.update_time_to_live, TableName="tallies", TimeToLiveSpecification=specification
    )
    assert error.code == "InternalServerError"
    described = service.describe_time_to_live(TableName="tallies")["TimeToLiveDescription"]
    assert described == {"TimeToLiveStatus": "DISABLED"}


def test_a_table_that_could_not_be_stored_is_not_there(
    service: DynamoDbService, table_request: dict[str, Any], refusal: Refusal
) -> None:
    service._connection.execute("PRAGMA query_only=1")
    error = refusal(service.create_table, **{**table_request, "TableName": "other"})
    assert error.code == "InternalServerError"
    assert refusal(service.delete_table, TableName="tallies").code == "InternalServerError"
    assert service.list_tables()["TableNames"] == ["tallies"]


@pytest.mark.parametrize("content", [b"not a database at all" * 100, b"\x00" * 4096])
def test_a_file_of_another_kind_is_left_alone(
    tmp_path: Path, clock: ManualClock, content: bytes
) -> None:
    path = tmp_path / "tables.sqlite"
    path.write_bytes(content)
    with pytest.raises(DataFolderUnusable, match="opening tables"):
        DynamoDbService(path, clock)
    assert path.read_bytes() == content


def test_a_database_of_another_version_is_refused(tmp_path: Path, clock: ManualClock) -> None:
    path = tmp_path / "tables.sqlite"
    DynamoDbService(path, clock).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(DataFolderUnusable, match="version 99"):
        DynamoDbService(path, clock)


def test_a_folder_in_the_files_place_is_refused(tmp_path: Path, clock: ManualClock) -> None:
    with pytest.raises(DataFolderUnusable):
        DynamoDbService(tmp_path, clock)


def test_a_fault_comes_before_its_operation(
    clock: ManualClock, table_request: dict[str, Any], key: Item, refusal: Refusal
) -> None:
    """D3: a simulated TransactionConflict looks like AWS's and applies nothing."""
    asked: list[str] = []
    conflict = AwsError(
        "TransactionCanceledException",
        "Transaction cancelled",
        extra={"CancellationReasons": [{"Code": "TransactionConflict"}]},
    )

    def faults(operation: str) -> None:
        asked.append(operation)
        if operation == "TransactWriteItems":
            raise conflict

    service = DynamoDbService(None, clock, faults=faults)
    service.create_table(**table_request)
    put = {"Put": {"TableName": "tallies", "Item": key}}
    assert refusal(service.transact_write_items, TransactItems=[put]) is conflict
    assert service.scan(TableName="tallies")["Count"] == 0
    assert asked == ["CreateTable", "TransactWriteItems", "Scan"]
    service.close()
