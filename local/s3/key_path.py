"""An object key in, its file's path below the bucket out, and back again: safe and reversible.

Each part between slashes is one file name. Letters, digits and harmless signs stay as they are,
every other byte becomes `%XX`, so a key cannot leave its bucket, hide itself or upset a shell. Two
marks are no valid escapes and so never collide with a key: `%empty` is the part with no characters
(`a//b`, `a/`), and `a%object` is the object `a` where a folder `a` is needed as well.
"""

import string
from typing import Final
from urllib.parse import unquote_to_bytes

from local.aws_error import AwsError
from local.s3.limits import KEY_BYTES_MAX, SEGMENT_BYTES_MAX
from local.s3.refusal import invalid_argument

EMPTY_PART: Final = "%empty"
DISPLACED_SUFFIX: Final = "%object"

_SAFE: Final = frozenset((string.ascii_letters + string.digits + "-_.=+,@!()~ ").encode())


def key_parts(key: str) -> tuple[str, ...]:
    """Return the file names that lead to `key`; the last one is the object.

    Raises AwsError KeyTooLongError for more than 1,024 bytes or a part that no file name can
    hold, InvalidArgument for an empty key.
    """
    try:
        size = len(key.encode())
    except UnicodeEncodeError:
        raise invalid_argument("Object key must be valid UTF-8") from None
    if not key:
        raise invalid_argument("Object key must not be empty")
    parts = tuple(_encode(part) for part in key.split("/"))
    if size > KEY_BYTES_MAX or any(len(part) > SEGMENT_BYTES_MAX for part in parts):
        raise AwsError("KeyTooLongError", "Your key is too long")
    return parts


def part_of(file_name: str) -> str | None:
    """Return the part of a key that a file's name stands for; None for a name no key has."""
    name = file_name.removesuffix(DISPLACED_SUFFIX)
    if name == EMPTY_PART:
        return ""
    try:
        part = unquote_to_bytes(name.encode()).decode()
    except UnicodeError:
        return None
    return part if part and _encode(part) == name else None


def _encode(part: str) -> str:
    if not part:
        return EMPTY_PART
    raw = part.encode()
    name = "".join(chr(byte) if byte in _SAFE else f"%{byte:02X}" for byte in raw)
    return "%2E" + name[1:] if name.startswith(".") else name
