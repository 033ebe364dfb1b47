"""Frames of polls in, the newest one for every viewer out: nobody slow holds anybody up."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from core.errors import CubeError
from dashboard.limits import VIEWERS_MAX, VIEWERS_PER_ADDRESS_MAX


class HubFull(CubeError):
    """No more viewers: of one address, or in all."""

    code = "hub_full"
    hint = "The page goes on by asking /api/snapshot."


@dataclass(frozen=True, slots=True)
class Frame:
    """One state of a poll, encoded once for all; `opening` is encoded when somebody needs it."""

    seq: int
    epoch: int
    as_of: int | None
    tick: bytes
    opening: Callable[[], bytes]


class Viewer:
    """One open stream: holds the newest frame that it has not sent yet."""

    def __init__(self, poll: str, address: str) -> None:
        self.poll = poll
        self.address = address
        self._frames: asyncio.Queue[Frame | None] = asyncio.Queue(maxsize=1)

    def offer(self, frame: Frame | None) -> None:
        """Replace what waits; None ends the stream."""
        if self._frames.full():
            self._frames.get_nowait()
        self._frames.put_nowait(frame)

    async def next(self, *, timeout_s: float) -> Frame | None:
        """Return the newest frame; raise TimeoutError when none came."""
        async with asyncio.timeout(timeout_s):  # unlike wait_for it makes no task
            return await self._frames.get()


class Hub:
    """Who looks at which poll, and what was last shown of it."""

    def __init__(
        self,
        *,
        viewers_max: int = VIEWERS_MAX,
        viewers_per_address_max: int = VIEWERS_PER_ADDRESS_MAX,
    ) -> None:
        self._viewers: dict[str, set[Viewer]] = {}
        self._addresses: Counter[str] = Counter()
        self._last: dict[str, Frame] = {}
        self._viewers_max = viewers_max
        self._viewers_per_address_max = viewers_per_address_max
        self._closed = False

    @property
    def viewers(self) -> int:
        return self._addresses.total()

    def watched(self) -> frozenset[str]:
        """Return the polls that somebody looks at."""
        return frozenset(self._viewers)

    def join(self, poll: str, address: str) -> Viewer:
        """Add a viewer, who first gets what was last shown; raise HubFull at a limit."""
        if self._closed:
            raise HubFull("joining the stream: the server stops")
        if self.viewers >= self._viewers_max:
            raise HubFull(f"joining the stream: {self.viewers} viewers are there already")
        if self._addresses[address] >= self._viewers_per_address_max:
            raise HubFull(f"joining the stream: {self._addresses[address]} viewers of one address")
        viewer = Viewer(poll, address)
        self._viewers.setdefault(poll, set()).add(viewer)
        self._addresses[address] += 1
        if poll in self._last:
            viewer.offer(self._last[poll])
        return viewer

    def leave(self, viewer: Viewer) -> None:
        """Take a viewer out; once is enough, twice does no harm."""
        viewers = self._viewers.get(viewer.poll, set())
        if viewer not in viewers:
            return
        viewers.remove(viewer)
        if not viewers:
            del self._viewers[viewer.poll]
        self._addresses[viewer.address] -= 1
        if not self._addresses[viewer.address]:
            del self._addresses[viewer.address]

    def publish(self, poll: str, frame: Frame) -> None:
        """Hand a frame to everybody who looks at the poll."""
        if self._closed:
            return
        self._last[poll] = frame
        for viewer in self._viewers.get(poll, ()):
            viewer.offer(frame)

    def close(self) -> None:
        """End every stream, so that a stopping server does not wait for them."""
        self._closed = True
        for viewers in self._viewers.values():
            for viewer in viewers:
                viewer.offer(None)
