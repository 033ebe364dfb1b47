"""A bucket's folder in, its keys in S3's order (UTF-8 bytes) out."""

import os
from collections.abc import Iterator
from pathlib import Path

from local.s3.key_path import key_parts, part_of


def walk(folder: Path, *, prefix: str, after: str) -> Iterator[str]:
    """Yield the keys that begin with `prefix` and sort behind `after`."""
    base = prefix[: prefix.rfind("/") + 1]
    start = folder.joinpath(*key_parts(base)[:-1]) if base else folder
    yield from _keys_below(start, base, prefix, after)


def _keys_below(folder: Path, base: str, prefix: str, after: str) -> Iterator[str]:
    for name, path in _entries(folder):
        key = base + name
        if path is None:
            if key.startswith(prefix) and key > after:
                yield key
        elif _may_hold(key, prefix, after):
            yield from _keys_below(path, key, prefix, after)


def _may_hold(base: str, prefix: str, after: str) -> bool:
    """Tell whether keys that begin with `base` can be wanted, so that the rest is not read."""
    if not base.startswith(prefix) and not prefix.startswith(base):
        return False
    return base > after or after.startswith(base)


def _entries(folder: Path) -> list[tuple[str, Path | None]]:
    """Return (name, None) for files and (name with a slash, path) for folders, in key order.

    Python compares strings by code point, which is the order of their UTF-8 bytes.
    """
    found: list[tuple[str, Path | None]] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                part = part_of(entry.name)
                if part is None:
                    continue
                if entry.is_dir(follow_symlinks=False):
                    found.append((part + "/", Path(entry.path)))
                else:
                    found.append((part, None))
    except (FileNotFoundError, NotADirectoryError):
        return []  # deleted meanwhile, or an object where a folder was asked for
    return sorted(found, key=lambda item: item[0])
