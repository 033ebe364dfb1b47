"""When a check may stop waiting for history."""

from typing import Any

import pytest

from core.clock import ManualClock
from local.consumers import Deliveries
from local.history_evidence import HistoryEvidence

KEYS = [f"votes/2026/09/21/14/{number}.gz" for number in range(3)]
FAILURE = "votes/processing-failed/2026/09/21/14/x"  # of HistoryLoad=firehose: nobody loads it
LISTED = [*KEYS, FAILURE]


class Pages:
    """An S3 that lists one object a page."""

    def list_objects_v2(self, *, ContinuationToken: str = "", **request: Any) -> dict[str, Any]:
        number = int(ContinuationToken or 0)
        page: dict[str, Any] = {"Contents": [{"Key": LISTED[number], "Size": 1}]}
        if number + 1 < len(LISTED):
            page |= {"IsTruncated": True, "NextContinuationToken": str(number + 1)}
        return page


class Loaded:
    """A warehouse whose manifest has these objects."""

    def __init__(self, keys: list[str]) -> None:
        self._keys = keys

    def load_of(self, from_key: str) -> dict[str, str]:
        return dict.fromkeys(self._keys, "load-1")


@pytest.mark.parametrize(("loaded", "drained"), [(KEYS, True), (KEYS[:2], False)])
def test_history_is_drained_once_every_object_of_every_page_is_loaded(
    loaded: list[str], drained: bool
) -> None:
    warehouse: Any = Loaded(loaded)
    evidence = HistoryEvidence(
        s3=Pages(),
        bucket="cube-lake",
        warehouse=warehouse,
        deliveries=lambda: Deliveries(0, caught_up=True),
        clock=ManualClock(),
    )
    assert evidence.drained() is drained
