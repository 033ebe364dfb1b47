"""A poll and a shard in, its trend read from, or written to, the trend table."""

from core.clients import ItemClient
from core.item import to_item
from core.keys import trend_pk, trend_sk
from core.service_error import code_of
from core.trend import TrendState, from_trend_item, to_trend_item

_CONDITION_FAILED = "ConditionalCheckFailedException"


class TrendStore:
    """Reads and writes the items of the trend table, each written by one shard's invocation."""

    def __init__(self, client: ItemClient, *, table: str) -> None:
        self._client = client
        self._table = table

    def load(self, poll: str, shard: str) -> TrendState | None:
        """Return what the table holds, None for nothing."""
        key = to_item({"pk": trend_pk(poll), "sk": trend_sk(shard)})
        reply = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return from_trend_item(reply["Item"]) if reply.get("Item") else None

    def save(self, poll: str, shard: str, state: TrendState, *, read: TrendState | None) -> bool:
        """Replace the state that was read; return False, with nothing done, if another is there."""
        request = {"TableName": self._table, "Item": to_trend_item(poll, shard, state)}
        if read is None:
            request["ConditionExpression"] = "attribute_not_exists(pk)"
        else:
            request["ConditionExpression"] = "through = :through"
            request["ExpressionAttributeValues"] = {":through": {"S": str(read.through)}}
        try:
            self._client.put_item(**request)
        except Exception as error:
            if code_of(error) != _CONDITION_FAILED:
                raise
            return False
        return True
