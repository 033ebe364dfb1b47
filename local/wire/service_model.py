"""A service's name in, botocore's own model of its API out, read once."""

import functools
from typing import Any

from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel


@functools.cache
def service_model(name: str) -> Any:
    """Return botocore's ServiceModel, such as `kinesis`."""
    return ServiceModel(Loader().load_service_model(name, "service-2"), name)


def operation_model(model: ServiceModel, name: str) -> OperationModel | None:
    """Return the model of one operation, None when the API has no such operation."""
    return model.operation_model(name) if name in model.operation_names else None
