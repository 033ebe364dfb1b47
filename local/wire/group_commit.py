"""Many requests that wait for the disk in, one commit for all of them out."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")


class GroupCommit:
    """Runs `commit` on a thread of its own, one at a time, for all who came before it began."""

    def __init__(self, commit: Callable[[], None]) -> None:
        self._commit = commit
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="wire-commit")
        self._waiting: list[asyncio.Future[None]] = []
        self._task: asyncio.Task[None] | None = None

    async def committed(self) -> None:
        """Return when a commit that began after this call has ended; raises what it raised."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(done)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._work())
        await done

    async def run(self, work: Callable[[], Result]) -> Result:
        """Run `work` between two commits."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

    async def close(self) -> None:
        """Finish what is waited for."""
        if self._task is not None:
            await self._task
        self._executor.shutdown(wait=True)

    async def _work(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting, []
            try:
                await self.run(self._commit)
            except Exception as error:
                for done in group:
                    if not done.done():
                        done.set_exception(error)
            else:
                for done in group:
                    if not done.done():
                        done.set_result(None)
