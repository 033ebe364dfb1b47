"""A queue's name and a failure in, the failure in that queue out, as a Protocol."""

from typing import Protocol


class FailureQueues(Protocol):
    """Sends a failure to a queue by its name (clauses B35, B53): `SqsService` does."""

    def send(self, name: str, body: bytes) -> None: ...
