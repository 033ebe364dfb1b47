"""A service's name in, botocore's own model of its API out, read once."""

import functools
from typing import Any

from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel, Shape

# botocore's newest model makes these optional, for streams that we do not have (clause A17).
_ALSO_REQUIRED = {
    "PutRecordInput": ("PartitionKey",),
    "PutRecordsRequestEntry": ("PartitionKey",),
}


@functools.cache
def service_model(name: str) -> Any:
    """Return botocore's ServiceModel, such as `kinesis`."""
    return ServiceModel(Loader().load_service_model(name, "service-2"), name)


def operation_model(model: ServiceModel, name: str) -> OperationModel | None:
    """Return the model of one operation, None when the API has no such operation."""
    return model.operation_model(name) if name in model.operation_names else None


def required_members(shape: Shape) -> tuple[str, ...]:
    """Return the members that a structure must have."""
    return (*shape.metadata.get("required", ()), *_ALSO_REQUIRED.get(shape.name, ()))
