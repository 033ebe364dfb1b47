"""A path and a size in, the process's stdout and stderr in a file of bounded size out."""

import os
import sys
from pathlib import Path


class LogFile:
    """A log that several processes append to as 1 and 2; whoever finds it full moves it aside."""

    def __init__(self, path: Path, *, bytes_max: int) -> None:
        self._path = path
        self._bytes_max = bytes_max

    def rotate(self) -> None:
        """Begin a new file when this one is full; one older file is kept as `NAME.1`."""
        sys.stdout.flush()
        sys.stderr.flush()
        ours = os.fstat(1)
        if ours.st_size < self._bytes_max:
            return
        try:
            moved = self._path.stat().st_ino != ours.st_ino  # by another process
        except FileNotFoundError:
            moved = True
        if not moved:
            self._path.replace(self._path.with_name(self._path.name + ".1"))
        self._attach()

    def _attach(self) -> None:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        descriptor = os.open(self._path, flags, 0o644)
        os.dup2(descriptor, 1)
        os.dup2(descriptor, 2)
        os.close(descriptor)
