"""A service in memory with one table, and the shorthand that the tests speak."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from core.clock import ManualClock
from core.item import Item, to_item
from local.aws_error import AwsError
from local.dynamodb import DynamoDbService

TABLE: dict[str, Any] = {
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


@pytest.fixture
def table_request() -> dict[str, Any]:
    return dict(TABLE)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def service(clock: ManualClock) -> Iterator[DynamoDbService]:
    made = DynamoDbService(None, clock)
    made.create_table(**TABLE)
    yield made
    made.close()


@pytest.fixture
def key() -> Item:
    return to_item({"pk": "a", "sk": "1"})


@pytest.fixture
def get(service: DynamoDbService) -> Callable[[Item], Item | None]:
    """Read one item of the table."""

    def read(key: Item) -> Item | None:
        item: Item | None = service.get_item(TableName="tallies", Key=key).get("Item")
        return item

    return read


@pytest.fixture
def refusal() -> Callable[..., AwsError]:
    """Call something that must be refused, and return the error."""

    def call(function: Callable[..., Any], **request: Any) -> AwsError:
        with pytest.raises(AwsError) as caught:
            function(**request)
        return caught.value

    return call
