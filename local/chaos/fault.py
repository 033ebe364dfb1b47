"""What can happen to a running system, by name: the shape that every fault has."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.chaos.producer import Producer
from local.chaos.system import System

IsBack = Callable[[], bool]


@dataclass(slots=True, kw_only=True)
class Target:
    """A system under load, as a fault sees it.

    `claims` collects what the fault itself saw broken, `how` what it did where it had a choice.
    """

    system: System
    producer: Producer
    folder: Path
    rng: Any
    hold_s: float
    claims: list[str] = field(default_factory=list)
    how: dict[str, str] = field(default_factory=dict)  # by the fault's name
    extra: dict[str, Any] = field(default_factory=dict)  # what a fault's surroundings made for it

    def demand(self, held: bool, claim: str) -> None:
        """Note a claim that does not hold."""
        if not held:
            self.claims.append(claim)


@contextmanager
def nothing_around(target: Target) -> Iterator[None]:
    """Most faults need no preparation."""
    yield


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """`strike` returns once the fault is over, with how to see that what it struck is back.

    `around` holds from before the system starts until after it stopped; `refusal` says why this
    machine cannot try it, or nothing. `up_words` go to `cube up`.
    """

    name: str
    what: str
    strike: Callable[[Target], IsBack]
    up_words: tuple[str, ...] = ()
    around: Callable[[Target], AbstractContextManager[None]] = nothing_around
    refusal: Callable[[], str] = str


def at_once() -> bool:
    """Say that nothing has to come back: the fault is over when `strike` returns."""
    return True
