"""A warehouse in, one client's questions and answers out: for tests."""

import gzip
import io
import json
from collections.abc import Mapping
from typing import Any

from core.clock import ManualClock
from local.aws_error import AwsError
from local.warehouse.error import WarehouseError
from local.warehouse.outcome import Column
from local.warehouse.session import Session
from local.warehouse.warehouse import Warehouse

ROLE = "iam_role default"


class Lake:
    """Objects in memory, as boto3's S3 client answers for them; `away` refuses everything."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.page_keys = 1000
        self.away = False

    def put(self, key: str, body: bytes | str, *, squeezed: bool = False) -> None:
        data = body.encode() if isinstance(body, str) else body
        self.objects[key] = gzip.compress(data) if squeezed else data

    def put_manifest(self, key: str, *names: str, mandatory: bool = True) -> None:
        entries = [{"url": f"s3://lake/{name}", "mandatory": mandatory} for name in names]
        self.put(key, json.dumps({"entries": entries}))

    def put_object(self, **request: Any) -> Mapping[str, Any]:
        self._check(request["Bucket"])
        self.objects[request["Key"]] = request["Body"]
        return {}

    def get_object(self, **request: Any) -> Mapping[str, Any]:
        self._check(request["Bucket"])
        if request["Key"] not in self.objects:
            raise AwsError("NoSuchKey", "The specified key does not exist.", status=404)
        return {"Body": io.BytesIO(self.objects[request["Key"]])}

    def list_objects_v2(self, **request: Any) -> Mapping[str, Any]:
        self._check(request["Bucket"])
        keys = [key for key in sorted(self.objects) if key.startswith(request["Prefix"])]
        rest = [key for key in keys if key > request.get("ContinuationToken", "")]
        page = rest[: min(self.page_keys, request.get("MaxKeys", 1000))]
        reply: dict[str, Any] = {"IsTruncated": len(page) < len(rest)}
        if page:
            reply["Contents"] = [{"Key": key, "Size": len(self.objects[key])} for key in page]
        if reply["IsTruncated"]:
            reply["NextContinuationToken"] = page[-1]
        return reply

    def _check(self, bucket: str) -> None:
        if self.away:
            raise AwsError("InternalError", "We encountered an internal error.", status=500)
        if bucket != "lake":
            raise AwsError("NoSuchBucket", "The specified bucket does not exist", status=404)


class Client:
    """One session, asked in short words."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.session = Session(warehouse, user="cube", database="votes")

    def ask(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        """Return the rows of a statement."""
        return [tuple(row) for row in self.session.execute(sql, values).rows]

    def one(self, sql: str, *values: object) -> object:
        """Return the only value of a query."""
        ((value,),) = self.ask(sql, *values)
        return value

    def tag(self, sql: str, *values: object) -> str:
        outcome = self.session.execute(sql, values)
        for _ in outcome.rows:
            pass
        return outcome.tag

    def run(self, *statements: str) -> None:
        for statement in statements:
            self.tag(statement)

    def columns(self, sql: str) -> tuple[Column, ...]:
        """Return a query's columns, which Describe and the answer must agree on."""
        described = self.session.describe(sql, ())
        outcome = self.session.execute(sql)
        for _ in outcome.rows:
            pass
        assert outcome.columns is not None
        assert described == outcome.columns
        return outcome.columns

    def names(self, sql: str) -> list[str]:
        return [column.name for column in self.columns(sql)]

    def refused(self, sql: str, *values: object) -> WarehouseError:
        """Return the error of a statement that must fail."""
        try:
            self.ask(sql, *values)
        except WarehouseError as error:
            return error
        raise AssertionError(f"{sql} was not refused")

    def state(self, sql: str, *values: object) -> str:
        return self.refused(sql, *values).sqlstate

    @property
    def status(self) -> str:
        return self.session.status

    def close(self) -> None:
        self.session.close()


def fresh(warehouse: Warehouse) -> None:
    """Drop what a test has left."""
    client = Client(warehouse)
    kinds = client.ask(
        "select schema_name, table_name, table_type from svv_all_tables order by table_type desc"
    )
    materialized = {row[0] for row in client.ask("select name from svv_mv_info")}
    for schema, name, kind in kinds:
        what = "materialized view" if name in materialized else kind
        client.run(f'drop {what} if exists "{schema}"."{name}" cascade')
    client.close()


def lines(*rows: Mapping[str, object]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def warehouse_in_memory(lake: Lake, clock: ManualClock) -> Warehouse:
    return Warehouse(None, objects=lake, clock=clock, lock_wait_ms_max=2_000, idle_ms_max=1_000)
