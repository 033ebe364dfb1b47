"""A bug's name in, that bug in the code under test out: to see that the fuzzer finds it."""

from collections.abc import Callable
from typing import Final

import msgspec

from core import kpl, record
from producers import journal


def _text_is_trusted() -> None:
    """Forget that bytes may be no UTF-8: decoding raises UnicodeDecodeError, a ValueError."""
    vars(record)["_BAD"] = (msgspec.ValidationError, RecursionError)


def _required_is_optional() -> None:
    """Take an aggregate apart whose records are there twice: more comes out than was in it."""
    sound = kpl.user_records

    def doubled(data: bytes) -> list[bytes] | None:
        parts = sound(data)
        return [*parts, *parts] if parts and len(parts) > 2 else parts

    kpl.user_records = doubled


def _tail_is_trusted() -> None:
    """Read an entry whose checksum is wrong."""
    vars(journal)["zlib"] = _NoChecksum()


class _NoChecksum:
    """Says of any bytes that they are right."""

    class _Any(int):
        def __eq__(self, other: object) -> bool:
            return True

        def __ne__(self, other: object) -> bool:
            return False

        __hash__ = int.__hash__

    def crc32(self, data: bytes, value: int = 0) -> int:
        return self._Any(0)


_BUGS: Final[dict[str, Callable[[], None]]] = {
    "record": _text_is_trusted,
    "kpl": _required_is_optional,
    "outbox": _tail_is_trusted,
}
PLANTED: Final = tuple(_BUGS)


def plant(name: str) -> None:
    _BUGS[name]()
