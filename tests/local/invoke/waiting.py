"""A condition in, its fulfilment or a TimeoutError out."""

import asyncio
from collections.abc import Callable
from pathlib import Path

WAIT_S = 30.0


async def until(condition: Callable[[], object]) -> None:
    """Wait for a condition, with a deadline."""
    async with asyncio.timeout(WAIT_S):
        while not condition():
            await asyncio.sleep(0.005)


def gone(pid: int) -> bool:
    """Say whether a process has ended; a zombie has."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return True
    return status.rpartition(")")[2].split()[0] == "Z"
