"""Lambda: a batch of source records from Firehose in, the lake's rows out; no AWS call is made."""

import os
from typing import Any

from core.call import Calls
from core.clock import SystemClock
from firehose_transforms.transform import transform_records

_calls = Calls(SystemClock(), os.environ)  # noqa: TID251 - entry point


def handle(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer every record of the batch; a fault of ours fails the record it met, and no other."""
    call = _calls.begin(context)
    answers, summary = transform_records(event["records"])
    call.end(
        "transform.batch_refined",
        {
            "RowsRefined": summary.rows,
            "RowsParked": summary.parked,
            "RecordsFailed": summary.failed,
            "BatchRecords": summary.records,
        },
        invocation_id=event.get("invocationId", ""),
        records=summary.records,
        rows=summary.rows,
        parked=summary.parked,
        failed=summary.failed,
        error=summary.error,
    )
    return {"records": answers}
