"""Lambda: a batch of source records from Firehose in, the lake's rows out; no AWS call is made."""

from typing import Any

from core.clock import SystemClock
from core.log import write_event
from firehose_transforms.transform import transform_records

_clock = SystemClock()


def handle(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer every record of the batch; a fault of ours fails the record it met, and no other."""
    started_ms = _clock.monotonic_ms()
    answers, summary = transform_records(event["records"])
    write_event(
        "transform.batch_refined",
        records=summary.records,
        rows=summary.rows,
        parked=summary.parked,
        failed=summary.failed,
        took_ms=_clock.monotonic_ms() - started_ms,
        error=summary.error,
    )
    return {"records": answers}
