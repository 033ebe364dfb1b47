"""A running system in, the same with a disk that is full for some seconds out."""

import errno
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from core.errors import ServiceRefused
from local.chaos import limits
from local.chaos.fault import Fault, IsBack, Target, at_once
from local.cli.wait import wait_until

_CHUNK: Final = bytes(1 << 20)
_THROTTLED: Final = "ProvisionedThroughputExceededException"
_PAGE: Final = 4_096
_TMPFS = "a tmpfs of 640 MB"
_FILE_SIZE = "a limit on the size of the engine's files (no right to mount a small disk)"


def bound(target: Target) -> IsBack:
    """Let the data folder outgrow `--max-disk`: producers are told to wait until there is room."""
    ballast = target.system.data / "ballast"
    with ballast.open("wb") as file:
        file.truncate(limits.DISK_LIMIT_BYTES)  # a sparse file: counted whole, stored not at all
    before = target.producer.noted(_THROTTLED)
    try:
        wait_until(lambda: False, target.hold_s)
        told = wait_until(lambda: target.producer.noted(_THROTTLED) > before, limits.FLOW_S_MAX)
    finally:
        ballast.unlink()
    target.demand(told, "the producer was not told to wait")
    return at_once


def full(target: Target) -> IsBack:
    """Fill the disk to the last byte, or where no small disk is to be had let every write fail."""
    if target.extra.get("tmpfs"):
        target.how["disk-full"] = _TMPFS
        _fill(target)
    else:
        target.how["disk-full"] = _FILE_SIZE
        _refuse_growth(target)
    return at_once


def _fill(target: Target) -> None:
    """Take all that is free, and for a while whatever becomes free."""
    ballast = target.system.data / "ballast"
    refused: list[str] = []
    try:
        with ballast.open("wb", buffering=0) as file:

            def take() -> bool:
                for chunk in (_CHUNK, _CHUNK[:_PAGE]):
                    with suppress(OSError):
                        while file.write(chunk) == len(chunk):
                            pass
                try:
                    file.write(_CHUNK[:_PAGE])
                except OSError as error:
                    refused.append(errno.errorcode.get(error.errno or 0, "?"))
                return False

            wait_until(take, target.hold_s)
    finally:
        ballast.unlink()
    target.demand("ENOSPC" in refused, "the small disk was never full")


def _refuse_growth(target: Target) -> None:
    """Let no file of the engine grow beyond a page: each write fails as on a full disk."""
    pid = target.system.child_pid("engine")
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (limits.FILE_BYTES, hard))
    try:
        wait_until(lambda: False, target.hold_s)
    finally:
        with suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))


def refuse_outbox(target: Target) -> IsBack:
    """Let the producer's outbox grow no more: it says so and ends; then run it again."""
    producer = target.producer
    _, hard = resource.prlimit(producer.pid, resource.RLIMIT_FSIZE)
    bound = producer.said_bytes() + limits.OUTBOX_ROOM_BYTES  # it can still say why it ends
    resource.prlimit(producer.pid, resource.RLIMIT_FSIZE, (bound, hard))
    ended = wait_until(lambda: not producer.runs, limits.FLOW_S_MAX)
    target.demand(ended, "a producer whose disk takes nothing went on")
    said = producer.last_words()
    target.demand("sealing batches" in said, f"a producer whose disk takes nothing said: {said}")
    producer.kill()
    producer.start()
    return at_once


def cannot_fill() -> str:
    """Return why no disk can be filled here: macOS has neither tmpfs nor prlimit."""
    return "" if sys.platform == "linux" else "it needs Linux: a tmpfs, or prlimit"


@contextmanager
def small_disk(target: Target) -> Iterator[None]:
    """Put the data folder on a small disk where that is allowed; the outbox stays elsewhere."""
    data = target.system.data
    data.mkdir(parents=True)
    words = ["mount", "-t", "tmpfs", "-o", f"size={limits.DISK_BYTES}", "tmpfs", str(data)]
    target.extra["tmpfs"] = os.geteuid() == 0 and _succeeds(words)
    elsewhere = target.folder / "producer"
    elsewhere.mkdir()
    (data / "outbox").symlink_to(elsewhere)
    try:
        yield
    finally:
        if target.extra["tmpfs"] and not wait_until(lambda: _unmounted(data), limits.FLOW_S_MAX):
            raise ServiceRefused(f"unmounting {data}: it is still in use; umount it by hand")


def _unmounted(path: Path) -> bool:
    return _succeeds(["umount", str(path)])


def _succeeds(words: list[str]) -> bool:
    try:
        return subprocess.run(words, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:  # a system without mount
        return False


FAULTS = (
    Fault(
        name="disk-bound",
        what="the data folder outgrows --max-disk, then shrinks",
        strike=bound,
    ),
    Fault(
        name="disk-full",
        what="no byte is free on the disk of `cube up`, then there is room again",
        strike=full,
        around=small_disk,
        refusal=cannot_fill,
    ),
    Fault(
        name="outbox-full",
        what="the producer's disk takes no more, it ends; then again with the same outbox",
        strike=refuse_outbox,
        refusal=cannot_fill,
    ),
)
