"""What went wrong with an invocation in, the JSON that AWS answers with out (clause B49)."""

import traceback
from types import TracebackType

import msgspec

from core.limits import INVOKE_SYNC_BYTES_MAX
from local.invoke.limits import STACK_FRAMES_MAX


def raised(error: BaseException, request_id: str, frames: TracebackType | None) -> bytes:
    """Return the answer for an exception that the handler raised; `frames` begin in its code."""
    stack = traceback.format_list(traceback.extract_tb(frames, limit=STACK_FRAMES_MAX))
    return error_object(str(error), type(error).__name__, request_id, stack)


def timed_out(timeout_s: float, request_id: str) -> bytes:
    message = f"RequestId: {request_id} Error: Task timed out after {timeout_s:.2f} seconds"
    return error_object(message, "Sandbox.Timedout", request_id)


def process_ended(exit_code: int | None, request_id: str) -> bytes:
    """Return the answer for a process that ended under the invocation; signals are negative."""
    if exit_code is None or exit_code == 0:
        cause = "Runtime exited without providing a reason"
    elif exit_code < 0:
        signals = {9: "killed", 11: "segmentation fault", 15: "terminated", 6: "aborted"}
        name = signals.get(-exit_code, str(-exit_code))
        cause = f"Runtime exited with error: signal: {name}"
    else:
        cause = f"Runtime exited with error: exit status {exit_code}"
    message = f"RequestId: {request_id} Error: {cause}"
    return error_object(message, "Runtime.ExitError", request_id)


def request_too_large(size: int, request_id: str) -> bytes:
    """Return the answer for an event beyond 6 MB (B48)."""
    message = (
        f"{size} byte payload is too large for the RequestResponse invocation type "
        f"(limit {INVOKE_SYNC_BYTES_MAX} bytes)"
    )
    return error_object(message, "RequestTooLargeException", request_id)


def response_too_large() -> bytes:
    """Return AWS's words for a result beyond 6 MB (B48); they have no request id."""
    message = (
        "Response payload size exceeded maximum allowed payload size "
        f"({INVOKE_SYNC_BYTES_MAX} bytes)."
    )
    kind = "Function.ResponseSizeTooLarge"
    return msgspec.json.encode({"errorMessage": message, "errorType": kind})


def throttled() -> bytes:
    """Return AWS's answer where reserved concurrency is used up (B49)."""
    reason = "ReservedFunctionConcurrentInvocationLimitExceeded"
    return msgspec.json.encode({"Reason": reason, "Type": "User", "message": "Rate Exceeded."})


def error_object(message: str, kind: str, request_id: str, stack: list[str] | None = None) -> bytes:
    return msgspec.json.encode(
        {
            "errorMessage": message.encode(errors="replace").decode(),
            "errorType": kind,
            "requestId": request_id,
            "stackTrace": stack or [],
        }
    )
