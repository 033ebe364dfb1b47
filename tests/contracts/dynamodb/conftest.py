"""What every DynamoDB must do for us: the local one and moto answer alike.

botocore's service model referees the local one: each reply must fit the operation's output shape,
and each error must be one that the operation, or every operation, may raise.
"""

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.config import Config
from botocore.validate import ParamValidator
from moto import mock_aws

from core.clock import SystemClock
from local.aws_error import AwsError
from local.dynamodb import DynamoDbService

_MODEL = botocore.session.get_session().get_service_model("dynamodb")
_OPERATIONS = {botocore.xform_name(name): name for name in _MODEL.operation_names}
# Every operation may answer with these, though the model does not list them.
_COMMON_ERRORS = {"ValidationException", "SerializationException"}


class Refereed:
    """The local service, each request, reply and error checked against botocore's model."""

    def __init__(self, service: DynamoDbService) -> None:
        self._service = service

    def __getattr__(self, method: str) -> Callable[..., Any]:
        operation = _MODEL.operation_model(_OPERATIONS[method])
        allowed = {shape.error_code or shape.name for shape in operation.error_shapes}

        def call(**request: Any) -> Any:
            _check_shape(request, operation.input_shape)
            try:
                reply = getattr(self._service, method)(**request)
            except AwsError as error:
                if error.code not in allowed | _COMMON_ERRORS:
                    pytest.fail(f"{method} may not raise {error.code}")
                raise
            _check_shape(reply, operation.output_shape)
            return reply

        return call


def _check_shape(value: Any, shape: Any) -> None:
    report = ParamValidator().validate(value, shape)
    # The model wants at least 1 here; AWS itself answers 0.
    found = report.generate_report().splitlines()
    assert not [line for line in found if "NumberOfDecreasesToday, value: 0" not in line]


@pytest.fixture(params=["local", "moto"])
def client(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    if request.param == "local":
        service = DynamoDbService(None, SystemClock())
        _create(Refereed(service))
        yield Refereed(service)
        service.close()
        return
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        # botocore would add its own ClientRequestToken; retries would hide refusals.
        made = boto3.client(  # noqa: TID251 - a test is an entry point
            "dynamodb", region_name="us-east-1", config=Config(retries={"total_max_attempts": 1})
        )
        _create(made)
        yield made


def _create(client: Any) -> None:
    client.create_table(
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
