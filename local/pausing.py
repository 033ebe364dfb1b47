"""Names of parts in, their mappings and schedules standing still or going on out; kept on disk."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec

from core.errors import UsageError
from local.supervise.folder import replace_file

# What people name -> logical ids of the drawing. Producers go on whatever is paused: the stream
# keeps votes for its retention, which is how long a pause may last.
PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "counting": ("TallyMapping",),
    "trend": ("TrendMapping",),
    "loads": ("LoadSchedule", "CompareSchedule"),
}


class Mover(Protocol):
    """A mapping: what it is called, and how it stands still and goes on."""

    @property
    def name(self) -> str: ...

    def pause(self) -> None: ...

    def resume(self) -> None: ...


class Pausing:
    """What is paused, remembered across a restart in a file."""

    def __init__(self, path: Path, movers: Sequence[Mover]) -> None:
        self._path = path
        self._movers = movers
        self.paused: set[str] = set(_read(path))

    def restore(self) -> None:
        """Pause what was paused when the engine ended: before anything moves."""
        for mover in self._movers:
            if self.is_paused(mover.name):
                mover.pause()

    async def pause(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Answer `/_cube/pause`: the parts named stand still, what is under way ends."""
        return self._keep(self.paused | set(_named(arguments)), lambda mover: mover.pause())

    async def resume(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Answer `/_cube/resume`: the parts named go on after the last record that was done."""
        return self._keep(self.paused - set(_named(arguments)), lambda mover: mover.resume())

    def is_paused(self, logical_id: str) -> bool:
        return any(logical_id in PARTS[part] for part in self.paused)

    def _keep(self, paused: set[str], tell: Callable[[Mover], None]) -> dict[str, Any]:
        changed = {name for part in paused ^ self.paused for name in PARTS[part]}
        replace_file(self._path, msgspec.json.encode(sorted(paused)))
        self.paused = paused
        for mover in self._movers:
            if mover.name in changed:
                tell(mover)
        return {"paused": sorted(paused)}


def check_parts(names: Iterable[str]) -> list[str]:
    """Return the names as a list; raise UsageError for one that is no part."""
    found = list(names)
    for name in found:
        if name not in PARTS:
            raise UsageError(f"pausing: {name} is none of {', '.join(PARTS)}")
    return found


def _named(arguments: Mapping[str, Any]) -> list[str]:
    names = arguments.get("parts")
    if not isinstance(names, list) or not names:
        raise UsageError(f"pausing: name some of {', '.join(PARTS)}")
    return check_parts(str(name) for name in names)


def _read(path: Path) -> list[str]:
    try:
        kept: list[str] = msgspec.json.decode(path.read_bytes(), type=list[str])
    except (FileNotFoundError, msgspec.DecodeError):
        return []
    return [name for name in kept if name in PARTS]
