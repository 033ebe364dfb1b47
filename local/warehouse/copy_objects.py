"""Objects of S3 in, files of a staging folder out: checked for what DuckDB would not see.

DuckDB reads a gzip stream without its checksum, and takes NUL into text: both are looked for here,
while an object is on its way to the disk.
"""

import bz2
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError
from isal import isal_zlib

from local.aws_error import AwsError
from local.warehouse.dialect.copy_statement import CopyOptions, ObjectUrl
from local.warehouse.engine import ObjectReader
from local.warehouse.error import WarehouseError
from local.warehouse.limits import COPY_DOWNLOADS, COPY_OBJECT_BYTES_MAX, MANIFEST_BYTES_MAX
from local.warehouse.manifest import read_manifest

_PIECE_BYTES: Final = 1024 * 1024
_GZIP: Final = 31  # zlib's window bits: a gzip header and checksum
_NUL_ESCAPE: Final = b"\\u0000"


@dataclass(frozen=True, slots=True)
class StagedObject:
    """An object as a file: `lines` counts its line ends, `plain` whether DuckDB may read it."""

    url: ObjectUrl
    path: Path
    bytes: int
    lines: int
    plain: bool


@dataclass(frozen=True, slots=True)
class WantedObject:
    """An object to load, with its size where it is known."""

    url: ObjectUrl
    mandatory: bool
    bytes: int


def called(url: ObjectUrl, call: Callable[[], Any]) -> Any:
    """Call S3. Raises WarehouseError with Redshift's words for what S3 answers."""
    try:
        return call()
    except (ClientError, AwsError) as error:
        told = error.response["Error"]
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        raise WarehouseError(
            "XX000",
            f"S3ServiceException:{told.get('Message', '')},Status {status},"
            f"Error {told.get('Code', '')}",
            detail=str(url),
        ) from error
    except BotoCoreError as error:
        raise WarehouseError("XX000", f"S3 did not answer: {error}", detail=str(url)) from error


def _is_missing(error: WarehouseError) -> bool:
    return error.message.endswith(("Error NoSuchKey", "Error 404", "Error NotFound"))


def read_object(objects: ObjectReader, url: ObjectUrl, bytes_max: int) -> bytes:
    """Return a small object's bytes. Raises WarehouseError XX000."""
    reply = called(url, lambda: objects.get_object(Bucket=url.bucket, Key=url.key))
    body = b"".join(_pieces(url, reply["Body"]))
    if len(body) > bytes_max:
        raise WarehouseError("XX000", f"{url} is larger than {bytes_max} bytes")
    return body


def wanted_objects(
    objects: ObjectReader, source: ObjectUrl, options: CopyOptions
) -> list[WantedObject]:
    """Return what a COPY names: a manifest's entries, or all objects with the prefix."""
    if options.manifest:
        entries = read_manifest(read_object(objects, source, MANIFEST_BYTES_MAX))
        return [WantedObject(entry.url, entry.mandatory, entry.bytes or 0) for entry in entries]
    found = list(_listed(objects, source))
    if not found:
        raise WarehouseError(
            "XX000", f"The specified S3 prefix '{source.key}' does not exist", detail=str(source)
        )
    return found


def _listed(objects: ObjectReader, source: ObjectUrl) -> Iterator[WantedObject]:
    request: dict[str, Any] = {"Bucket": source.bucket, "Prefix": source.key}
    while True:
        page = called(source, lambda: objects.list_objects_v2(**request))
        for entry in page.get("Contents", ()):
            if not entry["Key"].endswith("/"):
                yield WantedObject(ObjectUrl(source.bucket, entry["Key"]), True, entry["Size"])
        if not page.get("IsTruncated"):
            return
        request["ContinuationToken"] = page["NextContinuationToken"]


def staged_objects(
    objects: ObjectReader, wanted: Sequence[WantedObject], options: CopyOptions, folder: Path
) -> list[StagedObject]:
    """Download objects side by side; ones that may be missing and are, are left out."""
    with ThreadPoolExecutor(COPY_DOWNLOADS) as pool:
        numbered = enumerate(wanted)
        made = pool.map(
            lambda entry: _staged(objects, entry[1], options, folder, entry[0]), numbered
        )
        return [staged for staged in made if staged is not None]


def _staged(
    objects: ObjectReader, wanted: WantedObject, options: CopyOptions, folder: Path, number: int
) -> StagedObject | None:
    url = wanted.url
    try:
        reply = called(url, lambda: objects.get_object(Bucket=url.bucket, Key=url.key))
    except WarehouseError as error:
        if _is_missing(error) and not wanted.mandatory:
            return None
        raise
    suffix = ".gz" if options.compression == "gzip" else ".txt"
    path = folder / f"{number}.json{suffix}"
    examined = _Examined(url, options.compression)
    total = 0
    with path.open("wb") as file:
        for piece in _pieces(url, reply["Body"]):
            total += len(piece)
            if total > COPY_OBJECT_BYTES_MAX:
                raise WarehouseError("XX000", f"{url} is larger than {COPY_OBJECT_BYTES_MAX} bytes")
            file.write(examined.take(piece))
    examined.end()
    return StagedObject(url, path, total, examined.lines, examined.plain)


def _pieces(url: ObjectUrl, body: Any) -> Iterator[bytes]:
    if isinstance(body, bytes | bytearray | memoryview):
        yield bytes(body)
        return
    while piece := called(url, lambda: body.read(_PIECE_BYTES)):
        yield piece


class _Examined:
    """Pieces of an object in, facts about its text out; a broken stream raises XX000."""

    def __init__(self, url: ObjectUrl, compression: str) -> None:
        self.lines = 0
        self.plain = True
        self._url = url
        self._compression = compression
        self._gzip = isal_zlib.decompressobj(wbits=_GZIP)
        self._bzip2 = bz2.BZ2Decompressor()
        self._tail = b""
        self._any = False

    def take(self, piece: bytes) -> bytes:
        """Look at a piece, and return what belongs into the file."""
        self._any = self._any or bool(piece)
        try:
            if self._compression == "gzip":
                self._look(self._gunzipped(piece))
                return piece
            if self._compression == "bzip2":
                piece = self._bunzipped(piece)
        except (isal_zlib.error, OSError) as error:  # type: ignore[misc]  # its stub is wrong
            raise self._broken(str(error)) from error
        self._look(piece)
        return piece

    def _gunzipped(self, piece: bytes) -> bytes:
        """Unpack a piece; one gzip member may follow another."""
        parts = [self._gzip.decompress(piece)]
        while self._gzip.eof and (rest := self._gzip.unused_data):
            self._gzip = isal_zlib.decompressobj(wbits=_GZIP)
            parts.append(self._gzip.decompress(rest))
        return b"".join(parts)

    def _bunzipped(self, piece: bytes) -> bytes:
        parts = []
        while piece:
            if self._bzip2.eof:
                self._bzip2 = bz2.BZ2Decompressor()
            parts.append(self._bzip2.decompress(piece))
            piece = self._bzip2.unused_data if self._bzip2.eof else b""
        return b"".join(parts)

    def _look(self, text: bytes) -> None:
        if not text:
            return
        self.lines += text.count(b"\n")
        if _NUL_ESCAPE in text or _NUL_ESCAPE in self._tail + text[: len(_NUL_ESCAPE)]:
            self.plain = False
        self._tail = text[-len(_NUL_ESCAPE) :]

    def end(self) -> None:
        """Count a last line without its end, and see that the stream is whole."""
        whole = {"gzip": self._gzip.eof, "bzip2": self._bzip2.eof}.get(self._compression, True)
        if self._any and not whole:
            raise self._broken("the stream ends too early")
        if self._tail and not self._tail.endswith(b"\n"):
            self.lines += 1

    def _broken(self, why: str) -> WarehouseError:
        return WarehouseError(
            "XX000", f"{self._url}: {self._compression} error: {why}", detail="nothing was loaded"
        )
