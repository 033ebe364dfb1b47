"""A folder in, its streams out: found by name or ARN, created and deleted all at once."""

import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from core.errors import DataFolderUnusable
from local.kinesis import limits, refusal
from local.kinesis.disk import Disk
from local.kinesis.stream import Stream
from local.kinesis.stream_meta import FILE_NAME, StreamMeta

_FOLDER: Final = re.compile(r"\d+-.+")
_PASSING: Final = ("new-", "deleted-")  # what a crash may leave of a creation or a deletion


class Catalog:
    """The streams of one folder. The caller holds the lock."""

    def __init__(self, disk: Disk, folder: Path) -> None:
        """Recover every stream; raise OSError, and DataFolderUnusable for what we did not write."""
        self._disk = disk
        self._folder = folder
        self._streams: dict[str, Stream] = {}
        for path in sorted(folder.iterdir()):
            if path.name.startswith(_PASSING):
                shutil.rmtree(path)
            elif path.is_dir() and _FOLDER.fullmatch(path.name):
                stream = Stream(disk, path, _read_meta(path))
                self._streams[stream.name] = stream
        self.share_memory()

    def __iter__(self) -> Iterator[Stream]:
        """Yield the streams in the order of their names."""
        return iter(sorted(self._streams.values(), key=lambda stream: stream.name))

    def find(self, name: str) -> Stream | None:
        return self._streams.get(name)

    def named(self, request: Mapping[str, Any]) -> Stream:
        """Return the stream that StreamName or StreamARN names, or both (A34)."""
        stream = self._streams.get(stream_name_of(request))
        if stream is None:
            raise refusal.stream_missing(stream_name_of(request))
        return stream

    def free_second(self, now_ms: int) -> int:
        """Return a second, about now, that no live stream's sequence numbers carry."""
        taken = {stream.meta.second for stream in self._streams.values()}
        second = now_ms // 1000
        while second in taken:
            second += 1
        return second

    def create(self, meta: StreamMeta) -> None:
        """Make a stream; a crash leaves all of it, or nothing. Raises OSError."""
        draft = self._folder / f"new-{meta.second}"
        final = self._folder / f"{meta.second}-{meta.name}"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir()
        self._disk.replace(draft / FILE_NAME, msgspec.json.encode(meta))
        draft.replace(final)
        self._disk.sync_folder(self._folder)
        self._streams[meta.name] = Stream(self._disk, final, meta)
        self.share_memory()

    def delete(self, stream: Stream) -> None:
        """Delete a stream and its records; raise OSError."""
        grave = self._folder / f"deleted-{stream.meta.second}"
        stream.folder.replace(grave)
        self._disk.sync_folder(self._folder)
        del self._streams[stream.name]
        for shard in stream.shards.values():
            shard.log.abandon()
        shutil.rmtree(grave, ignore_errors=True)
        self.share_memory()

    def share_memory(self) -> None:
        """Divide what may be held in memory among all shards."""
        shards = [shard for stream in self._streams.values() for shard in stream.shards.values()]
        share = limits.TAIL_BYTES_TOTAL // max(len(shards), 1)
        for shard in shards:
            shard.log.tail.bytes_max = max(limits.TAIL_BYTES_MIN, min(share, limits.TAIL_BYTES_MAX))


def stream_name_of(request: Mapping[str, Any]) -> str:
    """Return the name in StreamName, StreamARN, or both; raise AwsError without one."""
    name, arn = request.get("StreamName"), request.get("StreamARN")
    if arn is None:
        if name is None:
            raise refusal.invalid_argument("Either StreamName or StreamARN must be provided.")
        return str(name)
    named = str(arn).partition(":stream/")[2]
    if name is not None and name != named:
        raise refusal.invalid_argument(f"StreamName {name} and StreamARN {arn} do not match.")
    return named


def _read_meta(path: Path) -> StreamMeta:
    try:
        return msgspec.json.decode((path / FILE_NAME).read_bytes(), type=StreamMeta)
    except (OSError, msgspec.MsgspecError) as error:
        raise DataFolderUnusable(f"reading {path / FILE_NAME}: {error}") from error
