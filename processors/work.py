"""A chunk in, its votes in the tallies out, or an error that makes Lambda bring it again (B50)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from core.clients import StoredObjectClient
from core.errors import ChunkUnfinished
from processors.batch import Outcome, Processor
from processors.chunk import OBJECT


@dataclass(slots=True)
class Worker:
    """The fan-out's second half. Chunks come in any order, late or twice: lanes tell (design 6)."""

    processor: Processor
    objects: StoredObjectClient
    bucket: str

    def run(self, event: Mapping[str, Any]) -> Outcome:
        """Apply a chunk; raise the client's error when one of its objects cannot be read."""
        return self.processor.run([self._whole(record) for record in event["Records"]])

    def _whole(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a record with its data, which may lie in an object of its own."""
        if OBJECT not in record:
            return record
        reply = self.objects.get_object(Bucket=self.bucket, Key=record[OBJECT])
        whole: Mapping[str, Any] = msgspec.json.decode(reply["Body"].read())["Records"][0]
        return whole


def check_finished(outcome: Outcome) -> None:
    """Raise ChunkUnfinished unless all of a chunk is applied: nobody reads a worker's answer."""
    if outcome.failed_record is not None:
        raise ChunkUnfinished(
            f"applying a chunk: stopped at record {outcome.failed_record + 1} of "
            f"{outcome.records}: {outcome.error}"
        )
