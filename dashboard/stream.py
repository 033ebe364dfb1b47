"""A viewer's frames in, server-sent events out."""

import random
from collections.abc import AsyncIterator

from dashboard.hub import Frame, Hub, Viewer
from dashboard.limits import KEEPALIVE_S, RESEED_AFTER_MS, RETRY_JITTER_MS, RETRY_MS


async def events(
    hub: Hub, viewer: Viewer, rng: random.Random, *, keepalive_s: float = KEEPALIVE_S
) -> AsyncIterator[bytes]:
    """Yield `init` first and whenever ticks would leave a hole, else `tick`; leave at the end."""
    sent: Frame | None = None
    try:
        yield b"retry: %d\n\n" % (RETRY_MS + rng.randrange(RETRY_JITTER_MS))
        while True:
            try:
                frame = await viewer.next(timeout_s=keepalive_s)
            except TimeoutError:
                yield b": keepalive\n\n"
                continue
            if frame is None:
                return
            yield event("init", frame) if needs_opening(sent, frame) else event("tick", frame)
            sent = frame
    finally:
        hub.leave(viewer)


def needs_opening(sent: Frame | None, frame: Frame) -> bool:
    """Return whether a viewer who has `sent` cannot go on with a tick."""
    if sent is None or sent.epoch != frame.epoch or sent.as_of is None:
        return True
    return frame.as_of is not None and frame.as_of - sent.as_of > RESEED_AFTER_MS


def event(name: str, frame: Frame) -> bytes:
    data = frame.opening() if name == "init" else frame.tick
    return b"event: %s\nid: %d\ndata: %s\n\n" % (name.encode(), frame.seq, data)
