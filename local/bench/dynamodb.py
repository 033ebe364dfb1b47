"""The tally table alone: durable transactions of the size the processor writes."""

import tempfile
import time
from pathlib import Path
from typing import Any, Final

from core.clock import SystemClock
from local.bench.figure import Measurement
from local.bench.options import BenchOptions
from local.dynamodb import DynamoDbService

TRANSACTIONS: Final = 300
UPDATES: Final = 6  # totals, second, counted second, ledger: of one slot, and a lane or two
COLOURS: Final = 6


def measure(_options: BenchOptions) -> list[Measurement]:
    """Return how many transactions a second one caller commits to disk."""
    with tempfile.TemporaryDirectory(prefix="cube-bench-") as folder:
        service = DynamoDbService(Path(folder) / "tallies.db", SystemClock())
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
        started = time.perf_counter()
        for number in range(TRANSACTIONS):
            service.transact_write_items(TransactItems=_actions(number))
        took_s = time.perf_counter() - started
        service.close()
    return [
        Measurement("dynamodb.transactions", TRANSACTIONS / took_s, "1/s"),
        Measurement("dynamodb.transaction_time", took_s / TRANSACTIONS * 1000, "ms"),
        Measurement("dynamodb.items", TRANSACTIONS * UPDATES / took_s, "1/s"),
    ]


def _actions(number: int) -> list[dict[str, Any]]:
    names = {f"#{index}": f"c#{index}" for index in range(COLOURS)}
    values = {f":{index}": {"N": "7"} for index in range(COLOURS)}
    expression = "ADD " + ",".join(f"#{index} :{index}" for index in range(COLOURS))
    return [
        {
            "Update": {
                "TableName": "tallies",
                "Key": {"pk": {"S": "poll#cube"}, "sk": {"S": f"{item}#{number // 50:08d}"}},
                "UpdateExpression": expression,
                "ExpressionAttributeNames": names,
                "ExpressionAttributeValues": values,
            }
        }
        for item in range(UPDATES)
    ]
