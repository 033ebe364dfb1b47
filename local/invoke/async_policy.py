"""An event and its outcome in, whether to keep, postpone or give it up out (clauses B50, B52, B55).

A failure object is `aws/lambda/async/<function>/YYYY/MM/DD/<second>-<uuid>` in the S3 bucket.
"""

import random
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import msgspec

from core.backoff import full_jitter_ms
from local.drawing import FunctionSpec
from local.invoke.async_queue import AsyncEvent
from local.invoke.limits import ASYNC_BACKOFF_MS_BASE, ASYNC_BACKOFF_MS_CAP, ASYNC_RETRY_WAITS_S
from local.invoke.outcome import Outcome

Condition = Literal["RetriesExhausted", "EventAgeExceeded"]  # clause B52


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again, not before `due_ms`; `throttled` says that no retry was used up."""

    due_ms: int
    throttled: bool


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Send the event to the failure destination, if there is one."""

    condition: Condition


def after(
    event: AsyncEvent,
    outcome: Outcome,
    spec: FunctionSpec,
    *,
    now_ms: int,
    scale: float,
    rng: random.Random,
) -> Retry | GiveUp | None:
    """Return what follows from an outcome; None: done. `scale` shortens AWS's waits."""
    if outcome.kind == "ok":
        return None
    throttled = outcome.kind != "function_error"
    if throttled and spec.reserved_concurrency == 0:
        return GiveUp("RetriesExhausted")  # B55: no retries
    if throttled:
        jitter_ms = full_jitter_ms(
            rng,
            attempt=event.throttles,
            base_ms=ASYNC_BACKOFF_MS_BASE,
            cap_ms=ASYNC_BACKOFF_MS_CAP,
        )
        wait_ms = jitter_ms * scale
    elif event.failures >= spec.async_retries_max:
        return GiveUp("RetriesExhausted")
    else:
        step = min(event.failures, len(ASYNC_RETRY_WAITS_S) - 1)
        wait_ms = ASYNC_RETRY_WAITS_S[step] * 1_000 * scale
    if now_ms + wait_ms > event.accepted_ms + spec.async_age_s_max * 1_000:
        return GiveUp("EventAgeExceeded")
    return Retry(now_ms + round(wait_ms), throttled)


def failure_key(function: str, now_ms: int, rng: random.Random) -> str:
    now = datetime.fromtimestamp(now_ms // 1_000, UTC)
    name = f"{now:%Y-%m-%dT%H.%M.%S}-{uuid.UUID(int=rng.getrandbits(128), version=4)}"
    return f"aws/lambda/async/{function}/{now:%Y/%m/%d}/{name}"


def failure_body(
    event: AsyncEvent, outcome: Outcome, condition: Condition, *, invokes: int, now_ms: int
) -> bytes:
    """Return the destination record; the function's ARN is qualified here (B34, B52)."""
    arn = f"arn:aws:lambda:us-east-1:000000000000:function:{event.function}:$LATEST"
    moment = datetime.fromtimestamp(now_ms // 1_000, UTC)
    body: dict[str, object] = {
        "version": "1.0",
        "timestamp": f"{moment:%Y-%m-%dT%H:%M:%S}.{now_ms % 1_000:03d}Z",
        "requestContext": {
            "requestId": event.request_id,
            "functionArn": arn,
            "condition": condition,
            "approximateInvokeCount": invokes,
        },
        "requestPayload": msgspec.Raw(event.payload),
    }
    if outcome.kind == "function_error":
        body["responseContext"] = {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled",
        }
        body["responsePayload"] = msgspec.Raw(outcome.payload or b"null")
    return msgspec.json.encode(body)
