"""A fault of our own in, a log entry with its traceback out: clients only see InternalFailure."""

import logging

from local.wire.message import Request

log = logging.getLogger("cube.wire")


def logged(fault: Exception, request: Request, request_id: str) -> None:
    """Write down what failed, so that it can be found by the id that the client got."""
    target = request.headers.get("x-amz-target") or f"{request.method} {request.path}"
    log.error("answering %s (request %s)", target, request_id, exc_info=fault)
