"""A folder in, numbers that no run of the service ever repeats out."""

from pathlib import Path
from typing import Final

import msgspec

from core.errors import DataFolderUnusable
from local.kinesis.disk import Disk
from local.kinesis.sequence import COUNTER_END, COUNTERS_PER_OPEN

_VERSION: Final = 1


class _State(msgspec.Struct):
    version: int
    opens: int


class Counter:
    """Counts from (number of starts) * 2^40, and the number of starts is durable first.

    So a number given to a record that was never committed, because of a crash, is not given again,
    whatever the clock says.
    """

    def __init__(self, disk: Disk, folder: Path) -> None:
        """Raise OSError, and DataFolderUnusable when the folder is of another version."""
        path = folder / "service.json"
        disk.make_folder(folder)
        opens = _opens_so_far(path) + 1
        disk.replace(path, msgspec.json.encode(_State(_VERSION, opens)))
        self.last = opens * COUNTERS_PER_OPEN
        self._end = min(self.last + COUNTERS_PER_OPEN, COUNTER_END)

    def next(self) -> int:
        self.last += 1
        assert self.last < self._end, "a run numbers at most 2^40 records"
        return self.last


def _opens_so_far(path: Path) -> int:
    if not path.exists():
        return 0
    try:
        state = msgspec.json.decode(path.read_bytes(), type=_State)
    except msgspec.MsgspecError as error:
        raise DataFolderUnusable(f"reading {path}: {error}") from error
    if state.version != _VERSION:
        raise DataFolderUnusable(f"reading {path}: version {state.version}, not {_VERSION}")
    return state.opens
