"""A sealed segment's mark and index in, the footer behind its records out; and back, checked."""

import os
import struct
import zlib
from typing import Final, NamedTuple

from local.kinesis.frame import FrameDamaged
from local.kinesis.sparse_index import SparseIndex

_FOOTER: Final = struct.Struct("<QQQQQI8s")  # mark, bytes of index, magic; a checksum follows
_CHECKSUM: Final = struct.Struct("<I")
_FOOTER_BYTES: Final = _FOOTER.size + _CHECKSUM.size
_MAGIC: Final = b"cubeseg1"


class Mark(NamedTuple):
    """How far a segment goes."""

    end: int = 0
    records: int = 0
    last_counter: int = 0
    last_arrival_ms: int = 0
    arrival_max_ms: int = 0


def pack_footer(mark: Mark, index: SparseIndex) -> bytes:
    payload = index.to_bytes()
    covered = payload + _FOOTER.pack(*mark, len(payload), _MAGIC)
    return covered + _CHECKSUM.pack(zlib.crc32(covered))


def read_footer(descriptor: int, file_bytes: int) -> tuple[Mark, SparseIndex]:
    """Return what a sealed segment says of itself; raise FrameDamaged when it is not sealed."""
    start = max(file_bytes - _FOOTER_BYTES, 0)
    footer = os.pread(descriptor, _FOOTER_BYTES, start)
    if len(footer) < _FOOTER_BYTES or not footer.endswith(_MAGIC, 0, _FOOTER.size):
        raise FrameDamaged(start)
    *values, index_bytes, _ = _FOOTER.unpack_from(footer)
    mark = Mark(*values)
    if mark.end + index_bytes + _FOOTER_BYTES != file_bytes:
        raise FrameDamaged(start)
    covered = os.pread(descriptor, index_bytes + _FOOTER.size, mark.end)
    (checksum,) = _CHECKSUM.unpack_from(footer, _FOOTER.size)
    if zlib.crc32(covered) != checksum:
        raise FrameDamaged(start)
    return mark, SparseIndex.from_bytes(covered[:index_bytes])
