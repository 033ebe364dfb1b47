"""A child's output in, a log file that does not outgrow its bound out."""

from pathlib import Path

from local.supervise.limits import LOG_BYTES_MAX


class ChildLog:
    """Appends to `path`; when that is full it becomes `path.1`, and a new one begins."""

    def __init__(self, path: Path, *, bytes_max: int = LOG_BYTES_MAX) -> None:
        self.path = path
        self._bytes_max = bytes_max
        self._file = path.open("ab", buffering=0)
        self._started_at = self._file.tell()

    def write(self, data: bytes) -> None:
        if self._file.tell() + len(data) > self._bytes_max and self._file.tell():
            self._file.close()
            self.path.replace(self.path.with_name(self.path.name + ".1"))
            self._file = self.path.open("ab", buffering=0)
            self._started_at = 0
        self._file.write(data)

    def tail(self, lines: int) -> list[str]:
        """Return the last lines written since this log was opened."""
        with self.path.open("rb") as file:
            file.seek(max(self._started_at, self._file.tell() - 65_536))
            return file.read().decode(errors="replace").splitlines()[-lines:]

    def close(self) -> None:
        self._file.close()
