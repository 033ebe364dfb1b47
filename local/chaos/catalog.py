"""A fault's name in, the fault out: all that `cube chaos` knows."""

from collections.abc import Sequence
from typing import Final

from core.errors import UsageError
from local.chaos import clock, disk, kill, network, pause, sink, twice
from local.chaos.fault import Fault

FAULTS: Final[dict[str, Fault]] = {
    fault.name: fault
    for module in (kill, pause, disk, sink, network, clock, twice)
    for fault in module.FAULTS
}


def chosen(names: Sequence[str]) -> list[Fault]:
    """Return the faults of these names, all where none is named; raise UsageError for others."""
    for name in names:
        if name not in FAULTS:
            raise UsageError(f"choosing faults: there is no {name!r}: `cube chaos --list`")
    return [FAULTS[name] for name in names] if names else list(FAULTS.values())
