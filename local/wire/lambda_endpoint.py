"""An Invoke request in, Lambda's answer out: sync, async or dry run (clauses B48 to B50)."""

import re
from typing import Final, Protocol
from urllib.parse import unquote

import msgspec

from local.aws_error import AwsError
from local.invoke import Outcome
from local.wire.error_body import rest_json_error
from local.wire.fault import logged
from local.wire.limits import INVOKE_ASYNC_REQUEST_BYTES_MAX, INVOKE_SYNC_REQUEST_BYTES_MAX
from local.wire.message import Request, Response

_PATH: Final = re.compile(r"/2015-03-31/functions/([^/]+)/invocations/?")
_VERSION: Final = {"x-amz-executed-version": "$LATEST"}
_JSON: Final = {"content-type": "application/json"}


class Invoker(Protocol):
    """What runs functions; an unknown name is AwsError ResourceNotFoundException."""

    async def invoke(self, name: str, payload: bytes, *, affinity: str = "") -> Outcome: ...

    async def invoke_async(self, name: str, payload: bytes) -> str: ...


class LambdaEndpoint:
    """Lambda's Invoke; the other operations are refused by name."""

    def __init__(self, invoker: Invoker, names: frozenset[str] | None = None) -> None:
        self._invoker = invoker
        self._names = names

    async def answer(self, request: Request, request_id: str) -> Response:
        try:
            return await self._invoke(request)
        except AwsError as error:
            return rest_json_error(error)
        except Exception as fault:
            logged(fault, request, request_id)
            return rest_json_error(_service_exception())

    async def _invoke(self, request: Request) -> Response:
        match = _PATH.fullmatch(request.path)
        if match is None or request.method != "POST":
            what = f"{request.method} {request.path[:100]}"
            message = f"local engine: lambda: {what} is not implemented"
            raise AwsError("UnknownOperationException", message, status=404)
        name = function_name(unquote(match[1]))
        kind = request.headers.get("x-amz-invocation-type", "RequestResponse")
        if kind not in ("RequestResponse", "Event", "DryRun"):
            message = f"1 validation error detected: Value '{kind}' at 'invocationType'"
            demand = "Member must satisfy enum value set: [Event, RequestResponse, DryRun]"
            raise AwsError("ValidationException", f"{message} failed to satisfy: {demand}")
        payload = _payload(request.body, sync=kind != "Event")
        if kind == "DryRun":
            self._check_name(name)
            return Response(204, b"", _VERSION)
        if kind == "Event":
            await self._invoker.invoke_async(name, payload)
            return Response(202, b"", _VERSION)
        return _answer(await self._invoker.invoke(name, payload))

    def _check_name(self, name: str) -> None:
        if self._names is not None and name not in self._names:
            arn = f"arn:aws:lambda:us-east-1:000000000000:function:{name}"
            raise AwsError("ResourceNotFoundException", f"Function not found: {arn}", status=404)


def function_name(text: str) -> str:
    """Return the name within an ARN, a partial ARN or a name with a qualifier."""
    parts = text.split(":")
    if "function" in parts:
        parts = parts[parts.index("function") + 1 :]
    return parts[0]


def _payload(body: bytes, *, sync: bool) -> bytes:
    limit = INVOKE_SYNC_REQUEST_BYTES_MAX if sync else INVOKE_ASYNC_REQUEST_BYTES_MAX
    if len(body) > limit:
        message = f"Request must be smaller than {limit} bytes for the InvokeFunction operation"
        raise AwsError("RequestEntityTooLargeException", message, status=413)
    if not body:
        return b"{}"
    try:
        msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        message = f"Could not parse request body into json: {error}"
        raise AwsError("InvalidRequestContentException", message) from None
    return body


def _answer(outcome: Outcome) -> Response:
    match outcome.kind:
        case "ok":
            return Response(200, outcome.payload, {**_JSON, **_VERSION})
        case "function_error":
            failed = {"x-amz-function-error": "Unhandled"}
            return Response(200, outcome.payload, {**_JSON, **_VERSION, **failed})
        case "throttled":
            raise AwsError(
                "TooManyRequestsException",
                "Rate Exceeded.",
                status=429,
                extra={"Reason": "ReservedFunctionConcurrentInvocationLimitExceeded"},
            )
        case _:
            raise _service_exception()


def _service_exception() -> AwsError:
    message = "Service encountered an internal error."
    return AwsError("ServiceException", message, status=500)
