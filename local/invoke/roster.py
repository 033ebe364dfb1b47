"""Requests for a process of a function in, a warm one out: who runs, who waits, who is started.

At most `processes_max` processes live at a time, over all functions. Requests wait in line; a
function without any process is served first, so that none starves; otherwise first come, first
served. A request prefers the process that served its `affinity` last, its home, for its caches are
warm: it waits a moment for a busy home before it moves to another process.
"""

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from core.backoff import full_jitter_ms
from core.clock import Clock
from local.invoke.error_object import error_object
from local.invoke.limits import HOME_WAIT_MS, INIT_BACKOFF_MS_BASE, INIT_BACKOFF_MS_CAP
from local.invoke.process import FunctionProcess, InitFailed

log = logging.getLogger("cube.invoke")


@dataclass(slots=True)
class _Request:
    function: str
    affinity: str
    answer: asyncio.Future[FunctionProcess]
    patient_until_ms: int


@dataclass(slots=True)
class _Crew:
    """The processes of one function."""

    idle: list[FunctionProcess] = field(default_factory=list)  # the longest idle first
    busy: set[FunctionProcess] = field(default_factory=set)
    starting: set[asyncio.Task[None]] = field(default_factory=set)
    homes: dict[str, FunctionProcess] = field(default_factory=dict)  # by affinity
    init_failures: int = 0
    init_failure: InitFailed | None = None
    init_due_ms: int = 0  # after a failure: no new try before

    @property
    def size(self) -> int:
        return len(self.idle) + len(self.busy) + len(self.starting)

    def home_is_busy(self, affinity: str) -> bool:
        return self.homes.get(affinity) in self.busy


class Roster:
    """All processes of all functions. Everything runs on one event loop."""

    def __init__(
        self,
        spawn: Callable[[str], FunctionProcess],
        functions: list[str],
        *,
        processes_max: int,
        clock: Clock,
        rng: random.Random,
    ) -> None:
        assert processes_max >= 1, "something has to run"
        self._spawn = spawn
        self._crews = {name: _Crew() for name in functions}
        self._processes_max = processes_max
        self._clock = clock
        self._rng = rng
        self._line: list[_Request] = []
        self._leaving: set[asyncio.Task[int]] = set()
        self._closed = False

    def warm_up(self, names: Collection[str]) -> None:
        """Start a process for each of these functions, as far as there is room."""
        for name, crew in self._crews.items():
            if name in names and self._room() and not crew.size:
                self._try_to_start(name, crew)

    async def acquire(self, function: str, affinity: str) -> FunctionProcess:
        """Return a process that is ours until `release`; raise InitFailed if none can start."""
        if self._closed:
            raise _stopping()
        crew = self._crews[function]
        failure = crew.init_failure
        if failure and not crew.size and self._resting(crew):
            raise InitFailed(failure.payload, failure.kind)
        answer: asyncio.Future[FunctionProcess] = asyncio.get_running_loop().create_future()
        patient_until_ms = self._clock.monotonic_ms() + HOME_WAIT_MS
        request = _Request(function, affinity, answer, patient_until_ms)
        self._line.append(request)
        self._serve()
        if not answer.done() and crew.home_is_busy(affinity):
            asyncio.get_running_loop().call_later(HOME_WAIT_MS / 1_000, self._serve)
        try:
            return await answer
        except asyncio.CancelledError:
            if request in self._line:
                self._line.remove(request)
            elif answer.done() and not answer.cancelled() and answer.exception() is None:
                self.release(answer.result())
            raise

    def release(self, process: FunctionProcess) -> None:
        """Give a process back, alive or not."""
        crew = self._crews[process.function_name]
        crew.busy.discard(process)
        if process.alive:
            process.idle_since_ms = self._clock.monotonic_ms()
            crew.idle.append(process)
        self._serve()

    def pids(self) -> dict[str, list[int]]:
        """Return the process ids of each function."""
        return {
            name: sorted(process.pid for process in (*crew.idle, *crew.busy))
            for name, crew in self._crews.items()
        }

    async def close(self) -> None:
        """End every process: idle ones by themselves, busy ones at once."""
        self._closed = True
        self._refuse(self._line, _stopping())
        crews = self._crews.values()
        starting = [task for crew in crews for task in crew.starting]
        for task in starting:
            task.cancel()
        await asyncio.gather(*starting, return_exceptions=True)
        for process in [process for crew in crews for process in crew.busy]:
            process.kill()
        while any(crew.busy for crew in crews):  # each call sees its pipe end
            await asyncio.sleep(0.005)
        ends = [process.end() for crew in crews for process in crew.idle]
        for crew in crews:
            crew.idle.clear()
        await asyncio.gather(*ends, *self._leaving)

    # --- serving the line ---

    def _serve(self) -> None:
        """Start what has no process at all, hand idle ones over, then start what is missing."""
        self._line = [request for request in self._line if not request.answer.done()]
        self._start_the_unserved()
        self._match()
        waiting: dict[str, int] = {}
        for request in self._line:
            crew = self._crews[request.function]
            if self._waits_for_home(request):
                continue
            waiting[request.function] = waiting.get(request.function, 0) + 1
            if waiting[request.function] > len(crew.starting):
                self._try_to_start(request.function, crew)

    def _match(self) -> None:
        """Hand idle processes over, first come, first served."""
        for request in list(self._line):
            crew = self._crews[request.function]
            if self._waits_for_home(request):
                continue
            process = self._pick(crew, request.affinity)
            if process is not None and not request.answer.done():
                self._line.remove(request)
                crew.busy.add(process)
                if request.affinity:
                    crew.homes[request.affinity] = process
                request.answer.set_result(process)

    def _waits_for_home(self, request: _Request) -> bool:
        """Say whether a request still waits for the busy process whose caches know its work."""
        if self._clock.monotonic_ms() >= request.patient_until_ms:
            return False
        return self._crews[request.function].home_is_busy(request.affinity)

    def _start_the_unserved(self) -> None:
        """Start a process for each function that waits and has none, if need be in place of one
        that is idle: else busy functions could keep it waiting for ever."""
        for request in self._line:
            crew = self._crews[request.function]
            if crew.size == 0:
                self._try_to_start(request.function, crew)

    def _try_to_start(self, function: str, crew: _Crew) -> None:
        if self._resting(crew) or not (self._room() or self._retire_one(function)):
            return
        crew.starting.add(asyncio.create_task(self._bring_up(function, crew)))

    def _resting(self, crew: _Crew) -> bool:
        """Say whether the crew's handler failed to load a moment ago."""
        return self._clock.monotonic_ms() < crew.init_due_ms

    def _room(self) -> bool:
        return sum(crew.size for crew in self._crews.values()) < self._processes_max

    def _retire_one(self, for_function: str) -> bool:
        """End the process that has been idle longest, of another function.

        One that has a process already takes no other's last: what runs on a schedule would else
        have to load its handler every time.
        """
        kept = 1 if self._crews[for_function].size else 0
        idle = [
            (crew.idle[0].idle_since_ms, name)
            for name, crew in self._crews.items()
            if crew.idle and name != for_function and crew.size > kept
        ]
        if not idle:
            return False
        _, name = min(idle)
        task = asyncio.create_task(self._crews[name].idle.pop(0).end())
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)
        return True

    def _pick(self, crew: _Crew, affinity: str) -> FunctionProcess | None:
        for dead in [process for process in crew.idle if not process.alive]:
            dead.close()  # its pipe is still open
            crew.idle.remove(dead)
        if not crew.idle:
            return None
        home = crew.homes.get(affinity)
        if home not in crew.idle:  # the process that is home to the fewest
            for gone in [key for key, process in crew.homes.items() if not process.alive]:
                del crew.homes[gone]
            guests = Counter(map(id, crew.homes.values()))
            home = min(crew.idle, key=lambda process: guests[id(process)])
        crew.idle.remove(home)
        return home

    # --- starting ---

    async def _bring_up(self, function: str, crew: _Crew) -> None:
        task = asyncio.current_task()
        assert task is not None, "runs as a task"
        process: FunctionProcess | None = None
        failure: InitFailed | None = None
        try:
            process = self._spawn(function)
            await process.ready()
        except InitFailed as error:
            failure = error
        except OSError as error:  # the machine cannot start a process now
            failure = InitFailed(error_object(str(error), "ServiceException", ""), "service_error")
        except BaseException:
            if process is not None:
                process.close()
            raise
        finally:
            crew.starting.discard(task)
        if failure is not None:
            self._init_failed(function, crew, failure)
        elif process is not None:
            crew.init_failures, crew.init_failure, crew.init_due_ms = 0, None, 0
            crew.idle.append(process)
            self._match()  # before it could be retired again for another function
        self._serve()

    def _init_failed(self, function: str, crew: _Crew, failure: InitFailed) -> None:
        log.warning("%s: loading handler: %s", function, str(failure)[:500])
        wait_ms = full_jitter_ms(
            self._rng,
            attempt=crew.init_failures,
            base_ms=INIT_BACKOFF_MS_BASE,
            cap_ms=INIT_BACKOFF_MS_CAP,
        )
        crew.init_failure = failure
        crew.init_failures += 1
        crew.init_due_ms = self._clock.monotonic_ms() + wait_ms
        asyncio.get_running_loop().call_later(wait_ms / 1_000, self._serve)
        if not crew.size:
            self._refuse([r for r in self._line if r.function == function], failure)

    def _refuse(self, requests: Sequence[_Request], why: InitFailed) -> None:
        for request in list(requests):
            self._line.remove(request)
            if not request.answer.done():
                request.answer.set_exception(InitFailed(why.payload, why.kind))


def _stopping() -> InitFailed:
    stopping = error_object("The engine is stopping.", "ServiceException", "")
    return InitFailed(stopping, "service_error")
