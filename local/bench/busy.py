"""The processors' own account in, how busy others keep this machine while we measure out.

Before each run nothing of ours works, so whatever is busy then is somebody else's; during a run
only the time that a hypervisor took away (steal) can be told apart.
"""

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

LOOK_S: Final = 1.0
BUSY_SHARE_MAX: Final = 0.10  # of all cores, before a run: a desktop at rest takes a few percent
STEAL_SHARE_MAX: Final = 0.02  # during a run
_ACCOUNT: Final = Path("/proc/stat")


class Ticks(NamedTuple):
    """Time of all cores since the machine started, in the system's ticks."""

    total: int
    idle: int
    steal: int


class Share(NamedTuple):
    """What part of all cores' time was busy, and what part was taken away, between two looks."""

    busy: float
    steal: float


class Busy(NamedTuple):
    """One run: `before` it began, and `meanwhile`; `load` is the load average a core before."""

    before: Share
    meanwhile: Share
    load: float


def read_ticks(text: str) -> Ticks:
    """Return what the first line of /proc/stat says."""
    fields = [int(field) for field in text.split("\n", 1)[0].split()[1:9]]
    user, nice, system, idle, waiting, interrupts, soft_interrupts, steal = fields
    total = user + nice + system + idle + waiting + interrupts + soft_interrupts + steal
    return Ticks(total, idle + waiting, steal)


def share_between(earlier: Ticks, later: Ticks) -> Share:
    """Return the shares of the time between two looks; nothing is busy in no time."""
    total = later.total - earlier.total
    if total <= 0:
        return Share(0.0, 0.0)
    idle = later.idle - earlier.idle
    return Share((total - idle) / total, (later.steal - earlier.steal) / total)


class Watch:
    """Looks at the machine before a run and after it; None where the system does not say."""

    def __init__(self, account: Path | None = None) -> None:
        self._account = account or _ACCOUNT
        first = self._look()
        if first is not None:
            time.sleep(LOOK_S)  # noqa: TID251 - the length of the look
        self._began = self._look()
        self._before = share_between(first, self._began) if first and self._began else None
        self._load = os.getloadavg()[0] / (os.cpu_count() or 1)

    def ended(self) -> Busy | None:
        """Return how busy others were; call when the run is over."""
        now = self._look()
        if self._before is None or self._began is None or now is None:
            return None
        return Busy(self._before, share_between(self._began, now), self._load)

    def _look(self) -> Ticks | None:
        try:
            return read_ticks(self._account.read_text())
        except OSError:
            return None


def warnings_of(runs: Sequence[Busy | None]) -> list[str]:
    """Return what makes the figures of these runs doubtful, a sentence each."""
    warnings: list[str] = []
    for number, busy in enumerate(runs, 1):
        if busy is None:
            warnings.append(f"run {number}: this system does not say how busy the machine was")
            continue
        if busy.before.busy > BUSY_SHARE_MAX:
            warnings.append(
                f"run {number}: the machine was busy before it began: "
                f"{busy.before.busy:.0%} of its cores' time, load {busy.load:.1f} a core"
            )
        if busy.meanwhile.steal > STEAL_SHARE_MAX:
            warnings.append(
                f"run {number}: the host took {busy.meanwhile.steal:.0%} of the time away"
            )
    return warnings
