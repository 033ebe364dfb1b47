"""A table and the start of its keys in, the items as plain values out."""

from collections.abc import Iterator
from typing import Any

from core.clients import TableClient
from core.item import from_item


def read_items(
    client: TableClient, table: str, pk: str, *, prefix: str = ""
) -> Iterator[dict[str, Any]]:
    """Yield every item of a partition whose sk begins with `prefix`, read consistently."""
    request: dict[str, Any] = {
        "TableName": table,
        "ConsistentRead": True,
        "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": {":pk": {"S": pk}},
    }
    if prefix:
        request["KeyConditionExpression"] += " AND begins_with(sk, :prefix)"
        request["ExpressionAttributeValues"][":prefix"] = {"S": prefix}
    while True:
        page = client.query(**request)
        for item in page["Items"]:
            yield from_item(item)
        if not page.get("LastEvaluatedKey"):
            return
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
