"""Events on a pipe in, a handler's results out: the program of one function process.

`python -m local.invoke.worker DESCRIPTOR LOG_PATH PARENT`; the rest is in the environment, as on
Lambda. The process ends when the pipe does, and on Linux at once when its parent dies.
"""

import ctypes
import importlib
import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec

from core.clock import Clock, SystemClock
from core.limits import INVOKE_SYNC_BYTES_MAX
from local import garbage
from local.invoke import error_object
from local.invoke.context import LambdaContext
from local.invoke.frame import HEADER, Kind, encode_frame
from local.invoke.limits import LOG_BYTES_MAX
from local.invoke.log_file import LogFile
from local.invoke.result_json import encode_result

_TRACE: Final = "_X_AMZN_TRACE_ID"
Handler = Callable[[Any, LambdaContext], object]
_PR_SET_PDEATHSIG = 1


class InvokeHead(msgspec.Struct, frozen=True):
    """What an invocation is told beside its event."""

    request_id: str
    timeout_ms: int


def main() -> None:
    descriptor, log_path, parent = int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    die_with_parent(parent)
    os.set_inheritable(descriptor, False)
    pipe = socket.socket(fileno=descriptor)
    log = LogFile(log_path, bytes_max=LOG_BYTES_MAX)
    environment = os.environ  # noqa: TID251 - a process's entry point
    try:
        handler = load_handler(environment["_HANDLER"])
    except BaseException as error:
        send(pipe, Kind.INIT_ERROR, init_error(error))
        raise
    send(pipe, Kind.READY, b"")
    garbage.settle()
    serve(
        pipe,
        handler,
        log,
        function_name=environment["AWS_LAMBDA_FUNCTION_NAME"],
        memory_mb=int(environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]),
        clock=SystemClock(),
    )


def serve(
    pipe: socket.socket,
    handler: Handler,
    log: LogFile,
    *,
    function_name: str,
    memory_mb: int,
    clock: Clock,
) -> None:
    """Answer invocations until the pipe ends."""
    while (header := receive(pipe, HEADER.size)) is not None:
        _kind, head_bytes, body_bytes = HEADER.unpack(header)
        head, event = receive(pipe, head_bytes), receive(pipe, body_bytes)
        if head is None or event is None:
            return
        invocation = msgspec.json.decode(head, type=InvokeHead)
        context = LambdaContext(
            function_name=function_name,
            memory_mb=memory_mb,
            request_id=invocation.request_id,
            timeout_ms=invocation.timeout_ms,
            clock=clock,
        )
        os.environ[_TRACE] = trace_header(invocation.request_id, clock)  # noqa: TID251 - as Lambda
        kind, answer = invoke(handler, event, context)
        log.rotate()
        send(pipe, kind, answer)


def invoke(
    handler: Handler, event: bytes | bytearray, context: LambdaContext
) -> tuple[Kind, bytes]:
    """Call the handler with the decoded event; SystemExit ends the process, as on Lambda."""
    request_id = context.aws_request_id
    try:
        result = handler(msgspec.json.decode(event), context)
    except Exception as error:
        trace = error.__traceback__
        return Kind.ERROR, error_object.raised(error, request_id, trace and trace.tb_next)
    try:
        answer = encode_result(result)
    except (TypeError, ValueError, RecursionError) as error:
        message = f"Unable to marshal response: {error}"
        return Kind.ERROR, error_object.error_object(message, "Runtime.MarshalError", request_id)
    if len(answer) > INVOKE_SYNC_BYTES_MAX:
        return Kind.ERROR, error_object.response_too_large()
    return Kind.RESULT, answer


def trace_header(request_id: str, clock: Clock) -> str:
    """Return an X-Ray header as Lambda sets it for a call: the root names second and request."""
    rest = request_id.replace("-", "")[:24].ljust(24, "0")
    return f"Root=1-{clock.now_ms() // 1000:08x}-{rest};Sampled=0"


def load_handler(name: str) -> Handler:
    """Return the function that `package.module.function` names."""
    module_name, _, function_name = name.rpartition(".")
    handler: Handler = getattr(importlib.import_module(module_name), function_name)
    return handler


def init_error(error: BaseException) -> bytes:
    """Return AWS's answer for a handler that cannot be loaded."""
    kinds = {"ModuleNotFoundError": "ImportModuleError", "ImportError": "ImportModuleError"}
    name = type(error).__name__
    kind = "HandlerNotFound" if name == "AttributeError" else kinds.get(name, name)
    message = f"Unable to load the handler: {error}"
    trace = error.__traceback__
    return error_object.raised(type(kind, (Exception,), {})(message), "", trace)


def die_with_parent(parent: int) -> None:
    """Ask Linux to kill this process with its parent; elsewhere the end of the pipe has to do."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before we asked
        sys.exit(1)


def receive(pipe: socket.socket, size: int) -> bytearray | None:
    """Return exactly `size` bytes, or None when the pipe ends first."""
    buffer = bytearray(size)
    view, filled = memoryview(buffer), 0
    while filled < size:
        count = pipe.recv_into(view[filled:])
        if count == 0:
            return None
        filled += count
    return buffer


def send(pipe: socket.socket, kind: Kind, body: bytes) -> None:
    pipe.sendall(encode_frame(kind, b"", len(body)))
    pipe.sendall(body)


if __name__ == "__main__":
    main()
