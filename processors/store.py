"""A transaction in, committed or told why not: the one place that writes tallies to DynamoDB."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from core import limits
from core.clients import TableClient
from core.item import Item, from_item, to_attribute, to_item
from core.keys import MARK_SK, lane_pk, lane_sk
from core.lane import LaneState
from core.service_error import code_of, response_of
from core.tally import ItemKey
from processors.lane import Known
from processors.transaction import LaneKey, Mark, Transaction

DAY_S: Final = 86_400
CANCELED: Final = "TransactionCanceledException"
CONDITION_FAILED: Final = "ConditionalCheckFailed"
_CONTENTION: Final = frozenset(
    {"TransactionConflict", "ProvisionedThroughputExceeded", "ThrottlingError"}
)
_RETRYABLE: Final = frozenset(
    {
        "TransactionInProgressException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingException",
        "InternalServerError",
        "InternalFailure",
        "ServiceUnavailable",
    }
)


class Contended(Exception):
    """The transaction was refused for a reason that passes; nothing was applied."""


class TallyStore:
    """Writes transactions to the tally table."""

    def __init__(self, client: TableClient, *, table: str) -> None:
        self._client = client
        self._table = table

    def commit(self, transaction: Transaction, known: Known, *, now_ms: int) -> bool:
        """Apply a transaction; return whether it is committed.

        When its conditions fail, nothing is applied, `known` has learned what the table holds, and
        the answer is False: plan again. Raise Contended for conflicts and throttles, and the
        client's own exception for anything else.
        """
        actions = self._actions(transaction, now_ms // 1000)
        try:
            self._client.transact_write_items(TransactItems=actions)
        except Exception as error:
            if code_of(error) in _RETRYABLE:
                raise Contended(code_of(error)) from error
            if code_of(error) != CANCELED:
                raise
            self._learn(transaction, known, response_of(error).get("CancellationReasons", []))
            return False
        for key, (_, after) in transaction.lanes.items():
            known.lanes[key] = after
        known.marks.update(transaction.marks)
        return True

    def _actions(self, transaction: Transaction, now_s: int) -> list[dict[str, Any]]:
        """Return the actions in the order `_learn` reads their reasons in."""
        actions = [
            self._put_lane(key, read, after, now_s)
            for key, (read, after) in transaction.lanes.items()
        ]
        actions += [self._put_mark(pk, mark, now_s) for pk, mark in transaction.marks.items()]
        actions += [
            self._add(key, counts, now_s) for key, counts in transaction.increments.items.items()
        ]
        return actions

    def _put_lane(
        self, key: LaneKey, read: LaneState, after: LaneState, now_s: int
    ) -> dict[str, Any]:
        producer, lane = key
        item = to_item(
            {"pk": lane_pk(producer), "sk": lane_sk(lane)}
            | after.to_values()
            | {"expires_at": now_s + limits.LANE_IDLE_DAYS * DAY_S}
        )
        if read.rev == 0:
            return self._put(item, "attribute_not_exists(pk)")
        put = self._put(item, "rev = :rev")
        put["Put"]["ExpressionAttributeValues"] = {":rev": to_attribute(read.rev)}
        return put

    def _put_mark(self, pk: str, mark: Mark, now_s: int) -> dict[str, Any]:
        values = {"pk": pk, "sk": MARK_SK, "position": mark.position, "digest": mark.digest}
        item = to_item(values | {"expires_at": now_s + limits.MARKER_DAYS * DAY_S})
        return self._put(item, "attribute_not_exists(pk)")

    def _put(self, item: Item, condition: str) -> dict[str, Any]:
        return {
            "Put": {
                "TableName": self._table,
                "Item": item,
                "ConditionExpression": condition,
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        }

    def _add(self, key: ItemKey, counts: Counter[str], now_s: int) -> dict[str, Any]:
        pk, sk = key
        names = {f"#{index}": name for index, name in enumerate(counts)}
        values = {f":{index}": {"N": str(count)} for index, count in enumerate(counts.values())}
        expression = "ADD " + ",".join(f"#{index} :{index}" for index in range(len(counts)))
        if sk.startswith("counted#"):
            expression += " SET expires_at = :expires_at"
            expires_s = now_s + limits.COUNTED_SECONDS_KEPT_S
            values[":expires_at"] = {"N": str(expires_s)}
        return {
            "Update": {
                "TableName": self._table,
                "Key": {"pk": {"S": pk}, "sk": {"S": sk}},
                "UpdateExpression": expression,
                "ExpressionAttributeNames": names,
                "ExpressionAttributeValues": values,
            }
        }

    @staticmethod
    def _learn(
        transaction: Transaction, known: Known, reasons: Sequence[Mapping[str, Any]]
    ) -> None:
        """Take over what the table holds where a condition failed; clause D3 gives the order."""
        keys: list[LaneKey | str] = [*transaction.lanes, *transaction.marks]
        learned = False
        codes = {str(reason.get("Code", "None")) for reason in reasons}
        for key, reason in zip(keys, reasons, strict=False):
            if reason.get("Code") != CONDITION_FAILED:
                continue
            learned = True
            item = reason.get("Item")
            if isinstance(key, str):
                assert item, "a marker that stood in the way exists"
                values = from_item(item)
                known.marks[key] = Mark(values["position"], values["digest"])
            else:
                known.lanes[key] = LaneState.from_values(from_item(item)) if item else LaneState()
        if not learned:
            if codes & _CONTENTION or not codes - {"None"}:
                raise Contended(", ".join(sorted(codes)))
            raise AssertionError(f"writing tallies: a transaction of ours is refused: {codes}")
