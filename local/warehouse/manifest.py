"""A manifest's bytes in, the objects it names out (clause C53)."""

from dataclasses import dataclass

import msgspec

from local.warehouse.dialect.copy_statement import ObjectUrl, read_url
from local.warehouse.error import WarehouseError


class _Meta(msgspec.Struct):
    content_length: int | None = None


class _Entry(msgspec.Struct):
    url: str
    mandatory: bool = False
    meta: _Meta | None = None


class _Manifest(msgspec.Struct):
    entries: list[_Entry]


@dataclass(frozen=True, slots=True)
class ManifestEntry:
    """One object to load; one that is missing fails the load if it is mandatory."""

    url: ObjectUrl
    mandatory: bool
    bytes: int | None = None


def read_manifest(body: bytes) -> list[ManifestEntry]:
    """Return the entries, in their order. Raises WarehouseError XX000 for what is no manifest."""
    try:
        manifest = msgspec.json.decode(body, type=_Manifest)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise WarehouseError(
            "XX000", f"Manifest file is not in correct json format: {error}"
        ) from error
    if not manifest.entries:
        raise WarehouseError("XX000", "Manifest file has no entries")
    return [
        ManifestEntry(
            read_url(entry.url), entry.mandatory, entry.meta.content_length if entry.meta else None
        )
        for entry in manifest.entries
    ]
