"""Schedules in, their functions invoked at a rate out: EventBridge's `rate(...)` on one machine."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from local.drawing import ScheduleSpec
from local.invoke.outcome import Outcome

log = logging.getLogger("cube.schedule")

Invoke = Callable[[str, bytes], Awaitable[Outcome]]


class ScheduleRunner:
    """Runs each schedule in a task of its own: the first time after one period.

    A run that outlasts its period swallows the starts that fall into it: never two at once. One
    that is `paused` when its time comes does not start.
    """

    def __init__(
        self,
        schedules: Sequence[ScheduleSpec],
        invoke: Invoke,
        *,
        paused: Callable[[str], bool] = lambda logical_id: False,
    ) -> None:
        for schedule in schedules:
            assert schedule.period_s > 0, f"{schedule.logical_id} has a period"
        self._schedules = schedules
        self._invoke = invoke
        self._paused = paused
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        self._tasks = [asyncio.create_task(self._repeat(each)) for each in self._schedules]

    async def stop(self) -> None:
        """Cancel what waits or runs."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _repeat(self, schedule: ScheduleSpec) -> None:
        now_s = asyncio.get_running_loop().time
        due_s = now_s() + schedule.period_s
        while True:
            await asyncio.sleep(due_s - now_s())
            if not self._paused(schedule.logical_id):
                await self._run(schedule)
            missed = max(0, (now_s() - due_s) // schedule.period_s)
            due_s += (missed + 1) * schedule.period_s

    async def _run(self, schedule: ScheduleSpec) -> None:
        try:
            outcome = await self._invoke(schedule.function_name, schedule.payload.encode())
        except Exception as error:  # the next period comes whatever happened in this one
            log.warning("%s: invoking %s: %s", schedule.logical_id, schedule.function_name, error)
            return
        if outcome.kind != "ok":
            answer = outcome.payload.decode(errors="replace")[:500]
            log.warning(
                "%s: %s answered %s: %s",
                schedule.logical_id,
                schedule.function_name,
                outcome.kind,
                answer,
            )
