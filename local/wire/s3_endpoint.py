"""A REST request in, S3's answer out: routing and shapes come from botocore's model."""

import inspect
import re
from typing import Any, Final
from urllib.parse import parse_qsl

from botocore.model import OperationModel

from local.aws_error import AwsError
from local.wire.aws_chunked import decode_chunks, is_chunked
from local.wire.caller import Caller
from local.wire.constraint import constraint_error
from local.wire.error_body import xml_error
from local.wire.fault import logged
from local.wire.message import Request, Response
from local.wire.rest_xml import parameters_of, response_of
from local.wire.s3_operation import operation_of, resource_of

_CAPITAL: Final = re.compile(r"(?<!^)(?=[A-Z])")


class S3Endpoint:
    """S3, with the bucket in the path or in the host's name."""

    def __init__(self, service: object, caller: Caller) -> None:
        self._service = service
        self._caller = caller

    async def answer(self, request: Request, request_id: str) -> Response:
        """Return the answer; every fault becomes S3's error document."""
        try:
            response = await self._perform(request)
        except AwsError as error:
            response = self.error(error, request, request_id)
        except Exception as fault:
            logged(fault, request, request_id)
            message = "We encountered an internal error. Please try again."
            refusal = AwsError("InternalError", message, status=500)
            response = self.error(refusal, request, request_id)
        return response

    def error(self, error: AwsError, request: Request, request_id: str) -> Response:
        """Return an answer that says what is wrong; a 304 has no body."""
        if error.status == 304:
            return Response(304)
        return xml_error(error, request_id, request.path)

    async def _perform(self, request: Request) -> Response:
        headers = dict(request.headers)
        body = request.body
        if is_chunked(headers):
            body, headers = _unwrapped(body, headers)
        bucket, key = resource_of(request.path, headers.get("host", ""))
        try:
            query = dict(parse_qsl(request.query, keep_blank_values=True, errors="strict"))
        except ValueError:
            raise AwsError("InvalidURI", "Couldn't parse the specified URI.") from None
        operation = operation_of(request.method, bucket, key, query, headers)
        method = self._method(operation.name)
        path = {"Bucket": bucket, "Key": key}
        params = parameters_of(operation, path, query, headers, body)
        _check_names(operation.name, method, params)
        _check_constraints(operation, params)
        reply = await self._caller.call(operation.name, method, params)
        return response_of(operation, reply)

    def _method(self, name: str) -> Any:
        method = getattr(self._service, python_name(name), None)
        if method is None:
            raise _not_implemented(name)
        return method


def python_name(operation: str) -> str:
    """Return boto3's name of a method, such as list_objects_v2."""
    return _CAPITAL.sub("_", operation).lower()


def _check_names(name: str, method: Any, params: dict[str, Any]) -> None:
    """Refuse by name a parameter that the service's method does not take."""
    accepted = inspect.signature(method).parameters
    if any(each.kind is inspect.Parameter.VAR_KEYWORD for each in accepted.values()):
        return
    unknown = set(params) - set(accepted)
    if unknown:
        raise _not_implemented(f"{name}: the parameter {min(unknown)}")


def _check_constraints(operation: OperationModel, params: dict[str, Any]) -> None:
    broken = constraint_error(params, operation.input_shape)
    if broken is None:
        return
    if "payload" in operation.input_shape.serialization:
        raise AwsError(
            "MalformedXML", f"The XML you provided was not well-formed: {broken.message}"
        )
    raise AwsError("InvalidArgument", broken.message)


def _not_implemented(what: str) -> AwsError:
    return AwsError("NotImplemented", f"local engine: s3.{what} is not implemented", status=501)


def _unwrapped(body: bytes, headers: dict[str, str]) -> tuple[bytes, dict[str, str]]:
    """Take the upload encoding off; checksums behind the body become headers."""
    text = headers.get("x-amz-decoded-content-length", "")
    length = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None
    decoded, trailers = decode_chunks(body, length)
    encodings = [part.strip() for part in headers.get("content-encoding", "").split(",")]
    kept = ",".join(part for part in encodings if part and part.lower() != "aws-chunked")
    unwrapped = {**headers, **trailers, "content-length": str(len(decoded))}
    unwrapped.pop("content-encoding", None)
    if kept:
        unwrapped["content-encoding"] = kept
    return decoded, unwrapped
