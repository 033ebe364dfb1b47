"""Some options of a run chosen in, the rest drawn from its seed: for tests of one thing."""

import random
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from local.simulation.options import Options
from local.simulation.swarm import run_seed
from local.simulation.world import Report, Simulation

KEPT: Final = [int(line) for line in (Path(__file__).parent / "seeds.txt").read_text().split()]
_draw = Options.draw


@cache
def report_of(seed: int) -> Report:
    """Return the report of a seed as it is drawn; run once a process."""
    return run_seed(seed)


def choose(monkeypatch: pytest.MonkeyPatch, **chosen: Any) -> None:
    """Let options be as chosen; `faults` and `mapping` change members of what is drawn."""
    parts: dict[str, Mapping[str, Any]] = {
        name: chosen.pop(name, {}) for name in ("faults", "mapping", "fan_out")
    }

    def draw(rng: random.Random, *, steps: int | None = None) -> Options:
        drawn = _draw(rng, steps=steps)
        changed = {name: replace(getattr(drawn, name), **some) for name, some in parts.items()}
        return replace(drawn, **changed, **chosen)

    monkeypatch.setattr(Options, "draw", staticmethod(draw))


def run(seed: int, *, steps: int | None = None) -> Report:
    """Run a seed in a folder of its own; what fails raises."""
    with tempfile.TemporaryDirectory() as folder:
        return Simulation(seed, Path(folder), steps=steps).run()
