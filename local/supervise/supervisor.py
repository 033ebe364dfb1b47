"""Child specifications in, children kept running out: started together, restarted, stopped."""

import asyncio
import contextlib
import random
import signal
from collections.abc import Callable, Sequence

from core.backoff import full_jitter_ms
from core.clock import Clock
from core.errors import Misconfigured
from local.supervise import limits
from local.supervise.child import ChildRun, ChildSpec
from local.supervise.child_log import ChildLog
from local.supervise.folder import DataFolder
from local.supervise.instance import ChildState, ChildStateName


class Watched:
    """A child over all its runs."""

    def __init__(self, spec: ChildSpec, log: ChildLog) -> None:
        self.spec = spec
        self.log = log
        self.run: ChildRun | None = None
        self.state: ChildStateName = "starting"
        self.started_ms = 0
        self.restarts = 0
        self.first_ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def as_state(self) -> ChildState:
        return ChildState(
            name=self.spec.name,
            pid=self.run.pid if self.run else None,
            port=self.spec.port,
            state=self.state,
            restarts=self.restarts,
            started_ms=self.started_ms,
        )


class Supervisor:
    """Keeps children running; `announce` gets a line for people, `changed` is told of changes."""

    def __init__(
        self,
        specs: Sequence[ChildSpec],
        folder: DataFolder,
        *,
        clock: Clock,
        rng: random.Random,
        announce: Callable[[str], None],
        changed: Callable[[], None],
    ) -> None:
        self._clock = clock
        self._rng = rng
        self._announce = announce
        self._changed = changed
        self._stopping = asyncio.Event()
        self.children = [
            Watched(spec, ChildLog(folder.logs / f"{spec.name}.log")) for spec in specs
        ]
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def start(self) -> None:
        """Start all, return when all are ready; raise ChildNotStarted when one cannot."""
        for child in self.children:
            self._tasks[child.spec.name] = asyncio.create_task(self._keep(child))
        waits = [child.first_ready for child in self.children]
        timeout_s = limits.READY_MS_MAX / 1000
        done, late = await asyncio.wait(
            waits, timeout=timeout_s, return_when=asyncio.FIRST_EXCEPTION
        )
        for outcome in done:
            outcome.result()
        if late:
            child = next(child for child in self.children if not child.first_ready.done())
            raise _not_started(child, f"not ready within {limits.READY_MS_MAX} ms")

    async def stop(self) -> None:
        """End every child: politely, and after a grace by force; return when none is left."""
        self._stopping.set()
        for child in self.children:
            if child.run is not None:
                child.run.signal(signal.SIGTERM)
            elif child.state == "waiting":
                self._tasks[child.spec.name].cancel()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks.values(), timeout=limits.STOP_GRACE_MS / 1000)
            if late:
                self.kill()
                await asyncio.wait(late)
        for child in self.children:
            child.log.close()

    def kill(self) -> None:
        """End every child at once."""
        self._stopping.set()
        for child in self.children:
            if child.run is not None:
                child.run.signal(signal.SIGKILL)

    async def _keep(self, child: Watched) -> None:
        deaths = 0
        while not self._stopping.is_set():
            begun_ms = self._clock.monotonic_ms()
            how = await self._run_once(child)
            if self._stopping.is_set():
                break
            if not child.first_ready.done():
                child.first_ready.set_exception(_not_started(child, f"ended {how}"))
                break
            if self._clock.monotonic_ms() - begun_ms > limits.SETTLED_MS:
                deaths = 0
            await self._back_off(child, how, deaths)
            deaths += 1
        self._move(child, "stopped")

    async def _run_once(self, child: Watched) -> str:
        """Run a child to its end; return how it ended."""
        self._move(child, "starting")
        child.started_ms = self._clock.now_ms()
        try:
            child.run = run = await ChildRun.start(child.spec, child.log)
        except OSError as error:
            return f"before it began: {error}"
        if self._stopping.is_set():  # it came while all were being ended
            run.signal(signal.SIGTERM)
        self._changed()
        readiness = asyncio.create_task(self._see_ready(child, run))
        code = await run.ended()
        readiness.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await readiness
        child.run = None
        return f"by {signal.Signals(-code).name}" if code < 0 else f"with code {code}"

    async def _see_ready(self, child: Watched, run: ChildRun) -> None:
        if not await run.ready():
            return
        self._move(child, "ready")
        if child.first_ready.done():
            self._announce(f"{child.spec.name}: ready again, pid {run.pid}")
        else:
            child.first_ready.set_result(None)

    async def _back_off(self, child: Watched, how: str, deaths: int) -> None:
        wait_ms = limits.RESTART_MS_BASE + full_jitter_ms(
            self._rng, attempt=deaths, base_ms=limits.RESTART_MS_BASE, cap_ms=limits.RESTART_MS_CAP
        )
        child.restarts += 1
        self._announce(f"{child.spec.name}: ended {how}, starting again in {wait_ms} ms")
        self._move(child, "waiting")
        await asyncio.sleep(wait_ms / 1000)

    def _move(self, child: Watched, state: ChildStateName) -> None:
        child.state = state
        self._changed()


class ChildNotStarted(Misconfigured):
    """A child did not become ready when everything was started."""

    code = "child_not_started"
    hint = "The whole of it is in the folder `logs` of the data folder."


def _not_started(child: Watched, why: str) -> ChildNotStarted:
    tail = child.log.tail(limits.LOG_TAIL_LINES)
    lines = "".join(f"\n  {line}" for line in tail)
    said = f"; the end of its log says:{lines}" if lines else ""
    return ChildNotStarted(f"starting {child.spec.name}: {why}{said}")
