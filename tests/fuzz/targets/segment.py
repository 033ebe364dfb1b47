"""Any bytes as a file of a shard's log in: a torn tail is cut off, other damage is an error."""

import shutil
import struct
import tempfile
import zlib
from pathlib import Path
from typing import Final

from core.clock import ManualClock
from core.errors import CubeError
from local.aws_error import AwsError
from local.kinesis import KinesisService
from local.kinesis.frame import FrameDamaged
from tests.fuzz.slices import Slices

_SHARD: Final = "shardId-000000000000"
_PARTS: Final = (b"one", b"two" * 9, b"", b"four")
RAW, FRAMED, TORN, SEALED = range(4)


class _Sample:
    """The folder of a stream of four records, as a crash leaves it and as a stop does."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="segment-"))
        service = KinesisService(self.folder / "kinesis", ManualClock(), limits_enforced=False)
        service.create_stream(StreamName="votes", ShardCount=1)
        for part in _PARTS:
            service.append_records(
                StreamName="votes", Records=[{"Data": part, "PartitionKey": "k"}]
            )
            service.commit()
        (path,) = (self.folder / "kinesis").glob(f"*/{_SHARD}/*.segment")
        self.path = path.relative_to(self.folder)
        self.growing = path.read_bytes()
        service.close()
        self.sealed = path.read_bytes()
        self.files = {
            each.relative_to(self.folder): each.read_bytes()
            for each in self.folder.rglob("*")
            if each.is_file()
        }
        shutil.rmtree(self.folder)

    def put(self, folder: Path, segment: bytes) -> None:
        """Write the folder anew, with these bytes for a segment."""
        for name, content in self.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(segment if name == self.path else content)


_sample: Final = _Sample()
_FOOT: Final = _sample.sealed[len(_sample.growing) :]
SEEDS: Final = (
    bytes([RAW]) + _sample.growing,
    bytes([RAW]) + _sample.sealed,
    bytes([RAW]) + _sample.growing[:-3],
    bytes([FRAMED, 0]) + struct.pack("<QQH", 1 << 50, 1_790_000_000_000, 1) + b"kdata",
    bytes([FRAMED, 1]) + struct.pack("<5Q", 40, 2, 9, 9, 9),
    bytes([TORN, 0, 50, 0]),
    bytes([TORN, 0, 50, 1]),
    bytes([SEALED, 0, 50, 1]),
    bytes([SEALED, 0, len(_sample.growing) + 9, 1]),
)
WORDS: Final = (
    b"cubeseg1",
    _FOOT[:64],
    b"\xff\xff\xff\xff",
    b"\0\0\0\0\0\0\0\0",
    b"\xff" * 8,
    b"\x80",
)
BYTES_MAX: Final = 600


def one_input(data: bytes) -> None:
    slices = Slices(data)
    kind = slices.byte() % 4
    if kind in (RAW, FRAMED):
        found = _recovered(slices.rest() if kind == RAW else _framed(slices))
        assert found is None or sum(map(len, found)) <= len(data), "no record is made up"
        return
    whole = _sample.growing if kind == TORN else _sample.sealed
    at, change = slices.number() % len(whole), slices.byte()
    hurt = whole[:at] if not change else whole[:at] + bytes([whole[at] ^ change]) + whole[at + 1 :]
    found = _recovered(hurt)
    if found is not None:
        assert found == list(_PARTS[: len(found)]), "what comes back was written, in its order"
    if kind == TORN:
        assert found is not None, "a torn tail is cut off, and the service starts"
    elif change and at < len(_sample.growing):
        assert found is None, "damage before the footer's mark is no torn tail"


def _recovered(segment: bytes) -> list[bytes] | None:
    """Return the data of the shard's records; None where the damage was named as an error."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        _sample.put(folder, segment)
        try:
            service = KinesisService(folder / "kinesis", ManualClock(), limits_enforced=False)
        except (CubeError, OSError):
            return None
        try:
            read = service.read("votes", _SHARD, after=0, records_max=100, bytes_max=100_000)
            service.append_records(
                StreamName="votes", Records=[{"Data": b"new", "PartitionKey": "k"}]
            )
            service.commit()
        except (AwsError, FrameDamaged):
            return None
        finally:
            service.close()
        return [record.data for record in read.records]


def _framed(slices: Slices) -> bytes:
    """Return bytes as a frame, or as a footer, whose checksum is right."""
    if slices.byte() % 2 == 0:
        head, body = slices.rest().ljust(18, b"\0")[:18], slices.rest()
        covered = struct.pack("<I", len(body)) + head + body
        return zlib.crc32(covered).to_bytes(4, "little") + covered
    values, index = slices.rest().ljust(40, b"\0")[:40], b""
    covered = index + values + struct.pack("<I", len(index)) + b"cubeseg1"
    return covered + zlib.crc32(covered).to_bytes(4, "little")
