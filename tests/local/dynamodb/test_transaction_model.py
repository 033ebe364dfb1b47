"""Random transactions against a plain dictionary that does the same."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.clock import ManualClock
from core.item import to_item
from local.aws_error import AwsError
from local.dynamodb import DynamoDbService

# (what, item, amount): "add" needs nothing, "put" an absent item, "drop" and "check" a present one.
actions = st.tuples(
    st.sampled_from(["add", "put", "drop", "check"]), st.integers(0, 5), st.integers(-9, 9)
)
transactions = st.lists(
    st.lists(actions, min_size=1, max_size=5, unique_by=lambda action: action[1]), max_size=12
)


def structure(what: str, item: int, amount: int) -> dict[str, Any]:
    key = to_item({"pk": "a", "sk": str(item)})
    values = {":n": {"N": str(amount)}}
    match what:
        case "add":
            return {
                "Update": {
                    "TableName": "tallies",
                    "Key": key,
                    "UpdateExpression": "ADD n :n",
                    "ExpressionAttributeValues": values,
                }
            }
        case "put":
            return {
                "Put": {
                    "TableName": "tallies",
                    "Item": {**key, "n": values[":n"]},
                    "ConditionExpression": "attribute_not_exists(pk)",
                }
            }
        case _:
            name = "Delete" if what == "drop" else "ConditionCheck"
            condition = "attribute_exists(pk)"
            return {name: {"TableName": "tallies", "Key": key, "ConditionExpression": condition}}


def outcome(model: dict[int, int], transaction: list[tuple[str, int, int]]) -> list[str]:
    """Apply a transaction to the model, or nothing; return the reasons AWS would give."""
    fails = [
        (what == "put" and item in model) or (what in ("drop", "check") and item not in model)
        for what, item, _ in transaction
    ]
    if not any(fails):
        for what, item, amount in transaction:
            if what == "drop":
                del model[item]
            elif what != "check":
                model[item] = model.get(item, 0) + amount
    return ["ConditionalCheckFailed" if failed else "None" for failed in fails]


@settings(max_examples=60)
@given(transactions)
def test_transactions_do_what_a_dictionary_does(
    history: list[list[tuple[str, int, int]]],
) -> None:
    """D1: all or nothing; D3: reasons in action order."""
    service = DynamoDbService(None, ManualClock())
    service.create_table(
        TableName="tallies",
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    model: dict[int, int] = {}
    for transaction in history:
        reasons = outcome(model, transaction)
        items = [structure(*action) for action in transaction]
        if "ConditionalCheckFailed" in reasons:
            with pytest.raises(AwsError) as caught:
                service.transact_write_items(TransactItems=items)
            given_reasons = caught.value.response["CancellationReasons"]
            assert [reason["Code"] for reason in given_reasons] == reasons
        else:
            service.transact_write_items(TransactItems=items)
        found = service.scan(TableName="tallies")["Items"]
        assert {int(item["sk"]["S"]): int(item["n"]["N"]) for item in found} == model
    service.close()
