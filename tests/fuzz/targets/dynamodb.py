"""Any JSON bodies for DynamoDB's operations in, a request a line: each is answered or refused."""

import json
from pathlib import Path
from typing import Any, Final

from core.clock import ManualClock
from local.dynamodb import DynamoDbService
from tests.fuzz.slices import Slices
from tests.fuzz.targets.expression import TABLE
from tests.fuzz.wire_desk import WireDesk

OPERATIONS: Final = (
    *("PutItem", "GetItem", "Query", "UpdateItem", "DeleteItem", "TransactWriteItems"),
    *("BatchWriteItem", "BatchGetItem", "Scan", "CreateTable", "DescribeTable", "ListTables"),
    *("UpdateTimeToLive", "DeleteTable", "TransactGetItems", "DescribeTimeToLive"),
)
REQUESTS_MAX: Final = 4


def _line(operation: str, **body: Any) -> bytes:
    return bytes([OPERATIONS.index(operation)]) + json.dumps(body).encode()


_KEY: Final = {"pk": {"S": "a"}, "sk": {"S": "1"}}
_T: Final = {"TableName": "tallies"}
_ADD: Final = {
    **_T,
    "Key": _KEY,
    "UpdateExpression": "ADD n :n",
    "ExpressionAttributeValues": {":n": {"N": "1.5e3"}},
}
_PUT: Final = _line("PutItem", **_T, Item={**_KEY, "n": {"N": "1"}, "l": {"L": [{"B": "YQ=="}]}})
_QUERY: Final = {
    **_T,
    "KeyConditionExpression": "pk = :p",
    "ExpressionAttributeValues": {":p": {"S": "a"}},
    "Limit": 1,
    "ExclusiveStartKey": _KEY,
}
SEEDS: Final = (
    _PUT + b"\n" + _line("GetItem", **_T, Key=_KEY, ConsistentRead=True),
    _PUT + b"\n" + _line("Query", **_QUERY, ScanIndexForward=False),
    _line("UpdateItem", **_ADD, ReturnValues="ALL_NEW") + b"\n" + _line("Scan", **_T),
    _line("TransactWriteItems", TransactItems=[{"Update": _ADD}], ClientRequestToken="t"),
    _line("TransactWriteItems", TransactItems=[{"Delete": {**_T, "Key": _KEY}}]),
    _line("BatchWriteItem", RequestItems={"tallies": [{"DeleteRequest": {"Key": _KEY}}]}),
    _line("CreateTable", **{**TABLE, "TableName": "two"}) + b"\n" + _line("ListTables", Limit=1),
    _line("DescribeTable", **_T) + b"\n" + _line("DeleteItem", **_T, Key=_KEY),
    _line(
        "UpdateTimeToLive", **_T, TimeToLiveSpecification={"Enabled": True, "AttributeName": "x"}
    ),
)
WORDS: Final = (
    *(b'"TableName":"tallies"', b'{"S":"a"}', b'{"N":"1"}', b'{"B":"YQ=="}', b'{"SS":["a"]}'),
    *(
        b'{"NS":["1","2"]}',
        b'{"M":{"k":{"N":"1"}}}',
        b'{"L":[]}',
        b'{"NULL":true}',
        b'{"BOOL":true}',
    ),
    *(b'"Key":', b'"Item":', b'"pk":', b'"sk":', b'"Limit":', b'"ExclusiveStartKey":', b"1e400"),
    *(
        b'"ConditionExpression":',
        b'"UpdateExpression":',
        b'"FilterExpression":',
        b'"Select":"COUNT"',
    ),
    *(b'"ExpressionAttributeValues":', b'"ExpressionAttributeNames":', b'"ReturnValues":"ALL_OLD"'),
    *(b'"ConditionCheck":', b'"Put":', b"1E+125", b"-9.9E-130", b"\\ud800", b"\\u0000", b"null"),
)
BYTES_MAX: Final = 1_500


def _make(folder: Path) -> DynamoDbService:
    service = DynamoDbService(None, ManualClock())
    service.create_table(**TABLE)
    return service


_desk: Final = WireDesk("dynamodb", DynamoDbService, _make)


def one_input(data: bytes) -> None:
    requests = []
    for line in data.split(b"\n")[:REQUESTS_MAX]:
        slices = Slices(line)
        target = f"DynamoDB_20120810.{slices.choice(OPERATIONS)}"
        headers = {"x-amz-target": target, "content-type": "application/x-amz-json-1.0"}
        requests.append({"method": "POST", "headers": headers, "body": slices.rest()})
    with _desk.fresh():
        _desk.ask(requests)
        if _desk.service is not None:
            _desk.service.sweep_expired()
