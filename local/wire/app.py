"""Services in, one ASGI app that answers for all of them as AWS does out."""

import random
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Protocol, TypeVar

from core.clock import Clock, SystemClock
from local.aws_error import AwsError
from local.wire.caller import Caller, KinesisCaller, ThreadCaller
from local.wire.codec import JsonCodec
from local.wire.cube_endpoint import CubeEndpoint, CubeRoute
from local.wire.error_body import query_error, rest_json_error, target_error
from local.wire.fault import logged
from local.wire.identity import RequestIds
from local.wire.lambda_endpoint import Invoker, LambdaEndpoint
from local.wire.limits import S3_THREADS
from local.wire.message import (
    BodyTooLarge,
    Disconnected,
    Receive,
    Request,
    Response,
    Scope,
    Send,
    read_request,
    send_response,
)
from local.wire.metrics_endpoint import MetricsEndpoint, MetricsText
from local.wire.route import CUBE, LAMBDA_PATH, METRICS, service_of
from local.wire.s3_endpoint import S3Endpoint
from local.wire.target_endpoint import TargetEndpoint

Result = TypeVar("Result")
_JSON: Final = JsonCodec("1.1")


class Endpoint(Protocol):
    """One service behind the port."""

    async def answer(self, request: Request, request_id: str) -> Response: ...


class AwsApp:
    """The ASGI app. Credentials are not checked: any will do."""

    def __init__(
        self,
        endpoints: Mapping[str, Endpoint],
        callers: Mapping[str, Caller],
        ids: RequestIds,
    ) -> None:
        self._endpoints = endpoints
        self._callers = callers
        self._ids = ids

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close"})
            return
        request_id = self._ids.request_id()
        try:
            request = await read_request(scope, receive)
            response = await self._answer(request, request_id)
        except Disconnected:
            return
        except BodyTooLarge as error:
            request = error.request
            refusal = AwsError("RequestEntityTooLargeException", f"{error}", status=413)
            response = _plain_error(refusal, request, request_id)
        ids = {"x-amzn-requestid": request_id, "x-amz-request-id": request_id}
        ids["x-amz-id-2"] = self._ids.extended_id()
        answer = Response(response.status, response.body, {**response.headers, **ids})
        await send_response(send, answer, head=request.method == "HEAD")

    async def run(self, service: str, work: Callable[[], Result]) -> Result:
        """Run `work` where the calls of a service run, so that they do not meet.

        DynamoDB takes one call at a time: whoever uses that object beside the endpoint (a sweep
        of expired items) comes through here.
        """
        return await self._callers[service].run(work)

    async def close(self) -> None:
        """Finish commits under way and end the threads; the services stay open."""
        for caller in self._callers.values():
            await caller.close()

    async def _answer(self, request: Request, request_id: str) -> Response:
        name = service_of(request)
        endpoint = self._endpoints.get(name)
        if endpoint is None:
            message = f"local engine: the service {name[:100]} is not implemented"
            return _plain_error(
                AwsError("NotImplemented", message, status=501), request, request_id
            )
        try:
            return await endpoint.answer(request, request_id)
        except Exception as fault:
            logged(fault, request, request_id)
            refusal = AwsError("InternalFailure", "Internal service failure.", status=500)
            return _plain_error(refusal, request, request_id)


def build_app(
    services: Mapping[str, object],
    *,
    invoker: Invoker | None = None,
    function_names: Iterable[str] | None = None,
    routes: Mapping[str, CubeRoute] | None = None,
    metrics: MetricsText | None = None,
    clock: Clock | None = None,
    rng: random.Random | None = None,
) -> AwsApp:
    """Return the app for `services`, by AWS's names: kinesis, dynamodb, s3.

    A service is an object with boto3's method names. Kinesis also has append_records and commit;
    DynamoDB is called on one thread of its own, others than these on a thread each. `invoker`
    adds Lambda's Invoke, `routes` what the engine answers below /_cube/, `metrics` the text of
    /metrics.
    """
    callers: dict[str, Caller] = {}
    endpoints: dict[str, Endpoint] = {CUBE: CubeEndpoint(routes or {}, clock or SystemClock())}
    for name, service in services.items():
        if name == "kinesis":
            callers[name] = KinesisCaller(service)
        else:
            callers[name] = ThreadCaller(name, S3_THREADS if name == "s3" else 1)
        if name == "s3":
            endpoints[name] = S3Endpoint(service, callers[name])
        else:
            endpoints[name] = TargetEndpoint(name, service, callers[name])
    if metrics is not None:
        endpoints[METRICS] = MetricsEndpoint(metrics)
    if invoker is not None:
        names = None if function_names is None else frozenset(function_names)
        endpoints["lambda"] = LambdaEndpoint(invoker, names)
    return AwsApp(endpoints, callers, RequestIds(rng or random.Random()))


def _plain_error(error: AwsError, request: Request, request_id: str) -> Response:
    """Answer in a form that the client's protocol can read, whichever service it is for."""
    content_type = request.headers.get("content-type", "")
    if request.path.startswith(LAMBDA_PATH):
        return rest_json_error(error)
    if "x-amz-target" in request.headers or "json" in content_type:
        return target_error(error, _JSON, None)
    return query_error(error, request_id)


async def _live(receive: Receive, send: Send) -> None:
    while True:
        event: Mapping[str, Any] = await receive()
        await send({"type": f"{event['type']}.complete"})
        if event["type"] == "lifespan.shutdown":
            return
