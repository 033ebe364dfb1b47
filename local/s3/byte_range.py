"""A Range header and an object's size in, the first and last byte to send out."""

import re
from typing import Final

from local.s3.refusal import invalid_range

_RANGE: Final = re.compile(r"bytes=(\d{0,19})-(\d{0,19})")


def byte_range(header: str, size: int) -> tuple[int, int] | None:
    """Return (first, last), both inclusive; None where S3 ignores the header and sends it all.

    Raises AwsError InvalidRange (416) when no byte of the object is meant.
    """
    match = _RANGE.fullmatch(header.strip())
    if match is None or match[1] == match[2] == "":
        return None
    if match[1] == "":
        count = min(int(match[2]), size)
        if count == 0:
            raise invalid_range()
        return size - count, size - 1
    first = int(match[1])
    last = min(int(match[2]), size - 1) if match[2] else size - 1
    if match[2] and int(match[2]) < first:
        return None
    if first >= size:
        raise invalid_range()
    return first, last
