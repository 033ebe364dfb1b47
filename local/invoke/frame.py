"""Messages between the engine and a function process: a kind, a small head, a body of bytes.

On the wire: kind (1 byte), length of the head and of the body (4 bytes each, big-endian), both.
"""

import struct
from enum import IntEnum
from typing import Final

HEADER: Final = struct.Struct("!BII")


class Kind(IntEnum):
    """What a message says."""

    INVOKE = 1  # to the process; the head is JSON (InvokeHead), the body the event
    READY = 2  # the handler is imported
    RESULT = 3  # the body is the handler's result as JSON
    ERROR = 4  # the handler raised; the body is AWS's error object
    INIT_ERROR = 5  # the handler cannot be imported; the process ends


def encode_frame(kind: Kind, head: bytes, body_bytes: int) -> bytes:
    """Return what goes before the body on the wire."""
    return HEADER.pack(kind, len(head), body_bytes) + head
