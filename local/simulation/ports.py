"""The real services in, the same services behind a faulty network out."""

import io
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from local.aws_error import AwsError
from local.dynamodb import DynamoDbService
from local.simulation.options import FaultRates

Reply = Mapping[str, Any]


class Chance:
    """Draws faults from the seed while they are on, and counts those that struck."""

    def __init__(self, rng: random.Random, rates: FaultRates) -> None:
        self._rng = rng
        self._rates = rates
        self.on = True
        self.struck: dict[str, int] = {}

    def strikes(self, fault: str) -> bool:
        """Return whether `fault`, a name of FaultRates, strikes now."""
        if not self.on or self._rng.random() >= getattr(self._rates, fault):
            return False
        self.struck[fault] = self.struck.get(fault, 0) + 1
        return True


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
        if self._chance.strikes("put_refused"):
            raise AwsError("InternalFailure", "Internal service failure.", status=500)
        if self._chance.strikes("put_repeated"):
            self._store(Records)
        throttled = [self._chance.strikes("put_throttled") for _ in Records]
        kept = [entry for entry, hit in zip(Records, throttled, strict=True) if not hit]
        outcomes = iter(self._store(kept) if kept else ())
        if self._chance.strikes("put_answer_lost"):
            raise TimeoutError("read timed out")
        refused = {"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "Rate"}
        return {"Records": [refused if hit else next(outcomes) for hit in throttled]}

    def _store(self, entries: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
        outcomes: Sequence[Mapping[str, Any]] = self._put(entries)["Records"]
        for entry, outcome in zip(entries, outcomes, strict=True):
            if outcome.get("SequenceNumber"):
                self._written(entry)
        return outcomes


class FaultyTable:
    """DynamoDB as a function sees it; `interrupt` runs inside a transaction, before it commits."""

    def __init__(
        self, service: DynamoDbService, chance: Chance, interrupt: Callable[[], None]
    ) -> None:
        self._service = service
        self._chance = chance
        self._interrupt = interrupt

    def transact_write_items(self, *, TransactItems: Sequence[Mapping[str, Any]]) -> Reply:
        if self._chance.strikes("table_away"):
            raise ConnectionRefusedError("connection refused")
        if self._chance.strikes("table_conflict"):
            reasons = [{"Code": "TransactionConflict"}] + [{"Code": "None"}] * 3
            extra = {"CancellationReasons": reasons}
            raise AwsError("TransactionCanceledException", "conflict", extra=extra)
        self._interrupt()
        reply = self._service.transact_write_items(TransactItems=TransactItems)
        if self._chance.strikes("table_answer_lost"):
            raise TimeoutError("read timed out")
        return reply

    def query(self, **request: Any) -> Reply:
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
        if self._chance.strikes("lake_away"):
            raise AwsError("InternalError", "We encountered an internal error.", status=500)
        self.objects[Key] = Body
        return {}

    def get_object(self, *, Bucket: str, Key: str) -> Reply:
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
