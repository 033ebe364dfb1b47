"""Figures of a bench in, a JSON file of them out, and back: the last run that was kept."""

from pathlib import Path
from typing import Any, Final

import msgspec

from core.errors import UsageError
from local.bench.figure import Figure

FOLDER: Final = Path(__file__).resolve().parents[2] / "docs" / "benchmarks"


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """One bench: what was asked for, on which machine, what was measured, and what was doubtful.

    `measured_at` is UTC, ISO 8601; `options` holds only what was chosen.
    """

    bench: str
    measured_at: str
    options: dict[str, Any]
    machine: dict[str, str]
    warnings: list[str]
    figures: list[Figure]


def kept_path(bench: str, folder: Path | None = None) -> Path:
    return (folder or FOLDER) / f"{bench}.json"


def read_kept(bench: str, folder: Path | None = None) -> Kept | None:
    """Return the last run that was kept, None when none was; raise UsageError for another file."""
    path = kept_path(bench, folder)
    try:
        return msgspec.json.decode(path.read_bytes(), type=Kept)
    except FileNotFoundError:
        return None
    except msgspec.MsgspecError as error:
        raise UsageError(f"reading {path.name}: {error}") from error


def write_kept(kept: Kept, folder: Path | None = None) -> Path:
    """Put a run in the place of the last one; raise UsageError where there is no folder for it."""
    path = kept_path(kept.bench, folder)
    try:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(msgspec.json.format(msgspec.json.encode(kept), indent=1) + b"\n")
    except OSError as error:
        raise UsageError(f"keeping figures: {error}") from error
    return path
