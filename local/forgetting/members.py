"""Bytes of JSON in, its members whose values are text out, each with its place; any bytes whatever.

Text that is no JSON, or several objects without anything between them, is read as far as strings
and brackets go: lines of records that ran into one another are read like that.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec

_TOKEN: Final = re.compile(rb'"(?:[^"\\\n]|\\.)*"|[{}\[\]:,]')
_text: Final = msgspec.json.Decoder(str)


class Member(NamedTuple):
    """`key: value` of the object `owner` (they are counted from 1); the value's bytes with quotes
    are those from `start` to `end`. `depth` is 1 for an object that is in no other.
    """

    owner: int
    depth: int
    key: str
    value: str
    start: int
    end: int


def members(data: bytes) -> Iterator[Member]:
    """Yield every member of an object that has a text as its value."""
    open_objects: list[int] = []  # 0 for an array
    owners = 0
    string: tuple[int, int] | None = None
    key: tuple[int, int] | None = None
    for found in _TOKEN.finditer(data):
        start, end = found.span()
        token = data[start]
        if token == ord('"'):
            if key is not None and open_objects and open_objects[-1]:
                name, value = text_of(data[slice(*key)]), text_of(data[start:end])
                if name is not None and value is not None:
                    owner, depth = open_objects[-1], len(open_objects)
                    yield Member(owner, depth, name, value, start, end)
            string, key = (start, end), None
            continue
        key = string if token == ord(":") else None
        string = None
        if token in b"{[":
            owners += token == ord("{")
            open_objects.append(owners if token == ord("{") else 0)
        elif token in b"}]" and open_objects:
            open_objects.pop()


def text_of(quoted: bytes) -> str | None:
    """Return what a JSON text says, None for one that says nothing readable."""
    try:
        return _text.decode(quoted)
    except (msgspec.DecodeError, ValueError):
        return None


def spliced(data: bytes, changes: list[tuple[int, int, bytes]]) -> bytes:
    """Return `data` with other bytes from each start to its end; all else stays as it is."""
    parts: list[bytes] = []
    done = 0
    for start, end, instead in sorted(changes):
        parts += [data[done:start], instead]
        done = end
    return b"".join([*parts, data[done:]])
