"""A folder in, an environment whose Python processes have a wall clock that can be stepped, out.

The interpreter runs a `sitecustomize` module before anything else. This one puts another
`time.time_ns` and `time.time` in place, which add the seconds that stand in a file: every process
of a true `cube up` then believes a clock that jumps, as after a correction by NTP. The monotonic
clock is left alone, as the kernel leaves it.
"""

import os
from pathlib import Path
from typing import Final

_READ_PERIOD_S: Final = 0.05
_MODULE: Final = '''"""A stepped wall clock for this process."""
import time

_PATH = {path!r}
_true_ns = time.time_ns
_seen = [-1e9, 0]


def _offset_ns():
    now = time.monotonic()
    if now - _seen[0] > {period}:
        _seen[0] = now
        try:
            with open(_PATH) as file:
                _seen[1] = int(float(file.read()) * 1e9)
        except (OSError, ValueError):
            pass
    return _seen[1]


def time_ns():
    return _true_ns() + _offset_ns()


def time_s():
    return time_ns() / 1e9


time.time_ns = time_ns
time.time = time_s
'''


class SteppedClock:
    """A wall clock that is some seconds off."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._path = folder / "seconds"
        self.step(0)
        module = _MODULE.format(path=str(self._path), period=_READ_PERIOD_S)
        (folder / "sitecustomize.py").write_text(module)

    def step(self, seconds: float) -> None:
        """Let the clock be that much ahead (or behind, below 0) of the machine's."""
        draft = self._path.with_suffix(".new")
        draft.write_text(f"{seconds}")
        draft.replace(self._path)

    def environment(self, given: dict[str, str]) -> dict[str, str]:
        """Return an environment whose processes believe this clock."""
        before = given.get("PYTHONPATH")
        path = os.pathsep.join([str(self._folder), *([before] if before else [])])
        return {**given, "PYTHONPATH": path}
