"""A data folder's lock file in, one holder at a time out; the kernel frees it when that dies."""

import fcntl
import os
import time
from pathlib import Path

from core.errors import AlreadyRunning, DataFolderUnusable
from local.supervise.limits import LOCK_RETRY_MS, LOCK_TRIES


class InstanceLock:
    """Held by the supervisor for as long as it lives; the file says which process that is."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def acquire(cls, path: Path) -> "InstanceLock":
        """Take the lock; raise AlreadyRunning when another process has it."""
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise DataFolderUnusable(f"opening lock: {error}") from error
        for _ in range(LOCK_TRIES):
            if _try(descriptor, fcntl.LOCK_EX):
                os.ftruncate(descriptor, 0)
                os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
                return cls(descriptor)
            time.sleep(LOCK_RETRY_MS / 1000)  # noqa: TID251 - flock has no timeout
        pid = os.pread(descriptor, 32, 0).decode().strip()
        os.close(descriptor)
        raise AlreadyRunning(f"starting: process {pid} already runs in {path.parent.parent}")

    def release(self) -> None:
        os.close(self._descriptor)


def holder(path: Path) -> int | None:
    """Return the pid of the process that holds the lock, None when nobody does."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        if _try(descriptor, fcntl.LOCK_SH):
            return None
        text = os.pread(descriptor, 32, 0).decode().strip()
        return int(text) if text else None
    finally:
        os.close(descriptor)


def _try(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
