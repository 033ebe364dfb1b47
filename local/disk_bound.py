"""The data folder's size in, whether producers may go on out: it warns, then slows, never drops."""

import logging
import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Literal

from core.clock import Clock
from local.aws_error import AwsError
from local.kinesis import KinesisService

log = logging.getLogger("cube.disk")

WARN_SHARE: Final = 0.8
FREE_BYTES_MIN: Final = 200_000_000  # positions, tallies and what is in flight still need room
MEASURE_PERIOD_S: Final = 2.0  # 100 MB at 50 MB/s: half a percent of the default bound
_THROTTLED: Final = "ProvisionedThroughputExceededException"

DiskState = Literal["free", "warning", "full"]


class DiskBound:
    """How much of the disk is used, of how much; `measure` walks the folder, from any thread."""

    def __init__(self, folder: Path, bytes_max: int) -> None:
        self._folder = folder
        self.bytes_max: Final = bytes_max
        self.bytes_used = 0
        self.bytes_free = FREE_BYTES_MIN
        self.state: DiskState = "free"

    def measure(self) -> None:
        """Look, and say so when the state changes."""
        self.bytes_used = folder_bytes(self._folder)
        self.bytes_free = shutil.disk_usage(self._folder).free
        state = state_of(self.bytes_used, self.bytes_max, self.bytes_free)
        if state != self.state:
            self.state = state
            log.log(logging.INFO if state == "free" else logging.WARNING, "%s", self.note)

    @property
    def note(self) -> str:
        """Say in a sentence how it stands, and what would help."""
        used = f"{self.bytes_used / 1e9:.2f} of {self.bytes_max / 1e9:.2f} GB used"
        match self.state:
            case "free":
                return f"{used}."
            case "warning":
                return f"{used}: at the bound producers are told to wait (--max-disk)."
            case "full":
                return (
                    f"{used}, {self.bytes_free / 1e9:.2f} GB free on the disk: producers are told "
                    "to wait until there is room. Restart with a larger --max-disk, or free space."
                )


def state_of(bytes_used: int, bytes_max: int, bytes_free: int) -> DiskState:
    if bytes_used >= bytes_max or bytes_free < FREE_BYTES_MIN:
        return "full"
    nearly = bytes_used >= WARN_SHARE * bytes_max or bytes_free < 2 * FREE_BYTES_MIN
    return "warning" if nearly else "free"


def folder_bytes(folder: Path) -> int:
    """Return the bytes of every file below a folder; files that go meanwhile do not count."""
    total = 0
    folders = [str(folder)]
    while folders:
        with suppress(OSError), os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                    continue
                with suppress(OSError):
                    total += entry.stat(follow_symlinks=False).st_size
    return total


class BoundedKinesis(KinesisService):
    """Kinesis that throttles every put while the disk is full: the producers' outboxes wait."""

    def __init__(self, folder: Path, clock: Clock, *, disk: DiskBound) -> None:
        super().__init__(folder, clock)
        self._disk = disk

    def put_record(self, **request: Any) -> dict[str, Any]:
        if self._disk.state == "full":
            raise AwsError(_THROTTLED, self._disk.note)
        return super().put_record(**request)

    def put_records(self, **request: Any) -> dict[str, Any]:
        if self._disk.state == "full":
            return throttled(request["Records"], self._disk.note)
        return super().put_records(**request)

    def append_records(self, **request: Any) -> dict[str, Any]:
        if self._disk.state == "full":
            return throttled(request["Records"], self._disk.note)
        return super().append_records(**request)


def throttled(records: Sequence[object], note: str) -> dict[str, Any]:
    """Return PutRecords' answer when no entry was taken: each is to be sent again (clause A4)."""
    failure = {"ErrorCode": _THROTTLED, "ErrorMessage": note}
    return {"FailedRecordCount": len(records), "Records": [dict(failure) for _ in records]}
