"""A vote's line in, the members that no vote has, as bounded JSON text, out."""

from typing import Any, Final

import msgspec

from core.vote import Vote
from firehose_transforms import limits

_KNOWN: Final = frozenset(Vote.__struct_fields__)
_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_encoder = msgspec.json.Encoder()
_UNREADABLE: Final = (msgspec.DecodeError, ValueError, RecursionError)


def extra_of(line: bytes) -> str | None:
    """Return an object of the unknown members, their values as they were written; None for none.

    What is longer than the column, or no JSON (a vote's unknown members are not looked into), is
    `{"left_out_bytes":N}` instead. A NUL can only stand as its escape in the text.
    """
    try:
        members = _members.decode(line)
    except _UNREADABLE:  # even a name cannot be read
        return _left_out(len(line))
    unknown: dict[str, Any] = {name: value for name, value in members.items() if name not in _KNOWN}
    if not unknown:
        return None
    text = _encoder.encode(unknown)
    if len(text) > limits.EXTRA_BYTES_MAX:
        return _left_out(len(text))
    try:
        msgspec.json.decode(text)
        return text.decode()
    except _UNREADABLE:
        return _left_out(len(text))


def _left_out(size_bytes: int) -> str:
    return f'{{"left_out_bytes":{size_bytes}}}'
