"""A method, a path and a query in, the operation of S3's model that they name out."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from botocore.model import OperationModel

from local.aws_error import AwsError
from local.wire.service_model import service_model

_HOST_SUFFIXES: Final = (".s3.localhost", ".localhost")


@dataclass(frozen=True, slots=True)
class _Signature:
    """What a request must carry to mean an operation."""

    operation: Any
    level: int  # 0 the account, 1 a bucket, 2 an object
    query: frozenset[tuple[str, str]]
    headers: frozenset[str]


def resource_of(path: str, host: str) -> tuple[str, str]:
    """Return (bucket, key) of a path-style or virtual-host-style address; "" for none."""
    name = host.rpartition(":")[0] if ":" in host else host
    for suffix in _HOST_SUFFIXES:
        if name.endswith(suffix):
            path = f"/{name.removesuffix(suffix)}{path}"
            break
    raw_bucket, _, raw_key = path.removeprefix("/").partition("/")
    try:
        return unquote(raw_bucket, errors="strict"), unquote(raw_key, errors="strict")
    except UnicodeDecodeError:
        raise AwsError("InvalidURI", "Couldn't parse the specified URI.") from None


def operation_of(
    method: str, bucket: str, key: str, query: Mapping[str, str], headers: Mapping[str, str]
) -> OperationModel:
    """Return the operation; AwsError MethodNotAllowed when no operation fits.

    Of those whose demands are met, the one with the most demands is meant.
    """
    level = 2 if key else 1 if bucket else 0
    best: _Signature | None = None
    for signature in _signatures(method):
        demands = signature.query
        fits = (
            signature.level == level
            and all(name in query and value in ("", query[name]) for name, value in demands)
            and all(name in headers for name in signature.headers)
        )
        if fits and (best is None or _weight(signature) > _weight(best)):
            best = signature
    if best is None:
        message = "The specified method is not allowed against this resource."
        raise AwsError("MethodNotAllowed", message, status=405)
    operation: OperationModel = best.operation
    return operation


def _weight(signature: _Signature) -> int:
    return len(signature.query) + len(signature.headers)


@functools.cache
def _signatures(method: str) -> tuple[_Signature, ...]:
    model = service_model("s3")
    operations = (model.operation_model(name) for name in model.operation_names)
    return tuple(_signature(each) for each in operations if each.http["method"] == method)


def _signature(operation: OperationModel) -> _Signature:
    path, _, text = operation.http["requestUri"].partition("?")
    level = {"/": 0, "/{Bucket}": 1, "/{Bucket}/{Key+}": 2}.get(path, -1)
    query = {(part.partition("=")[0], part.partition("=")[2]) for part in text.split("&") if part}
    headers: set[str] = set()
    shape = operation.input_shape
    for name in shape.required_members if shape is not None else ():
        serialization = shape.members[name].serialization
        if serialization.get("location") == "querystring":
            query.add((serialization["name"], ""))
        elif serialization.get("location") == "header":
            headers.add(serialization["name"].lower())
    return _Signature(operation, level, frozenset(query), frozenset(headers))
