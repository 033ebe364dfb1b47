"""UpdateItem: SET, REMOVE, ADD, DELETE, and what each answers."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import ManualClock
from core.item import Item, from_item, to_item
from local.aws_error import AwsError
from local.dynamodb import DynamoDbService
from local.dynamodb.attribute import canonical_item
from local.dynamodb.placeholders import bind
from local.dynamodb.update import compiled

OLD: Item = canonical_item(
    {
        "n": {"N": "7"},
        "text": {"S": "word"},
        "colours": {"SS": ["red", "blue"]},
        "list": {"L": [{"N": "0"}, {"N": "1"}, {"N": "2"}, {"N": "3"}]},
        "map": {"M": {"inner": {"M": {"x": {"N": "1"}}}}},
    }
)
VALUES: dict[str, Any] = {
    ":one": {"N": "1"},
    ":half": {"N": "0.5"},
    ":text": {"S": "new"},
    ":reds": {"SS": ["red"]},
    ":greens": {"SS": ["green", "red"]},
    ":both": {"SS": ["red", "blue"]},
    ":numbers": {"NS": ["1"]},
    ":list": {"L": [{"N": "9"}]},
    ":map": {"M": {}},
}


def updated(text: str, old: Item = OLD) -> Item:
    update = compiled(text)
    used = {name: VALUES[name] for name in update.expression.values}
    names, values = bind({"ExpressionAttributeValues": used or None}, update.expression)
    return update.apply(old, update.targets(names, ("pk", "sk")), names, values)


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("SET n = n + :one", {"n": {"N": "8"}}),
        ("SET n = :one - n", {"n": {"N": "-6"}}),
        ("SET n = (n + :half)", {"n": {"N": "7.5"}}),
        ("SET m = n, n = :one", {"m": {"N": "7"}, "n": {"N": "1"}}),  # operands read the old item
        ("SET n = if_not_exists(n, :one)", {}),
        ("SET m = if_not_exists(m, :one) + :one", {"m": {"N": "2"}}),
        ("SET l = list_append(list, :list)", {"l": {"L": [*OLD["list"]["L"], {"N": "9"}]}}),
        ("SET l = list_append(:list, if_not_exists(l, :list))", {"l": {"L": [{"N": "9"}] * 2}}),
        (
            "SET map.inner.y = :one",
            {"map": {"M": {"inner": {"M": {"x": {"N": "1"}, "y": {"N": "1"}}}}}},
        ),
        (
            "SET list[1] = :text",
            {"list": {"L": [{"N": "0"}, {"S": "new"}, {"N": "2"}, {"N": "3"}]}},
        ),
        (
            "SET list[99] = :one, list[98] = :text",
            {"list": {"L": [*OLD["list"]["L"], {"S": "new"}, {"N": "1"}]}},
        ),
        ("REMOVE text, absent", {"text": None}),
        ("REMOVE list[0], list[2]", {"list": {"L": [{"N": "1"}, {"N": "3"}]}}),
        ("REMOVE list[7]", {}),
        ("REMOVE map.inner.x", {"map": {"M": {"inner": {"M": {}}}}}),
        (
            "SET list[3] = :text REMOVE list[0]",
            {"list": {"L": [{"N": "1"}, {"N": "2"}, {"S": "new"}]}},
        ),
        ("ADD n :one, m :half", {"n": {"N": "8"}, "m": {"N": "0.5"}}),
        ("ADD map.inner.x :one", {"map": {"M": {"inner": {"M": {"x": {"N": "2"}}}}}}),
        ("ADD colours :greens", {"colours": {"SS": ["blue", "green", "red"]}}),
        ("ADD others :numbers", {"others": {"NS": ["1"]}}),
        ("DELETE colours :reds", {"colours": {"SS": ["blue"]}}),
        ("DELETE colours :both", {"colours": None}),  # no set is empty
        ("DELETE absent :reds", {}),
        (
            "add n :one set m = :one delete colours :reds remove text",
            {"n": {"N": "8"}, "m": {"N": "1"}, "colours": {"SS": ["blue"]}, "text": None},
        ),
    ],
)
def test_updates_change_what_they_name(text: str, changes: dict[str, Any]) -> None:
    """D5: ADD starts from 0 where the attribute is absent."""
    before = canonical_item(OLD)
    expected = {name: value for name, value in {**OLD, **changes}.items() if value is not None}
    assert updated(text) == expected
    assert before == OLD, "the old item stays as it is"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SET m = absent", "refers to an attribute that does not exist in the item"),
        ("SET m = absent + :one", "refers to an attribute that does not exist in the item"),
        ("SET n = text + :one", "An operand in the update expression has an incorrect data type"),
        ("SET n = n + :text", "operator or function: +, operand type: S"),
        ("SET l = list_append(list, :one)", "operator or function: list_append, operand type: N"),
        ("SET l = list_append(n, :list)", "incorrect data type"),
        ("SET absent.x = :one", "The document path provided in the update expression is invalid"),
        ("SET n.x = :one", "The document path provided in the update expression is invalid"),
        ("SET map[0] = :one", "The document path provided in the update expression is invalid"),
        ("REMOVE list.x", "The document path provided in the update expression is invalid"),
        ("ADD text :one", "incorrect data type"),
        ("ADD colours :numbers", "incorrect data type"),
        ("ADD n :text", "operator: ADD, operand type: STRING"),
        ("DELETE colours :one", "operator: DELETE, operand type: NUMBER"),
        ("DELETE n :reds", "incorrect data type"),
        ("SET n = :one SET m = :one", 'The "SET" section can only be used once'),
        ("SET n = :one ADD n :one", "Two document paths overlap with each other"),
        ("SET map.inner = :map REMOVE map", "path one: [map, inner], path two: [map]"),
        ("SET list[0] = :one, list.x = :one", "Two document paths conflict with each other"),
        ("SET pk = :text", "Cannot update attribute pk. This attribute is part of the key"),
        ("SET n = size(text)", "Invalid function name; function: size"),
        ("ADD n", 'Syntax error; token: "<EOF>"'),
        (" ", "The expression can not be empty;"),
    ],
)
def test_a_bad_update_is_refused_with_awss_words(text: str, message: str) -> None:
    with pytest.raises(AwsError) as caught:
        updated(text)
    assert caught.value.code == "ValidationException"
    assert message in caught.value.message


def test_an_item_cannot_be_nested_into_itself_without_end() -> None:
    item: Item = {"map": {"M": {}}}
    for _ in range(31):
        item = updated("SET map.inner = map", item)
    with pytest.raises(AwsError, match="Nesting Levels"):
        updated("SET map.inner = map", item)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(-(10**9), 10**9)), max_size=12))
def test_adds_commute(additions: list[tuple[str, int]]) -> None:
    """D5: the order in which numbers are added does not matter."""

    def total(order: list[tuple[str, int]]) -> Item:
        item: Item = {}
        for name, amount in order:
            update = compiled("ADD #n :n")
            names, values = {"#n": name}, {":n": {"N": str(amount)}}
            item = update.apply(item, update.targets(names, ()), names, values)
        return item

    assert total(additions) == total(additions[::-1]) == total(sorted(additions))


def test_an_update_of_an_absent_item_makes_it(
    service: DynamoDbService, key: Item, get: Callable[[Item], Item | None]
) -> None:
    service.update_item(TableName="tallies", Key=key)
    assert get(key) == key


@pytest.mark.parametrize(
    ("shown", "attributes"),
    [
        ("NONE", None),
        ("ALL_OLD", {"pk": "a", "sk": "1", "n": 1, "other": "x", "map": {"a": 1, "b": 2}}),
        ("ALL_NEW", {"pk": "a", "sk": "1", "n": 3, "other": "x", "map": {"a": 1, "b": 9}, "m": 2}),
        ("UPDATED_OLD", {"n": 1, "map": {"b": 2}}),
        ("UPDATED_NEW", {"n": 3, "map": {"b": 9}, "m": 2}),
    ],
)
def test_return_values_show_what_was_asked_for(
    service: DynamoDbService, key: Item, shown: str, attributes: dict[str, Any] | None
) -> None:
    item = {"n": 1, "other": "x", "map": {"a": 1, "b": 2}}
    service.put_item(TableName="tallies", Item={**key, **to_item(item)})
    reply = service.update_item(
        TableName="tallies",
        Key=key,
        UpdateExpression="ADD n :two, m :two SET #map.b = :nine",
        ExpressionAttributeNames={"#map": "map"},
        ExpressionAttributeValues={":two": {"N": "2"}, ":nine": {"N": "9"}},
        ReturnValues=shown,
    )
    found = reply.get("Attributes")
    assert (None if found is None else from_item(found)) == attributes


def test_a_counter_that_is_added_to_twice_counts_twice(clock: ManualClock) -> None:
    """D5: ADD is not idempotent: a retried call counts again."""
    service = DynamoDbService(None, clock)
    service.create_table(
        TableName="counters",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    for _ in range(2):
        service.update_item(
            TableName="counters",
            Key={"pk": {"S": "x"}},
            UpdateExpression="ADD n :n",
            ExpressionAttributeValues={":n": {"N": "5"}},
        )
    assert service.get_item(TableName="counters", Key={"pk": {"S": "x"}})["Item"]["n"] == {
        "N": "10"
    }
    service.close()
