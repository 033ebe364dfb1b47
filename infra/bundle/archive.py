"""Files in, one zip whose bytes depend on nothing else out."""

import io
import zipfile
from collections.abc import Mapping
from typing import Final

_EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # the first moment a zip can name
_MODE: Final = 0o644 << 16


def archive_of(files: Mapping[str, bytes]) -> bytes:
    """Return a zip of `name -> bytes`: sorted, without times, owners or compression.

    Deflate's output differs between versions of zlib; stored bytes are the same everywhere, so
    the same commit gives the same digest on any machine. Lambda's limits leave ample room.
    """
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(name, _EPOCH)
            info.external_attr = _MODE
            info.create_system = 3  # Unix, wherever it is made
            archive.writestr(info, files[name])
    return kept.getvalue()
