"""The real services in, the same services behind a faulty network out."""

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from core.clock import ManualClock
from local.aws_error import AwsError
from local.dynamodb import DynamoDbService
from local.simulation.chance import Chance

Reply = Mapping[str, Any]
_PAGES_MAX: Final = 2**31 - 2


class FaultyStream:
    """Kinesis as a producer sees it; `written` is called with every entry that is stored."""

    def __init__(
        self,
        put: Callable[[Sequence[Mapping[str, Any]]], Reply],
        chance: Chance,
        written: Callable[[Mapping[str, Any]], None],
    ) -> None:
        self._put = put
        self._chance = chance
        self._written = written

    def put_records(self, *, StreamName: str, Records: Sequence[Mapping[str, Any]]) -> Reply:
        self._chance.may_die()
        self._chance.delay("put_slow")
        if self._chance.strikes("put_refused"):
            raise AwsError("InternalFailure", "Internal service failure.", status=500)
        if self._chance.strikes("put_repeated"):
            self._store(Records)
        throttled = [self._chance.strikes("put_throttled") for _ in Records]
        kept = [entry for entry, hit in zip(Records, throttled, strict=True) if not hit]
        outcomes = iter(self._store(kept) if kept else ())
        if self._chance.strikes("put_answer_lost"):
            raise TimeoutError("read timed out")
        self._chance.may_die()
        refused = {"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "Rate"}
        return {"Records": [refused if hit else next(outcomes) for hit in throttled]}

    def _store(self, entries: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
        outcomes: Sequence[Mapping[str, Any]] = self._put(entries)["Records"]
        for entry, outcome in zip(entries, outcomes, strict=True):
            if outcome.get("SequenceNumber"):
                self._written(entry)
        return outcomes


class Table(DynamoDbService):
    """DynamoDB in memory, on a disk that may be full."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(None, clock)

    def fill(self) -> None:
        """Let the database grow no more: SQLite itself says that the disk is full."""
        self._connection.execute("PRAGMA max_page_count = 1")  # at least what it has now

    def make_room(self) -> None:
        self._connection.execute(f"PRAGMA max_page_count = {_PAGES_MAX}")


class FaultyTable:
    """DynamoDB as a function sees it; `interrupt` runs inside a transaction, before it commits.

    `committed` is called with the actions of every transaction that the table has taken.
    """

    def __init__(
        self,
        service: Table,
        chance: Chance,
        *,
        interrupt: Callable[[], None],
        committed: Callable[[Sequence[Mapping[str, Any]]], None],
    ) -> None:
        self._service = service
        self._chance = chance
        self._interrupt = interrupt
        self._committed = committed

    def transact_write_items(self, *, TransactItems: Sequence[Mapping[str, Any]]) -> Reply:
        self._chance.may_die()
        self._chance.delay("table_slow")
        if self._chance.strikes("table_away"):
            raise ConnectionRefusedError("connection refused")
        if self._chance.strikes("table_conflict"):
            reasons = [{"Code": "TransactionConflict"}] + [{"Code": "None"}] * 3
            extra = {"CancellationReasons": reasons}
            raise AwsError("TransactionCanceledException", "conflict", extra=extra)
        self._interrupt()
        reply = self._write(TransactItems)
        if self._chance.strikes("table_answer_lost"):
            raise TimeoutError("read timed out")
        self._chance.may_die()
        return reply

    def _write(self, actions: Sequence[Mapping[str, Any]]) -> Reply:
        full = self._chance.strikes("table_disk_full")
        if full:
            self._service.fill()
        try:
            reply = self._service.transact_write_items(TransactItems=actions)
        finally:
            if full:
                self._service.make_room()
        self._committed(actions)
        return reply

    def query(self, **request: Any) -> Reply:
        self._chance.may_die()
        if self._chance.strikes("table_away"):
            raise ConnectionRefusedError("connection refused")
        return self._service.query(**request)

    def put_item(self, **request: Any) -> Reply:
        return self._service.put_item(**request)


class FaultyLake:
    """S3 as a function sees it: the objects put so far."""

    def __init__(self, chance: Chance) -> None:
        self._chance = chance
        self.objects: dict[str, bytes] = {}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, **headers: str) -> Reply:
        self._chance.may_die()
        self._chance.delay("lake_slow")
        if self._chance.strikes("lake_away"):
            raise AwsError("InternalError", "We encountered an internal error.", status=500)
        self.objects[Key] = Body
        self._chance.may_die()
        return {}

    def get_object(self, *, Bucket: str, Key: str) -> Reply:
        self._chance.may_die()
        if self._chance.strikes("lake_away"):
            raise AwsError("InternalError", "We encountered an internal error.", status=500)
        return {"Body": io.BytesIO(self.objects[Key])}

    def list_objects_v2(
        self, *, Bucket: str, Prefix: str, StartAfter: str, ContinuationToken: str = ""
    ) -> Reply:
        """Answer in pages of two, so that paging happens."""
        if self._chance.strikes("lake_away"):
            raise AwsError("InternalError", "We encountered an internal error.", status=500)
        after = max(StartAfter, ContinuationToken)
        keys = sorted(key for key in self.objects if key.startswith(Prefix) and key > after)
        page = [{"Key": key, "Size": len(self.objects[key])} for key in keys[:2]]
        return {
            "Contents": page,
            "IsTruncated": len(keys) > 2,
            **({"NextContinuationToken": keys[1]} if len(keys) > 2 else {}),
        }
