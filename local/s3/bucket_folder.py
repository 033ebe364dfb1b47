"""A bucket's objects in, files below one folder out; every change is atomic and durable."""

import itertools
import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from local.s3.durable_file import make_folders, sync_folder, write_durably
from local.s3.key_path import DISPLACED_SUFFIX, key_parts
from local.s3.object_meta import ObjectMeta, meta_of_bytes, meta_path, read_meta
from local.s3.walk import walk


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object as it stands on disk; `modified_ns` is UTC."""

    path: Path
    meta: ObjectMeta
    modified_ns: int


class BucketFolder:
    """One bucket. Safe to use from several threads."""

    def __init__(self, root: Path, name: str) -> None:
        self.name = name
        self.folder = root / name
        self._meta = root / ".meta" / name
        self._drafts = root / ".meta" / ".drafts"
        self._names_lock = threading.RLock()  # held for renames, never while bytes are written
        self._draft_numbers = itertools.count()

    def exists(self) -> bool:
        return self.folder.is_dir()

    def create(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        sync_folder(self.folder.parent)

    def put(self, body: bytes, meta: ObjectMeta, *, now_ms: int, replace: bool) -> bool:
        """Store an object; False when it exists and `replace` is off.

        OSError: the old object or the new one is there, whole; to repeat the put is safe.
        """
        number = next(self._draft_numbers)
        # The nanoseconds below a millisecond tell versions written in one millisecond apart.
        modified_ns = now_ms * 1_000_000 + number % 1_000_000
        self._drafts.mkdir(parents=True, exist_ok=True)
        # The process id keeps two programs that share a folder apart.
        draft = self._drafts / f"{self.name}-{os.getpid()}-{number}"
        key_parts(meta.key)
        write_durably(draft, body)
        try:
            os.utime(draft, ns=(modified_ns, modified_ns))
            modified_ns = draft.stat().st_mtime_ns
            with self._names_lock:
                if not replace and self.find(meta.key) is not None:
                    return False
                self._put_meta(meta, modified_ns)
                self._rename_into_place(draft, meta.key)
        finally:
            draft.unlink(missing_ok=True)
        return True

    def delete(self, key: str) -> None:
        """Remove an object and the folders it leaves empty; nothing there is no error."""
        with self._names_lock:
            stored = self._status(key)
            if stored is None:
                return
            path, status = stored
            path.unlink()
            meta_path(self._meta, key, status.st_mtime_ns).unlink(missing_ok=True)
            folder = path.parent
            with suppress(OSError):  # a folder that still holds something stays
                while folder != self.folder:
                    folder.rmdir()
                    folder = folder.parent
            sync_folder(folder)

    def find(self, key: str) -> StoredObject | None:
        """Return the object called `key`, or None."""
        with self._names_lock:
            stored = self._status(key)
        if stored is None:
            return None
        path, status = stored
        try:
            meta = read_meta(self._meta, key, status) or meta_of_bytes(key, path, status.st_size)
        except FileNotFoundError:
            return None  # deleted meanwhile
        return StoredObject(path, meta, status.st_mtime_ns)

    def read(self, key: str) -> tuple[StoredObject, bytes] | None:
        """Return an object and its bytes, both of one version; None when there is none."""
        while (stored := self.find(key)) is not None:
            with suppress(FileNotFoundError), stored.path.open("rb") as file:
                if os.fstat(file.fileno()).st_mtime_ns == stored.modified_ns:
                    return stored, file.read()
        return None

    def keys(self, *, prefix: str, after: str) -> Iterator[str]:
        """Yield the keys that begin with `prefix` and sort behind `after`, in S3's order."""
        return walk(self.folder, prefix=prefix, after=after)

    def _path(self, key: str) -> Path:
        """Return where `key` is, or where it goes when it is new."""
        path = self.folder.joinpath(*key_parts(key))
        displaced = path.with_name(path.name + DISPLACED_SUFFIX)
        return displaced if displaced.exists() or path.is_dir() else path

    def _status(self, key: str) -> tuple[Path, os.stat_result] | None:
        path = self._path(key)
        try:
            return path, path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def _put_meta(self, meta: ObjectMeta, modified_ns: int) -> None:
        path = meta_path(self._meta, meta.key, modified_ns)
        make_folders(path.parent, self._meta.parent)
        draft = path.with_suffix(".draft")
        draft.unlink(missing_ok=True)
        write_durably(draft, msgspec.json.encode(meta))
        draft.replace(path)
        sync_folder(path.parent)

    def _rename_into_place(self, draft: Path, key: str) -> None:
        self._make_room(key)
        old = self._status(key)
        path = self._path(key)
        draft.replace(path)
        sync_folder(path.parent)
        if old is not None and old[1].st_mtime_ns != path.stat().st_mtime_ns:
            meta_path(self._meta, key, old[1].st_mtime_ns).unlink(missing_ok=True)

    def _make_room(self, key: str) -> None:
        """Make the folders above `key`; an object that has a folder's name steps aside."""
        folder = self.folder
        for part in key_parts(key)[:-1]:
            folder = folder / part
            if folder.is_dir():
                continue
            if folder.exists():
                folder.rename(folder.with_name(part + DISPLACED_SUFFIX))
            folder.mkdir(exist_ok=True)
            sync_folder(folder.parent)
