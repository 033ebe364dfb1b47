"""boto3's calls of DynamoDB in, its replies out: the slice that Colour Cube uses, on SQLite."""

import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from core.clock import Clock
from local.dynamodb import members, page, read, rows, transact_write, write
from local.dynamodb.catalog import Catalog
from local.dynamodb.database import open_database, transaction
from local.dynamodb.refusal import internal_server_error, malformed, not_implemented
from local.dynamodb.table_control import TableControl
from local.dynamodb.token import TokenLog

Reply = dict[str, Any]
Result = TypeVar("Result")


class DynamoDbService:
    """A local DynamoDB. Calls come one at a time; a write that returned is on disk.

    `path` None keeps everything in memory. `faults` is called with the operation's name before
    each operation and may raise AwsError, as a simulation does. Methods take boto3's keyword
    arguments, answer in boto3's shapes and raise AwsError with AWS's codes.
    """

    def __init__(
        self,
        path: Path | None,
        clock: Clock,
        *,
        faults: Callable[[str], None] | None = None,
    ) -> None:
        self._clock = clock
        self._faults = faults
        self._connection = open_database(path)
        self._catalog = Catalog(self._connection)
        self._tables = TableControl(self._connection, self._catalog)
        self._tokens = TokenLog(self._connection)

    def close(self) -> None:
        self._connection.close()

    def sweep_expired(self) -> int:
        """Delete items whose time to live has passed; return how many (clause D12)."""
        return _guarded(self._sweep)

    def _sweep(self) -> int:
        now_s = self._clock.now_ms() // 1000
        swept = 0
        for table in self._catalog.tables():
            while table.ttl_attribute is not None:
                with transaction(self._connection):
                    deleted = rows.delete_expired(self._connection, table, now_s)
                if not deleted:
                    break
                swept += deleted
        return swept

    def create_table(self, **request: Any) -> Reply:
        now_ms = self._clock.now_ms()
        return self._operate("CreateTable", request, lambda: self._tables.create(request, now_ms))

    def describe_table(self, **request: Any) -> Reply:
        now_ms = self._clock.now_ms()
        return self._operate(
            "DescribeTable", request, lambda: self._tables.describe(request, now_ms)
        )

    def list_tables(self, **request: Any) -> Reply:
        return self._operate("ListTables", request, lambda: self._tables.list(request))

    def delete_table(self, **request: Any) -> Reply:
        return self._operate("DeleteTable", request, lambda: self._tables.delete(request))

    def update_time_to_live(self, **request: Any) -> Reply:
        return self._operate(
            "UpdateTimeToLive", request, lambda: self._tables.update_time_to_live(request)
        )

    def describe_time_to_live(self, **request: Any) -> Reply:
        return self._operate(
            "DescribeTimeToLive", request, lambda: self._tables.describe_time_to_live(request)
        )

    def put_item(self, **request: Any) -> Reply:
        return self._on_items("PutItem", request, write.put_item)

    def update_item(self, **request: Any) -> Reply:
        return self._on_items("UpdateItem", request, write.update_item)

    def delete_item(self, **request: Any) -> Reply:
        return self._on_items("DeleteItem", request, write.delete_item)

    def batch_write_item(self, **request: Any) -> Reply:
        return self._on_items("BatchWriteItem", request, write.batch_write_item)

    def get_item(self, **request: Any) -> Reply:
        return self._on_items("GetItem", request, read.get_item)

    def batch_get_item(self, **request: Any) -> Reply:
        return self._on_items("BatchGetItem", request, read.batch_get_item)

    def transact_get_items(self, **request: Any) -> Reply:
        return self._on_items("TransactGetItems", request, read.transact_get_items)

    def query(self, **request: Any) -> Reply:
        return self._on_items("Query", request, page.query)

    def scan(self, **request: Any) -> Reply:
        return self._on_items("Scan", request, page.scan)

    def transact_write_items(self, **request: Any) -> Reply:
        now_ms = self._clock.now_ms()
        return self._operate(
            "TransactWriteItems",
            request,
            lambda: transact_write.transact_write_items(
                self._connection, self._catalog, self._tokens, request, now_ms
            ),
        )

    def execute_statement(self, **request: Any) -> NoReturn:
        raise not_implemented("ExecuteStatement")

    def batch_execute_statement(self, **request: Any) -> NoReturn:
        raise not_implemented("BatchExecuteStatement")

    def execute_transaction(self, **request: Any) -> NoReturn:
        raise not_implemented("ExecuteTransaction")

    def update_table(self, **request: Any) -> NoReturn:
        raise not_implemented("UpdateTable")

    def _on_items(
        self,
        operation: str,
        request: Mapping[str, Any],
        perform: Callable[[sqlite3.Connection, Catalog, Mapping[str, Any]], Reply],
    ) -> Reply:
        return self._operate(
            operation, request, lambda: perform(self._connection, self._catalog, request)
        )

    def _operate(
        self, operation: str, request: Mapping[str, Any], perform: Callable[[], Reply]
    ) -> Reply:
        if self._faults is not None:
            self._faults(operation)
        members.check_names(operation, request)
        return _guarded(perform)


def _guarded(perform: Callable[[], Result]) -> Result:
    """Run one operation; what the disk refuses becomes a 500 with nothing applied."""
    try:
        return perform()
    except sqlite3.DatabaseError as error:
        raise internal_server_error() from error
    except UnicodeEncodeError as error:  # half of a surrogate pair is no UTF-8
        raise malformed("Unexpected value type in payload") from error
