"""Seeds in, a report of each out, as they end: many at once, one process a core."""

import os
import signal
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Final

from local.simulation.world import Report, Simulation

_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - a file system in memory, where there is one
_AHEAD: Final = 4  # seeds a process that are handed out before they are due


@dataclass(slots=True)
class Summary:
    """Many reports in one."""

    seeds: int = 0
    votes: int = 0
    struck: Counter[str] = field(default_factory=Counter)
    broken: list[int] = field(default_factory=list)
    stuck: list[int] = field(default_factory=list)

    def add(self, report: Report) -> None:
        self.seeds += 1
        self.votes += report.votes
        self.struck.update(report.struck)
        if report.broken:
            self.broken.append(report.seed)
        elif report.stuck:
            self.stuck.append(report.seed)


def run_seed(seed: int, steps: int | None = None) -> Report:
    """Run one seed below a folder that is gone afterwards; a belief that fails is a broken one."""
    parent = _MEMORY if os.access(_MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="cube-sim-", dir=parent) as folder:
        world = Simulation(seed, Path(folder), steps=steps)
        try:
            return world.run()
        except Exception as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{Path(last.filename).name}:{last.lineno}"
            broken = (f"{type(error).__name__} at {where}: {error}",)
            return Report(
                seed=seed, votes=0, struck=world.chance.struck, broken=broken, stuck=False
            )


def run_seeds(
    seeds: Iterator[int], *, steps: int | None, jobs: int, go_on: Callable[[], bool]
) -> Iterator[Report]:
    """Yield the report of each seed as it ends; begin no more when `go_on` says so."""
    if jobs == 1:
        for seed in seeds:
            yield run_seed(seed, steps)
            if not go_on():
                return
        return
    pool = ProcessPoolExecutor(
        jobs, mp_context=get_context("spawn"), initializer=_leave_interrupts_to_the_parent
    )
    running: set[Future[Report]] = set()
    try:
        while True:
            if go_on():
                for seed in islice(seeds, jobs * _AHEAD - len(running)):
                    running.add(pool.submit(run_seed, seed, steps))
            if not running:
                return
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
