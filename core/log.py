"""Facts of one call in, one JSON line on standard output out: what CloudWatch Logs keeps."""

import sys

import msgspec


def write_event(event: str, **facts: object) -> None:
    """Write one line: the event's name (`<stage>.<noun>_<past verb>`) and its facts."""
    sys.stdout.write(msgspec.json.encode({"event": event, **facts}).decode() + "\n")
    sys.stdout.flush()
