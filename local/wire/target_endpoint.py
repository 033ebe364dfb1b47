"""A request with X-Amz-Target in, the service's answer in AWS JSON or CBOR out."""

import re
import zlib
from typing import Any, Final

from local.aws_error import AwsError, internal_failure
from local.wire.caller import Caller
from local.wire.codec import CBOR_TYPE, CborCodec, Codec, JsonCodec
from local.wire.error_body import target_error
from local.wire.fault import logged
from local.wire.message import Request, Response
from local.wire.operation import Operation
from local.wire.service_model import operation_model, service_model

# PutItem -> put_item, as boto3 names its methods. The APIs that we serve have no other cases.
_CAPITAL: Final = re.compile(r"(?<!^)(?=[A-Z])")


class TargetEndpoint:
    """One service of this protocol, such as Kinesis."""

    def __init__(self, name: str, service: object, caller: Caller) -> None:
        self._name = name
        self._service = service
        self._caller = caller
        self._model = service_model(name)
        self._json = JsonCodec(str(self._model.metadata["jsonVersion"]))
        self._cbor = CborCodec()
        self._operations: dict[str, Operation] = {}

    async def answer(self, request: Request, request_id: str) -> Response:
        """Return the answer; every fault becomes one of AWS's error bodies."""
        codec = self._codec(request)
        try:
            operation, method = self._operation(request.headers["x-amz-target"])
            params = operation.parameters(request.body, codec)
            reply = await self._caller.call(operation.name, method, params)
            body = operation.body(reply, codec)
            response = Response(200, body, {"content-type": codec.content_type})
        except AwsError as error:
            response = target_error(error, codec, self._model)
        except Exception as fault:
            logged(fault, request, request_id)
            response = target_error(internal_failure(), codec, self._model)
        if self._name != "dynamodb":
            return response
        checksum = {"x-amz-crc32": str(zlib.crc32(response.body))}
        return Response(response.status, response.body, {**response.headers, **checksum})

    def error(self, error: AwsError, request: Request) -> Response:
        """Return an answer to a request that could not be looked at."""
        return target_error(error, self._codec(request), self._model)

    def _codec(self, request: Request) -> Codec:
        content_type = request.headers.get("content-type", "").partition(";")[0].strip()
        is_cbor = content_type == CBOR_TYPE and self._name == "kinesis"
        return self._cbor if is_cbor else self._json

    def _operation(self, target: str) -> tuple[Operation, Any]:
        name = target.partition(".")[2]
        model = operation_model(self._model, name)
        method = getattr(self._service, _CAPITAL.sub("_", name).lower(), None) if model else None
        if model is None or method is None:
            what = f"{self._name}.{name[:100]}"
            message = f"local engine: {what} is not implemented"
            if model is None:
                message = f"local engine: {what} is not an operation of this API"
            raise AwsError("UnknownOperationException", message)
        if name not in self._operations:
            self._operations[name] = Operation(model)
        return self._operations[name], method
