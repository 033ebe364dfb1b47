"""The first record that is not done in, Lambda's partial batch answer out (B25)."""

from collections.abc import Mapping, Sequence
from typing import Any


def partial_reply(
    failed_record: int | None, records: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Return at most one number: from that record on, the mapping delivers again."""
    if failed_record is None:
        return {"batchItemFailures": []}
    sequence_number = records[failed_record]["kinesis"]["sequenceNumber"]
    return {"batchItemFailures": [{"itemIdentifier": sequence_number}]}
