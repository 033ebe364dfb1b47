"""GetItem, BatchGetItem, TransactGetItems, Query and Scan."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.clock import ManualClock
from core.item import Item, from_item, to_item
from local.aws_error import AwsError
from local.dynamodb import DynamoDbService, rows

Refusal = Callable[..., AwsError]


@pytest.fixture
def tallies(service: DynamoDbService) -> DynamoDbService:
    for pk in ("a", "b"):
        for n in range(10):
            item = {"pk": pk, "sk": f"second#{n}", "n": n, "even": n % 2 == 0}
            service.put_item(TableName="tallies", Item=to_item(item))
    return service


def sks(reply: dict[str, Any]) -> str:
    return "".join(item["sk"]["S"][-1] for item in reply["Items"])


def query(service: DynamoDbService, condition: str, **request: Any) -> dict[str, Any]:
    values = {":pk": "a", ":3": "second#3", ":6": "second#6", ":s": "second#", ":x": "x"}
    texts = " ".join([condition, request.get("FilterExpression", "")])
    used = {name: {"S": value} for name, value in values.items() if name in texts}
    used |= request.pop("values", {})
    return service.query(
        TableName="tallies",
        KeyConditionExpression=condition,
        ExpressionAttributeValues=used,
        **request,
    )


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("pk = :pk", "0123456789"),
        ("pk = :pk AND sk = :3", "3"),
        ("pk = :pk AND sk < :3", "012"),
        ("pk = :pk AND sk <= :3", "0123"),
        ("sk > :6 AND pk = :pk", "789"),
        ("(pk = :pk) AND (sk >= :6)", "6789"),
        ("pk = :pk AND sk BETWEEN :3 AND :6", "3456"),
        ("pk = :pk AND begins_with(sk, :s)", "0123456789"),
        ("pk = :pk AND begins_with(sk, :x)", ""),
        ("pk = :x", ""),
    ],
)
def test_a_query_reads_a_span_of_range_keys_both_ways(
    tallies: DynamoDbService, condition: str, expected: str
) -> None:
    assert sks(query(tallies, condition)) == expected
    assert sks(query(tallies, condition, ScanIndexForward=False)) == expected[::-1]


@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("limit", [1, 3, 5, 10, 11])
def test_pages_cover_a_query_once(tallies: DynamoDbService, limit: int, *, forward: bool) -> None:
    seen, start = "", dict[str, Any]()
    while True:
        reply = query(tallies, "pk = :pk", Limit=limit, ScanIndexForward=forward, **start)
        assert reply["ScannedCount"] <= limit
        seen += sks(reply)
        if "LastEvaluatedKey" not in reply:
            break
        start = {"ExclusiveStartKey": reply["LastEvaluatedKey"]}
    assert seen == ("0123456789" if forward else "9876543210")


def test_a_page_ends_before_1_mb_and_counts_what_the_filter_drops(service: DynamoDbService) -> None:
    for n in range(5):
        item = {"pk": "a", "sk": str(n), "text": "x" * 300_000}
        service.put_item(TableName="tallies", Item=to_item(item))
    reply = query(service, "pk = :pk", FilterExpression="sk_ = :x")
    assert (reply["Count"], reply["ScannedCount"]) == (0, 3)
    assert reply["LastEvaluatedKey"] == to_item({"pk": "a", "sk": "2"})
    rest = query(service, "pk = :pk", ExclusiveStartKey=reply["LastEvaluatedKey"])
    assert sks(rest) == "34"
    assert "LastEvaluatedKey" not in rest


def test_a_page_is_measured_by_item_size_not_by_its_json(service: DynamoDbService) -> None:
    numbers = {f"n{n}": n for n in range(1000)}  # JSON takes three times what counts
    for n in range(60):
        service.put_item(TableName="tallies", Item=to_item({"pk": "a", "sk": f"{n:02}", **numbers}))
    reply = query(service, "pk = :pk", ReturnConsumedCapacity="TOTAL")
    assert reply["Count"] == 60
    assert "LastEvaluatedKey" not in reply
    assert 40 < reply["ConsumedCapacity"]["CapacityUnits"] < 60


def test_filters_projections_and_counts(tallies: DynamoDbService) -> None:
    reply = query(
        tallies,
        "pk = :pk",
        FilterExpression="even = :true",
        ProjectionExpression="sk, n",
        values={":true": {"BOOL": True}},
    )
    assert (reply["Count"], reply["ScannedCount"], sks(reply)) == (5, 10, "02468")
    assert from_item(reply["Items"][1]) == {"sk": "second#2", "n": 2}
    reply = query(tallies, "pk = :pk", Select="COUNT")
    assert reply == {"Count": 10, "ScannedCount": 10}


@pytest.mark.parametrize(
    ("condition", "request_", "message"),
    [
        ("sk = :3", {}, "Query condition missed key schema element: pk"),
        ("pk = :pk AND n = :3", {}, "Query condition missed key schema element: sk"),
        ("pk > :pk", {}, "Query key condition not supported"),
        ("pk = :pk OR sk = :3", {}, "Invalid operator used in KeyConditionExpression: OR"),
        ("pk = :pk AND sk <> :3", {}, "Invalid operator used in KeyConditionExpression: <>"),
        ("pk = :pk AND pk = :x", {}, "only contain one condition per key"),
        ("pk = :pk AND sk = :3 AND n = :6", {}, "Conditions can be of length 1 or 2 only"),
        ("pk = :pk AND sk BETWEEN :6 AND :3", {}, "upper bound to be greater than or equal"),
        ("pk = :pk AND sk = :n", {"values": {":n": {"N": "1"}}}, "does not match schema type"),
        ("pk = :pk", {"FilterExpression": "sk = :3"}, "Primary key attribute: sk"),
        ("pk = :pk", {"Limit": 0}, "greater than or equal to 1"),
        ("pk = :pk", {"Select": "SPECIFIC_ATTRIBUTES"}, "Must specify the AttributesToGet"),
        ("pk = :pk", {"Select": "COUNT", "ProjectionExpression": "n"}, "only the Count"),
        ("pk = :pk", {"ProjectionExpression": "n, n.a"}, "Two document paths overlap"),
        ("pk = :pk", {"ExclusiveStartKey": {"pk": {"S": "a"}}}, "starting key is invalid"),
        (
            "pk = :pk",
            {"ExclusiveStartKey": to_item({"pk": "b", "sk": "1"})},
            "outside query boundaries",
        ),
        (
            "pk = :pk",
            {"IndexName": "i"},
            "local engine: dynamodb Query.IndexName is not implemented",
        ),
        ("pk = :pk", {"KeyConditions": {}}, "Query.KeyConditions is not implemented"),
    ],
)
def test_a_bad_query_is_refused(
    tallies: DynamoDbService, condition: str, request_: dict[str, Any], message: str
) -> None:
    with pytest.raises(AwsError) as caught:
        query(tallies, condition, **request_)
    assert caught.value.code == "ValidationException"
    assert message in caught.value.message


@pytest.mark.parametrize("limit", [1, 7, 20, 21])
def test_a_scan_reads_everything_once(tallies: DynamoDbService, limit: int) -> None:
    seen: list[tuple[str, str]] = []
    request: dict[str, Any] = {}
    while True:
        reply = tallies.scan(TableName="tallies", Limit=limit, **request)
        seen += [(item["pk"]["S"], item["sk"]["S"]) for item in reply["Items"]]
        if "LastEvaluatedKey" not in reply:
            break
        request = {"ExclusiveStartKey": reply["LastEvaluatedKey"]}
    assert len(seen) == len(set(seen)) == 20


def test_a_scan_filters_on_keys_as_well(tallies: DynamoDbService) -> None:
    reply = tallies.scan(
        TableName="tallies",
        FilterExpression="sk = :sk",
        ExpressionAttributeValues={":sk": {"S": "second#4"}},
    )
    assert (reply["Count"], reply["ScannedCount"]) == (2, 20)


def test_a_projection_closes_the_gaps_of_lists(service: DynamoDbService, key: Item) -> None:
    item = {"list": [0, {"a": 1, "b": 2}, 2], "map": {"x": {"y": 1, "z": 2}}}
    service.put_item(TableName="tallies", Item={**key, **to_item(item)})
    reply = service.get_item(
        TableName="tallies",
        Key=key,
        ProjectionExpression="list_, #l[2], #l[1].a, #l[9], #m.x.z, sk.none",
        ExpressionAttributeNames={"#l": "list", "#m": "map"},
    )
    assert from_item(reply["Item"]) == {"list": [{"a": 1}, 2], "map": {"x": {"z": 2}}}


def test_reads_cost_half_a_unit_for_4_kb_unless_consistent(
    service: DynamoDbService, key: Item
) -> None:
    """D4: a transaction doubles what a consistent read costs."""
    service.put_item(TableName="tallies", Item={**key, "t": {"S": "x" * 5000}})
    asked: dict[str, Any] = {"TableName": "tallies", "Key": key}

    def units(**request: Any) -> float:
        reply = service.get_item(**asked, **request, ReturnConsumedCapacity="TOTAL")
        return float(reply["ConsumedCapacity"]["CapacityUnits"])

    assert units() == 1.0
    assert units(ConsistentRead=True) == 2.0
    reply = service.transact_get_items(
        TransactItems=[{"Get": asked}], ReturnConsumedCapacity="TOTAL"
    )
    assert reply["ConsumedCapacity"][0]["CapacityUnits"] == 4.0


def test_a_batch_get_answers_what_exists(tallies: DynamoDbService, refusal: Refusal) -> None:
    keys = [to_item({"pk": "a", "sk": f"second#{n}"}) for n in (8, 9, 10)]
    reply = tallies.batch_get_item(
        RequestItems={"tallies": {"Keys": keys, "ProjectionExpression": "n"}}
    )
    assert sorted(item["n"]["N"] for item in reply["Responses"]["tallies"]) == ["8", "9"]
    assert reply["UnprocessedKeys"] == {}
    error = refusal(tallies.batch_get_item, RequestItems={"tallies": {"Keys": [keys[0]] * 2}})
    assert error.message == "Provided list of item keys contains duplicates"
    many = [to_item({"pk": "a", "sk": str(n)}) for n in range(101)]
    refusal(tallies.batch_get_item, RequestItems={"tallies": {"Keys": many}})


def test_a_batch_get_returns_what_is_beyond_16_mb_as_unprocessed(service: DynamoDbService) -> None:
    keys = [to_item({"pk": "a", "sk": f"{n:02}"}) for n in range(45)]
    for key in keys:
        service.put_item(TableName="tallies", Item={**key, "t": {"S": "x" * 400_000}})
    reply = service.batch_get_item(RequestItems={"tallies": {"Keys": keys}})
    left = reply["UnprocessedKeys"]["tallies"]["Keys"]
    assert len(reply["Responses"]["tallies"]) == 16 * 1024 * 1024 // 400_010
    assert len(left) + len(reply["Responses"]["tallies"]) == 45


def test_a_transaction_reads_in_order_with_gaps(tallies: DynamoDbService) -> None:
    wanted = [{"pk": "a", "sk": "none"}, {"pk": "b", "sk": "second#1"}]
    reply = tallies.transact_get_items(
        TransactItems=[{"Get": {"TableName": "tallies", "Key": to_item(one)}} for one in wanted]
    )
    assert reply["Responses"][0] == {}
    assert reply["Responses"][1]["Item"]["n"] == {"N": "1"}


@given(st.binary(max_size=4), st.binary(max_size=6))
def test_a_prefix_spans_exactly_what_begins_with_it(prefix: bytes, key: bytes) -> None:
    assert (prefix <= key < rows.prefix_end(prefix)) is key.startswith(prefix)


@settings(max_examples=40)
@given(st.sets(st.integers(-1000, 1000), min_size=1), st.integers(-1000, 1000))
def test_numeric_range_keys_order_as_numbers(values: set[int], bound: int) -> None:
    service = DynamoDbService(None, ManualClock())
    service.create_table(
        TableName="numbers",
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "n", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "B"},
            {"AttributeName": "n", "AttributeType": "N"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    for value in values:
        service.put_item(TableName="numbers", Item={"pk": {"B": b"\x00"}, "n": {"N": str(value)}})
    reply = service.query(
        TableName="numbers",
        KeyConditionExpression="pk = :pk AND n > :n",
        ExpressionAttributeValues={":pk": {"B": b"\x00"}, ":n": {"N": str(bound)}},
    )
    found = [int(item["n"]["N"]) for item in reply["Items"]]
    assert found == sorted(value for value in values if value > bound)
    service.close()
