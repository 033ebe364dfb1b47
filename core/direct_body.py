"""A boto3 client and one of its calls in, the same call with a body that we encoded out.

botocore walks every member of a request in Python. A body that is put together in one go is handed
to it by its own `before-call` event; signing, credentials, connection, retries and reply stay
botocore's.
"""

import threading
from collections.abc import Callable
from typing import Any

from core.clients import Reply


class DirectBody:
    """Bodies of one call of a client; threads may share it, as they may the client."""

    def __init__(self, client: Any, call: str) -> None:
        """`call` is botocore's name of it, such as `kinesis.PutRecords`."""
        self._call = threading.local()  # its `body` is the one this thread's call sends
        client.meta.events.register(f"before-call.{call}", self._hand_over)

    def send(self, body: bytes, make: Callable[[], Reply]) -> Reply:
        """Make a call of no members, with this body instead; raises what the call raises."""
        self._call.body = body
        try:
            return make()
        finally:
            self._call.body = b""

    def _hand_over(self, params: dict[str, Any], **_: object) -> None:
        if body := getattr(self._call, "body", b""):
            params["body"] = body
