"""What mappings and Lambda gave up on in, handed to a function again, long after, out.

It does what `cube recover` does: object by object, records with the place and arrival that they
had, and a mark when it is done, which may be lost.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from local.recovery.entry import FailedDelivery
from local.recovery.failed_event import PREFIX as EVENTS
from local.recovery.failed_event import read_failed
from local.simulation.chance import Chance, Died
from local.simulation.ports import FaultyLake

_PREFIX: Final = "aws/lambda/"
_LOOK_CHANCE: Final = 0.02
_TAKE_CHANCE: Final = 0.3  # of an object at a look: others are left for much later
Hand = Callable[[Sequence[Mapping[str, Any]]], None]


class SimulatedRecovery:
    """Looks now and then, and hands over some; in the end all of it."""

    def __init__(
        self, lake: FaultyLake, *, to_worker: Hand, to_function: Hand, chance: Chance
    ) -> None:
        """`to_worker` and `to_function` raise where the records are not done."""
        self._lake = lake
        self._to_worker = to_worker
        self._to_function = to_function
        self._chance = chance
        self._recovered: set[str] = set()

    def act(self, rng: random.Random) -> bool:
        """Hand some objects over, seldom; return False: nobody waits for it."""
        if rng.random() < _LOOK_CHANCE:
            for key in self.waiting():
                if rng.random() < _TAKE_CHANCE:
                    self._recover(key)
        return False

    def caught_up(self) -> bool:
        """Hand over all that waits; return whether nothing did."""
        waiting = self.waiting()
        for key in waiting:
            self._recover(key)
        return not waiting

    def waiting(self) -> list[str]:
        """Return the keys of what was given up and is not recovered."""
        found = [key for key in self._lake.objects if key.startswith(_PREFIX)]
        return [key for key in found if key not in self._recovered]

    def _recover(self, key: str) -> None:
        entries = read_failed(key, self._lake.objects[key])
        records = [entry.record for entry in entries if isinstance(entry, FailedDelivery)]
        assert len(records) == len(entries), "such objects hold records of deliveries"
        hand = self._to_worker if key.startswith(EVENTS) else self._to_function
        try:
            with self._chance.life("function_dies"):
                hand(records)
        except (Exception, Died):  # the next `cube recover` comes
            return
        if not self._chance.strikes("redrive_mark_lost"):
            self._recovered.add(key)
