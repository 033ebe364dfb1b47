"""A folder in, whose outbox it is and how many lanes it has out: what never changes of it."""

import json
import os
import re
from pathlib import Path
from typing import Final

from core.errors import OutboxDamaged
from core.limits import LANES_MAX

_VERSION: Final = 1
_PRODUCER: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")  # as a stamp takes it


def read_meta(folder: Path) -> tuple[str, int]:
    """Return an outbox's producer and lanes; raise OutboxDamaged when the folder is none."""
    try:
        meta = json.loads((folder / "outbox.json").read_bytes())
        if meta["version"] != _VERSION:
            raise OutboxDamaged(f"opening outbox: version {meta['version']}, not {_VERSION}")
        producer, lanes = str(meta["producer"]), int(meta["lanes"])
        if not _PRODUCER.fullmatch(producer) or not 1 <= lanes <= LANES_MAX:
            raise ValueError(f"a producer {producer[:64]!r} of {lanes} lanes")
        return producer, lanes
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise OutboxDamaged(f"opening outbox: {folder.name}/outbox.json: {error}") from error


def write_meta(folder: Path, producer: str, lanes: int) -> None:
    """Make a folder an outbox, wholly or not at all; raise OSError."""
    meta = {"version": _VERSION, "producer": producer, "lanes": lanes}
    temporary = folder / "outbox.json.tmp"
    with temporary.open("w") as file:
        json.dump(meta, file)
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(folder / "outbox.json")
