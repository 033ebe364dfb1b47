"""Expressions that the local DynamoDB and moto must read alike."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from core.item import to_item
from core.service_error import code_of, response_of
from local.aws_error import AwsError


def key(sk: str, pk: str = "a") -> dict[str, Any]:
    return to_item({"pk": pk, "sk": sk})


def put(client: Any, sk: str, pk: str = "a", **attributes: object) -> None:
    client.put_item(TableName="tallies", Item={**key(sk, pk), **to_item(attributes)})


def got(client: Any, sk: str) -> Any:
    return client.get_item(TableName="tallies", Key=key(sk), ConsistentRead=True).get("Item")


def refusal(call: Callable[..., Any], **request: Any) -> Exception:
    with pytest.raises((AwsError, ClientError)) as caught:
        call(**request)
    error: Exception = caught.value
    return error


def test_add_starts_from_nothing_and_adds_up(client: Any) -> None:
    """D5: a number that is absent counts from 0."""
    for amount in ("1", "41"):
        reply = client.update_item(
            TableName="tallies",
            Key=key("1"),
            UpdateExpression="ADD #c :n SET seen = if_not_exists(seen, :n)",
            ExpressionAttributeNames={"#c": "c#red"},
            ExpressionAttributeValues={":n": {"N": amount}},
            ReturnValues="ALL_NEW",
        )
    assert reply["Attributes"] == {**key("1"), "c#red": {"N": "42"}, "seen": {"N": "1"}}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("SET #map.a = :n", {"map": {"a": 5, "b": 2}}),
        ("SET #list[0] = :n, #list[9] = :n", {"list": [5, 1, 2, 5]}),
        ("REMOVE #list[0], #list[1]", {"list": [2]}),
        ("REMOVE #map.a", {"map": {"b": 2}}),
        ("SET n = n + :n", {"n": 12}),
        ("SET n = :n - n", {"n": -2}),
        ("SET #list = list_append(#list, #list)", {"list": [0, 1, 2, 0, 1, 2]}),
    ],
)
def test_updates_reach_into_documents(
    client: Any, expression: str, expected: dict[str, Any]
) -> None:
    before = {"map": {"a": 1, "b": 2}, "list": [0, 1, 2], "n": 7}
    client.put_item(TableName="tallies", Item={**key("1"), **to_item(before)})
    names = {f"#{name}": name for name in ("map", "list") if f"#{name}" in expression}
    values = {":n": {"N": "5"}} if ":n" in expression else {}
    client.update_item(
        TableName="tallies",
        Key=key("1"),
        UpdateExpression=expression,
        **({"ExpressionAttributeNames": names} if names else {}),
        **({"ExpressionAttributeValues": values} if values else {}),
    )
    assert got(client, "1") == {**key("1"), **to_item({**before, **expected})}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("n = :five", True),
        ("n <> :five", False),
        ("n BETWEEN :one AND :five", True),
        ("n IN (:one, :text)", False),
        ("NOT n = :one AND attribute_exists(n)", True),
        ("attribute_not_exists(gone) AND (n < :one OR n > :one)", True),
        ("begins_with(t, :text)", True),
        ("contains(t, :text)", True),
        ("size(t) > :five", True),
        ("attribute_type(t, :s)", True),
        ("gone = :one", False),
        ("gone < :one", False),
    ],
)
def test_conditions_hold_alike(client: Any, condition: str, *, holds: bool) -> None:
    """D7: ConditionalCheckFailedException where they do not."""
    put(client, "1", n=5, t="wordy word")
    values = {
        ":five": {"N": "5"},
        ":one": {"N": "1"},
        ":text": {"S": "word"},
        ":s": {"S": "S"},
    }
    request: dict[str, Any] = {
        "TableName": "tallies",
        "Key": key("1"),
        "ConditionExpression": condition,
    }
    used = {name: value for name, value in values.items() if name in condition}
    if used:
        request["ExpressionAttributeValues"] = used
    if holds:
        client.delete_item(**request)
        assert got(client, "1") is None
    else:
        error = refusal(client.delete_item, **request)
        assert code_of(error) == "ConditionalCheckFailedException"
        assert got(client, "1") is not None


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("sk = :2", "2"),
        ("sk < :2", "01"),
        ("sk <= :2", "012"),
        ("sk > :2", "34"),
        ("sk >= :2", "234"),
        ("sk BETWEEN :2 AND :3", "23"),
    ],
)
def test_range_conditions_select_alike(client: Any, condition: str, expected: str) -> None:
    for n in range(5):
        put(client, str(n))
    values = {f":{n}": {"S": str(n)} for n in (2, 3) if f":{n}" in condition}
    reply = client.query(
        TableName="tallies",
        KeyConditionExpression=f"pk = :pk AND {condition}",
        ExpressionAttributeValues={":pk": {"S": "a"}, **values},
    )
    assert "".join(item["sk"]["S"] for item in reply["Items"]) == expected


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"UpdateExpression": "SET pk = :n"}, "This attribute is part of the key"),
        ({"UpdateExpression": "SET n = gone + :n"}, "does not exist in the item"),
        ({"UpdateExpression": "SET gone.x = :n"}, "document path provided in the update"),
        ({"UpdateExpression": "SET n = :n SET m = :n"}, 'The "SET" section can only be used once'),
        ({"UpdateExpression": "SET n = :n :n"}, "Syntax error; token:"),
        ({"UpdateExpression": "ADD word :n"}, "incorrect data type"),
        ({"UpdateExpression": ""}, "The expression can not be empty;"),
    ],
)
def test_bad_updates_are_refused_with_the_same_words(
    client: Any, change: dict[str, Any], message: str
) -> None:
    put(client, "1", word="x")
    request: dict[str, Any] = {
        "TableName": "tallies",
        "Key": key("1"),
        "ExpressionAttributeValues": {":n": {"N": "1"}},
    }
    error = refusal(client.update_item, **{**request, **change})
    assert code_of(error) == "ValidationException"
    assert message in response_of(error)["Error"]["Message"]


def test_filters_count_what_they_drop(client: Any) -> None:
    for n in range(4):
        put(client, str(n), n=n)
    request = {
        "TableName": "tallies",
        "FilterExpression": "n >= :n",
        "ExpressionAttributeValues": {":n": {"N": "3"}},
    }
    reply = client.scan(**request)
    assert (reply["Count"], reply["ScannedCount"], len(reply["Items"])) == (1, 4, 1)
    reply = client.scan(**request, Select="COUNT")
    assert (reply["Count"], reply["ScannedCount"]) == (1, 4)
    assert "Items" not in reply
