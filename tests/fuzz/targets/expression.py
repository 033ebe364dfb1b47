"""Any text as one of DynamoDB's expressions in: it is evaluated, or refused as AWS refuses."""

from collections.abc import Mapping
from typing import Any, Final

from core.clock import ManualClock
from core.item import to_item
from local.aws_error import AwsError
from local.dynamodb import DynamoDbService
from tests.fuzz.slices import Slices

TABLE: Final[dict[str, Any]] = {
    "TableName": "tallies",
    "KeySchema": [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ],
    "AttributeDefinitions": [
        {"AttributeName": "pk", "AttributeType": "S"},
        {"AttributeName": "sk", "AttributeType": "S"},
    ],
    "BillingMode": "PAY_PER_REQUEST",
}
_ITEM: Final = to_item({"pk": "a", "sk": "1", "n": 7, "s": "text", "l": [1, "b"], "m": {"k": 1}})
_KEY: Final = to_item({"pk": "a", "sk": "1"})
_NAMES: Final = {"#a": "n", "#b": "m", "#c": "new name"}
_VALUES: Final = to_item({":n": 3, ":s": "a", ":l": [1], ":m": {"x": 1}}) | {
    ":t": {"SS": ["x", "y"]},
    ":p": {"S": "a"},
}
_REFUSALS: Final = {"ValidationException", "ConditionalCheckFailedException"}
KINDS: Final = ("condition", "update", "filter", "key", "projection")
_TEXTS: Final = (
    ("condition", "attribute_not_exists(pk) OR #a < :n AND NOT contains(s, :s)"),
    ("condition", "size(l) BETWEEN :n AND :n OR n IN (:n, :s) AND attribute_type(m, :s)"),
    ("update", "SET n = n + :n, #b.k = if_not_exists(#c, :n), l[1] = :s REMOVE s ADD c :n"),
    ("update", "SET l = list_append(l, :l) ADD t :t DELETE u :t"),
    ("filter", "begins_with(sk, :s) AND m.k = :n AND l[0] <> :n"),
    ("key", "pk = :p AND begins_with(sk, :s)"),
    ("key", "pk = :p AND sk BETWEEN :s AND :p"),
    ("projection", "pk, #b.k, l[0]"),
)
SEEDS: Final = tuple(bytes([KINDS.index(kind)]) + text.encode() for kind, text in _TEXTS)
WORDS: Final = (
    *(b"SET ", b"REMOVE ", b"ADD ", b"DELETE ", b" AND ", b" OR ", b"NOT ", b" BETWEEN ", b" IN ("),
    *(b"attribute_exists(", b"attribute_not_exists(", b"attribute_type(", b"begins_with("),
    *(b"contains(", b"size(", b"if_not_exists(", b"list_append(", b"#a", b"#b", b"#c", b":n"),
    *(b":s", b":l", b":m", b":t", b":p", b"[0]", b"[99999999999]", b".k", b"<>", b"<=", b">="),
)
BYTES_MAX: Final = 600


class _Table:
    """One table with one item, as it was before each input."""

    def __init__(self) -> None:
        self.service = DynamoDbService(None, ManualClock())
        self.service.create_table(**TABLE)

    def ask(self, kind: str, text: str) -> None:
        """Evaluate a text; raises AwsError."""
        service, names = self.service, _used(_NAMES, text)
        service.put_item(TableName="tallies", Item=_ITEM)
        with_names: dict[str, Any] = {"TableName": "tallies"}
        if names:
            with_names["ExpressionAttributeNames"] = names
        if kind == "projection":
            service.get_item(Key=_KEY, ProjectionExpression=text, **with_names)
            return
        asked = with_names | {"ExpressionAttributeValues": _used(_VALUES, text)}
        if not asked["ExpressionAttributeValues"]:
            del asked["ExpressionAttributeValues"]
        if kind == "condition":
            service.put_item(Item=_ITEM, ConditionExpression=text, **asked)
        elif kind == "update":
            service.update_item(
                Key=_KEY, UpdateExpression=text, ReturnValues="UPDATED_NEW", **asked
            )
        elif kind == "key":
            service.query(KeyConditionExpression=text, **asked)
        else:
            values = {**asked.pop("ExpressionAttributeValues", {}), ":pk": {"S": "a"}}
            service.query(
                KeyConditionExpression="pk = :pk",
                FilterExpression=text,
                ExpressionAttributeValues=values,
                **asked,
            )


def _used(given: Mapping[str, Any], text: str) -> dict[str, Any]:
    """Return those that a text may use: DynamoDB refuses what is not."""
    return {name: value for name, value in given.items() if name in text}


_table: Final = _Table()


def one_input(data: bytes) -> None:
    slices = Slices(data)
    kind, text = slices.choice(KINDS), slices.text()
    try:
        _table.ask(kind, text)
    except AwsError as error:
        _check(error)


def _check(error: AwsError) -> None:
    assert error.code in _REFUSALS, error
    assert len(error.message) < 20 * BYTES_MAX, "a refusal does not grow"
