"""Tallies of seconds in, the same votes as minutes, then as one old item, out; nothing is lost.

Each move is one transaction that deletes the fine items, on condition that they have not changed,
and adds their counts to the coarse one: a crash, a late vote or two rollups at once change nothing.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from core import keys, limits
from core.clients import TableClient
from core.item import from_item
from core.service_error import code_of

_KEY_ATTRIBUTES: Final = frozenset({"pk", "sk", "expires_at"})
_MOVE_ITEMS_MAX: Final = 60  # the seconds of a minute; with the target well under a transaction
_PAGE_ITEMS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Move:
    """Items `sks` of `pk`, each as (sk, revision), whose `counts` go to the item `target_sk`."""

    pk: str
    target_sk: str
    sks: tuple[tuple[str, int], ...]
    counts: Counter[str]


def moves(pk: str, items: Iterable[Mapping[str, Any]], target: Mapping[str, str]) -> list[Move]:
    """Group items, given as plain values, by the item they go to (`target`: sk -> sk)."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for item in items:
        groups.setdefault(target[item["sk"]], []).append(item)
    result: list[Move] = []
    for target_sk, members in groups.items():
        for start in range(0, len(members), _MOVE_ITEMS_MAX):
            part = members[start : start + _MOVE_ITEMS_MAX]
            counts: Counter[str] = Counter()
            for item in part:
                counts.update({k: v for k, v in item.items() if k not in _KEY_ATTRIBUTES})
            sks = tuple((item["sk"], item[keys.REVISION]) for item in part)
            result.append(Move(pk, target_sk, sks, counts))
    return result


class Rollup:
    """Moves what has grown old, a bounded number of items a run."""

    def __init__(self, client: TableClient, *, table: str) -> None:
        self._client = client
        self._table = table

    def run(self, polls: Sequence[str], *, now_ms: int) -> int:
        """Roll up every poll's seconds, minutes and ledger lines; return how many items moved."""
        now_s = now_ms // 1000
        second_end = (now_s - limits.SECONDS_KEPT_S) // 60 * 60
        minute_end = (now_s - limits.MINUTES_KEPT_S) // 60
        moved = 0
        for poll in polls:
            pk = keys.poll_pk(poll)
            moved += self._roll(pk, "second#", keys.range_sk("second", second_end), _to_minute)
            moved += self._roll(pk, "minute#", keys.range_sk("minute", minute_end), _to_older)
        for poll in (*polls, keys.UNKNOWN_POLL):
            first = keys.ledger_sk(keys.OLDER_MINUTE + 1, 0)
            end = keys.ledger_sk(minute_end, 0)
            moved += self._roll(keys.ledger_pk(poll), first, end, _to_older_line)
        return moved

    def _roll(self, pk: str, first_sk: str, end_sk: str, target_of: Callable[[str], str]) -> int:
        page = self._client.query(
            TableName=self._table,
            ConsistentRead=True,
            KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :end",
            ExpressionAttributeValues={
                ":pk": {"S": pk},
                ":first": {"S": first_sk},
                ":end": {"S": end_sk},
            },
            Limit=_PAGE_ITEMS,
        )
        items = [from_item(item) for item in page["Items"]]
        target = {item["sk"]: target_of(item["sk"]) for item in items}
        return sum(self._apply(move) for move in moves(pk, items, target))

    def _apply(self, move: Move) -> int:
        """Apply one move; one that lost against a late vote is left for the next run."""
        actions = [self._delete(move.pk, sk, revision) for sk, revision in move.sks]
        names = {f"#{index}": name for index, name in enumerate(move.counts)}
        values = {f":{i}": {"N": str(count)} for i, count in enumerate(move.counts.values())}
        add = "ADD " + ",".join(f"#{index} :{index}" for index in range(len(names)))
        target = {
            "Update": {
                "TableName": self._table,
                "Key": {"pk": {"S": move.pk}, "sk": {"S": move.target_sk}},
                "UpdateExpression": add,
                "ExpressionAttributeNames": names,
                "ExpressionAttributeValues": values,
            }
        }
        try:
            self._client.transact_write_items(TransactItems=[*actions, target])
        except Exception as error:
            if code_of(error) == "TransactionCanceledException":
                return 0
            raise
        return len(move.sks)

    def _delete(self, pk: str, sk: str, revision: int) -> dict[str, Any]:
        return {
            "Delete": {
                "TableName": self._table,
                "Key": {"pk": {"S": pk}, "sk": {"S": sk}},
                "ConditionExpression": "#n = :n",
                "ExpressionAttributeNames": {"#n": keys.REVISION},
                "ExpressionAttributeValues": {":n": {"N": str(revision)}},
            }
        }


def _to_minute(sk: str) -> str:
    _, second, slot = sk.split("#")
    return keys.minute_sk(int(second) // 60, int(slot))


def _to_older(sk: str) -> str:
    return keys.older_sk(int(sk.rsplit("#", 1)[1]))


def _to_older_line(sk: str) -> str:
    return keys.ledger_sk(keys.OLDER_MINUTE, int(sk.rsplit("#", 1)[1]))
