"""A running system in, the processor time a vote costs each kind of its processes out."""

import os
from collections.abc import Mapping
from typing import Final

from local.bench.figure import Measurement
from local.bench.system import System, cpu_s
from local.consumers import engine_status

WARM_MS: Final = 5_000
_KINDS: Final = ("load", "engine", "dashboard", "warehouse")


class CpuTimes:
    """What each process of a system, and this one, uses once a run has warmed up.

    Loading handlers costs half a second of a core for each process: `offered` leaves that out.
    """

    def __init__(self, system: System) -> None:
        self._endpoint = system.endpoint
        self._children = system.pids() | {"load": os.getpid()}
        self._before = self._read()
        self._votes_before = 0
        self._started_ms: int | None = None
        self._warm = False

    def offered(self, now_ms: int, votes: int) -> None:
        """Take in how many votes have been offered: from WARM_MS after the first on it counts."""
        self._started_ms = self._started_ms or now_ms
        if not self._warm and now_ms >= self._started_ms + WARM_MS:
            self._warm = True
            self._before, self._votes_before = self._read(), votes

    def _read(self) -> Mapping[int, tuple[str, float]]:
        """Return name and time of each process by its pid, those of functions as they are now."""
        functions = (engine_status(self._endpoint) or {}).get("functions") or {}
        pids = self._children | {
            f"{name}-{pid}": pid for name in functions for pid in functions[name]
        }
        return {pid: (name, cpu_s(pid)) for name, pid in pids.items()}

    def measurements(self, bench: str, votes: int) -> list[Measurement]:
        """Return processor time a vote, by kind of process: where the time goes."""
        votes -= self._votes_before
        used: dict[str, float] = {}
        for pid, (name, seconds) in self._read().items():
            kind = name if name in _KINDS else "functions"
            used[kind] = used.get(kind, 0.0) + seconds - self._before.get(pid, (name, 0.0))[1]
        return [
            Measurement(f"{bench}.cpu_{kind}", seconds / votes * 1e6, "us/vote")
            for kind, seconds in sorted(used.items())
        ]
