"""The slices of boto3's clients that stages call, under boto3's own names.

A real boto3 client fits these Protocols without an adapter; so do the local engine's services,
called in process by the simulation and the tests.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

Reply = Mapping[str, Any]


class StreamClient(Protocol):
    """Kinesis, as producers and readers call it."""

    def put_records(self, *, StreamName: str, Records: Sequence[Mapping[str, Any]]) -> Reply: ...


class StreamReader(Protocol):
    """Kinesis, as `cube check` reads it."""

    def list_shards(self, *, StreamName: str) -> Reply: ...

    def get_shard_iterator(
        self, *, StreamName: str, ShardId: str, ShardIteratorType: str
    ) -> Reply: ...

    def get_records(self, *, ShardIterator: str, Limit: int) -> Reply: ...


class TableClient(Protocol):
    """DynamoDB, as processors write it."""

    def transact_write_items(self, *, TransactItems: Sequence[Mapping[str, Any]]) -> Reply: ...

    def query(self, **request: Any) -> Reply: ...

    def put_item(self, **request: Any) -> Reply: ...


class ItemClient(Protocol):
    """DynamoDB, as the trend processor reads and writes single items."""

    def get_item(self, **request: Any) -> Reply: ...

    def put_item(self, **request: Any) -> Reply: ...


class ObjectClient(Protocol):
    """S3, as processors park records in it."""

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> Reply: ...


class StoredObjectClient(Protocol):
    """S3, as a worker reads what was too large to be handed over."""

    def get_object(self, *, Bucket: str, Key: str) -> Reply: ...


class FunctionClient(Protocol):
    """Lambda, as the dispatcher hands chunks to workers."""

    def invoke(self, *, FunctionName: str, InvocationType: str, Payload: bytes) -> Reply: ...


class LakeClient(ObjectClient, Protocol):
    """S3, as the load reads the lake."""

    def list_objects_v2(
        self, *, Bucket: str, Prefix: str, StartAfter: str, ContinuationToken: str = ...
    ) -> Reply: ...


class DataApiClient(Protocol):
    """The Redshift Data API, as the load calls it."""

    def execute_statement(self, **request: Any) -> Reply: ...

    def batch_execute_statement(self, **request: Any) -> Reply: ...

    def describe_statement(self, *, Id: str) -> Reply: ...

    def get_statement_result(self, **request: Any) -> Reply: ...


class QueryApiClient(DataApiClient, Protocol):
    """The Redshift Data API, as questions call it: somebody may stop them."""

    def cancel_statement(self, *, Id: str) -> Reply: ...
