"""A log that is appended to and moved aside in, the whole lines that came since the last look out.

The files are held open: a name that was given to another file, or an inode that was used again,
cannot be mistaken for ours, and what is appended to a file after it was moved is read as well.
"""

import os
from pathlib import Path
from typing import Final

from local.metrics.limits import LINE_BYTES_MAX, TAIL_BYTES_MAX


class LogTail:
    """Follows `NAME.log` and what `local/invoke/log_file.py` made of it, `NAME.log.1`.

    What is there at the beginning is old. A log that is moved twice between two looks loses the
    lines in between: looks are seconds apart, a log is megabytes.
    """

    def __init__(self, path: Path) -> None:
        self._paths = path.with_name(f"{path.name}.1"), path
        self._held: list[_Held] = []
        for each in self._paths:
            self._open(each, at_end=True)

    def lines(self) -> list[bytes]:
        """Return whole lines, older first; at most TAIL_BYTES_MAX of each file."""
        found = [line for held in self._held for line in held.lines()]
        for path in self._paths:
            if self._open(path, at_end=False):
                found += self._held[-1].lines()
        for older in self._held[:-2]:
            older.close()
        del self._held[:-2]
        return found

    def close(self) -> None:
        for held in self._held:
            held.close()
        self._held.clear()

    def _open(self, path: Path, *, at_end: bool) -> bool:
        """Hold the file that has the name now; return whether it is one that was not held."""
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        state = os.fstat(descriptor)
        inode = state.st_dev, state.st_ino
        if any(held.inode == inode for held in self._held):
            os.close(descriptor)
            return False
        self._held.append(_Held(descriptor, inode, state.st_size if at_end else 0))
        return True


class _Held:
    """One open file, and how far it is read: always to the end of a line."""

    def __init__(self, descriptor: int, inode: tuple[int, int], offset: int) -> None:
        self.inode: Final = inode
        self._descriptor = descriptor
        self._offset = offset
        self._in_giant = False

    def lines(self) -> list[bytes]:
        data = os.pread(self._descriptor, TAIL_BYTES_MAX, self._offset)
        end = data.rfind(b"\n") + 1
        if not end:
            if len(data) > LINE_BYTES_MAX:  # no line of ours: leave it out
                self._offset += len(data)
                self._in_giant = True
            return []
        self._offset += end
        found = data[:end].splitlines()
        if self._in_giant:
            self._in_giant = False
            del found[0]
        return [line for line in found if len(line) <= LINE_BYTES_MAX]

    def close(self) -> None:
        os.close(self._descriptor)
