"""Records of one Lambda call in, all of them handed to workers, or the first that is not, out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from core import limits
from core.clients import FunctionClient, ObjectClient
from core.errors import ServiceRefused
from processors.chunk import Chunk, split

_ACCEPTED: Final = 202  # the event is stored (B50)


@dataclass(slots=True)
class HandedOver:
    """What a call did. `failed_record` is the index of the first record with no worker."""

    records: int = 0
    chunks: int = 0
    bytes_sent: int = 0
    objects: int = 0
    failed_record: int | None = None
    error: str = ""


@dataclass(slots=True)
class Dispatcher:
    """The fan-out's first half: what a worker was given is the worker's to finish (B56)."""

    functions: FunctionClient
    worker: str
    objects: ObjectClient
    bucket: str
    bytes_max: int = limits.INVOKE_ASYNC_BYTES_MAX

    def run(self, records: Sequence[Mapping[str, Any]]) -> HandedOver:
        """Hand the records over, chunk by chunk; stop at the first that is not accepted.

        Records behind the one that is named may have been handed over, and are once more when
        the mapping brings them again: workers count them once.
        """
        outcome = HandedOver(records=len(records))
        chunks = split(records, bytes_max=self.bytes_max)
        for number, chunk in enumerate(chunks):
            try:
                self._hand_over(chunk)
            except Exception as error:  # Lambda or the lake is away: the mapping comes again
                left = chunks[number:]
                outcome.failed_record = min(index for each in left for index in each.records)
                outcome.error = f"{type(error).__name__}: {error}"
                break
            outcome.chunks += 1
            outcome.bytes_sent += len(chunk.payload)
            outcome.objects += len(chunk.objects)
        return outcome

    def _hand_over(self, chunk: Chunk) -> None:
        for key, body in chunk.objects:
            self.objects.put_object(Bucket=self.bucket, Key=key, Body=body)
        reply = self.functions.invoke(
            FunctionName=self.worker, InvocationType="Event", Payload=chunk.payload
        )
        if reply["StatusCode"] != _ACCEPTED:
            raise ServiceRefused(f"handing over a chunk: status {reply['StatusCode']}")
