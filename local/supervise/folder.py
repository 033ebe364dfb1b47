"""A path in, the data folder out: what lies where below `.cube/`, and which version wrote it."""

import os
import shutil
from pathlib import Path
from typing import Final

from core.errors import DataFolderUnusable

VERSION: Final = 1
_ENTRIES: Final = ("kinesis", "s3", "functions", "warehouse", "cache", "logs", "run")
_FILES: Final = ("paused.json", "tallies.db", "positions.db", "queues.db")
_SQLITE_SUFFIXES: Final = ("", "-wal", "-shm", "-journal")


class DataFolder:
    """Where the local engine and the supervisor keep everything."""

    def __init__(self, root: Path) -> None:
        self.root: Final = root.absolute()
        self.run: Final = self.root / "run"
        self.logs: Final = self.root / "logs"
        self.lock: Final = self.run / "cube.lock"
        self.instance: Final = self.run / "instance.json"
        self.engine: Final = self.run / "engine.json"
        self.version: Final = self.root / "version"
        self.kinesis: Final = self.root / "kinesis"
        self.objects: Final = self.root / "s3"
        self.tables: Final = self.root / "tallies.db"
        self.positions: Final = self.root / "positions.db"
        self.queues: Final = self.root / "queues.db"
        self.functions: Final = self.root / "functions"
        self.warehouse: Final = self.root / "warehouse"
        self.cache: Final = self.root / "cache"
        self.paused: Final = self.root / "paused.json"

    def prepare(self) -> None:
        """Make the folder; raise DataFolderUnusable when it cannot be written or is newer."""
        try:
            for folder in (self.root, self.run, self.logs):
                folder.mkdir(parents=True, exist_ok=True)
            if not os.access(self.root, os.W_OK | os.X_OK):
                raise DataFolderUnusable(f"opening data folder: {self.root} is not writable")
            if self.version.exists():
                self._check_version(self.version.read_text().strip())
            else:
                self.version.write_text(f"{VERSION}\n")
        except OSError as error:
            raise DataFolderUnusable(f"opening data folder: {error}") from error

    def _check_version(self, text: str) -> None:
        if text != str(VERSION):
            raise DataFolderUnusable(
                f"opening data folder: {self.root} has version {text!r}, this program writes "
                f"{VERSION}: use the program that wrote it, or another folder"
            )

    def outboxes(self) -> list[Path]:
        """Return the producers' outboxes that lie in this folder."""
        return sorted(path.parent for path in self.root.glob("outbox*/**/outbox.json"))

    def erase(self) -> None:
        """Delete what we made, and nothing else; raise DataFolderUnusable for a foreign folder."""
        if not self.root.exists():
            return
        if not self.version.exists():
            raise DataFolderUnusable(f"erasing data folder: {self.root} was not made by `cube up`")
        try:
            for folder in [self.root / name for name in _ENTRIES] + [*self.root.glob("outbox*")]:
                if folder.exists():
                    shutil.rmtree(folder)
            for name in _FILES:
                for suffix in _SQLITE_SUFFIXES:
                    (self.root / (name + suffix)).unlink(missing_ok=True)
            self.version.unlink()
            if not any(self.root.iterdir()):
                self.root.rmdir()
        except OSError as error:
            raise DataFolderUnusable(f"erasing data folder: {error}") from error


def replace_file(path: Path, data: bytes) -> None:
    """Write a file so that a reader sees the old or the new one, never half of it."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    draft.write_bytes(data)
    draft.replace(path)
